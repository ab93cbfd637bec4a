import polars as pl
import pytest

from layers.access.ptal import access_index, band_of

SERVICES = pl.DataFrame(
    {
        "point": [0, 0, 0],
        "mode": ["bus", "bus", "rail"],
        "route": ["1", "2", "M"],
        "walk_m": [320.0, 480.0, 800.0],
        "per_hour": [6.0, 4.0, 12.0],
    }
)


def index(services: pl.DataFrame) -> float:
    return access_index(services, 80)["ptai"].item()


def test_t8_access_index_of_two_buses_and_a_train() -> None:
    """T8 ptai: EDF 2.7273, 1.9355, 2.2642; AI 5.9592, band 2."""
    singles = [index(SERVICES[row]) for row in range(3)]
    assert singles == pytest.approx([2.7273, 1.9355, 2.2642], abs=5e-5)
    assert index(SERVICES) == pytest.approx(5.9592, abs=5e-5)
    assert band_of(index(SERVICES)) == "2"


def test_t8_only_the_nearest_stop_of_a_route_counts() -> None:
    """T8: a farther stop of the same route, even one served more often, adds nothing."""
    farther = SERVICES.head(1).with_columns(walk_m=pl.lit(400.0), per_hour=pl.lit(60.0))
    assert index(pl.concat([SERVICES, farther])) == index(SERVICES)


def test_t8_limits_of_the_walk_and_idle_stops() -> None:
    """T8: 640 m to a bus, 960 m to a train; a stop without departures is no service."""
    rows = {
        "mode": ["bus", "bus", "rail", "rail", "bus"],
        "walk_m": [640.0, 640.1, 960.0, 960.1, 10.0],
        "per_hour": [6.0, 6.0, 6.0, 6.0, 0.0],
    }
    services = pl.DataFrame({"point": range(5), "route": ["r"] * 5, **rows})
    assert access_index(services, 80)["point"].to_list() == [0, 2]


@pytest.mark.parametrize(
    ("ptai", "band"),
    [(0, "0"), (2.5, "1a"), (2.51, "1b"), (10, "2"), (10.01, "3"), (40, "6a"), (40.1, "6b")],
)
def test_t8_bands(ptai: float, band: str) -> None:
    """T8: upper bounds belong to their band."""
    assert band_of(ptai) == band
