"""T5: scheduled speed on ways between stops, cut at the cells."""

from datetime import UTC, date, datetime

import numpy as np
import polars as pl
import pytest
import shapely

from geodata.city.configuration import City, load_city
from geodata.queries.timetable import (
    PATTERN_SCHEMA,
    SEGMENT_SCHEMA,
    SERVICE_DAY_SCHEMA,
    SHAPE_SCHEMA,
    STOP_SCHEMA,
)
from geodata.space.crs import from_metric, to_metric
from layers.measures.transit_speed import build_ways, compute_scheduled_speed, split_ways

ZONE = "Asia/Shanghai"
DAY = date(2026, 12, 1)
RUNNING = pl.DataFrame([("m", "WD", DAY)], schema=dict(SERVICE_DAY_SCHEMA), orient="row")
NO_SHAPES = pl.DataFrame(schema=dict(SHAPE_SCHEMA))
PATTERNS = pl.DataFrame(
    [("m", "L", 7, ["S1", "S2", "S3"])], schema=dict(PATTERN_SCHEMA), orient="row"
)


@pytest.fixture(scope="module")
def city() -> City:
    return load_city("changchun")


@pytest.fixture(scope="module")
def stops(city: City) -> pl.DataFrame:
    """S1, S2, S3 on a line, 1.2 km and 0.8 km apart in the metric CRS."""
    x_m, y_m = to_metric(city, [125.3], [43.88])
    lon, lat = from_metric(city, x_m[0] + np.array([0.0, 1200.0, 2000.0]), np.repeat(y_m, 3))
    rows = [("m", f"S{i + 1}", lon[i], lat[i]) for i in range(3)]
    return pl.DataFrame(rows, schema=dict(STOP_SCHEMA), orient="row")


def segments(
    *seconds: int, shape: str = "", unit: float | None = None, runs: int = 1
) -> pl.DataFrame:
    at = [0.0, 1200.0, 2000.0]
    rows = [
        (
            "m", "WD", shape, f"S{i + 1}", f"S{i + 2}",
            None if unit is None else at[i] / unit,
            None if unit is None else at[i + 1] / unit,
            7 if shape else 0, i if shape else 0, s, runs, False,
        )
        for i, s in enumerate(seconds)
    ]  # fmt: skip
    return pl.DataFrame(rows, schema=dict(SEGMENT_SCHEMA), orient="row")


def states_of(
    city: City, stops: pl.DataFrame, ridden: pl.DataFrame, shapes: pl.DataFrame = NO_SHAPES
) -> pl.DataFrame:
    ways = build_ways(city, ridden, stops, shapes, PATTERNS)
    return compute_scheduled_speed(ridden, ways, split_ways(city, ways), RUNNING, ZONE)


def kmh(states: pl.DataFrame) -> float:
    return float(states["num"].sum() / states["den"].sum())


def test_t5_way_over_time(city: City, stops: pl.DataFrame) -> None:
    """T5: 1.2 km in 240 s and 0.8 km in 300 s are 13.33 km/h; the mean of speeds is 13.8."""
    states = states_of(city, stops, segments(240, 300))
    assert round(kmh(states), 2) == 13.33
    assert states["starts_at"].unique().to_list() == [datetime(2026, 11, 30, 16, tzinfo=UTC)]


def test_t5_cells_share_the_way_and_keep_its_sum(city: City, stops: pl.DataFrame) -> None:
    """T5: split by linear referencing; the parts add up to the whole."""
    states = states_of(city, stops, segments(240, 300, runs=3))
    assert states["cell"].n_unique() > 10
    assert states["num"].sum() == pytest.approx(3 * 2.0, rel=1e-9)
    assert states["den"].sum() == pytest.approx(3 * 540 / 3600, rel=1e-9)
    assert set(states["district_id"]) != {"unknown"}


def test_t5_straight_ways_are_estimated(city: City, stops: pl.DataFrame) -> None:
    """T5: without distances along a shape the way is at least as long as the line."""
    assert states_of(city, stops, segments(240, 300))["is_estimated"].all()


@pytest.mark.parametrize("seconds", [0, -60, 35])
def test_t5_no_time_or_too_fast_is_missing(city: City, stops: pl.DataFrame, seconds: int) -> None:
    """T5: 0 s and more than 120 km/h go to n_missing (1.2 km in 35 s is 123 km/h)."""
    states = states_of(city, stops, segments(seconds, 300))
    assert kmh(states) == pytest.approx(0.8 / 300 * 3600)
    assert states["n_missing"].sum() > 0


def line_of(city: City, stops: pl.DataFrame, steps: list[tuple[float, float]]) -> pl.DataFrame:
    """Return shape L of vertices given in metres east and north of S1."""
    x_m, y_m = to_metric(city, stops["lon"], stops["lat"])
    path = np.array(steps) + np.array([x_m[0], y_m[0]])
    line = shapely.LineString(np.column_stack(from_metric(city, path[:, 0], path[:, 1])))
    return pl.DataFrame([("m", "L", shapely.to_wkb(line))], schema=dict(SHAPE_SCHEMA), orient="row")


@pytest.mark.parametrize("unit", [None, 77.0])
def test_t5_stops_are_projected_on_a_shape_without_usable_distances(
    city: City, stops: pl.DataFrame, unit: float | None
) -> None:
    """T5: without distances, or in an unknown unit, the detour of 600 m still counts."""
    shapes = line_of(
        city, stops, [(0, 30), (1200, 0), (1200, 0), (1200, 300), (2000, 300), (2000, 20)]
    )
    states = states_of(city, stops, segments(240, 300, shape="L", unit=unit), shapes)
    expected = float(np.hypot(1200, 30)) + 300 + 800 + 280
    assert states["num"].sum() * 1000 == pytest.approx(expected, abs=1.0)
    assert not states["is_estimated"].any()


def test_t5_a_stop_far_off_the_shape_leaves_its_ways_straight(
    city: City, stops: pl.DataFrame
) -> None:
    """T5: straight lines to the stop that lies 400 m off; they are estimated."""
    shapes = line_of(city, stops, [(0, 0), (600, 400), (1400, 400), (2000, 0)])
    states = states_of(city, stops, segments(240, 300, shape="L"), shapes)
    assert states["num"].sum() == pytest.approx(2.0, rel=1e-6)
    assert states["is_estimated"].all()


def test_t5_a_shape_that_crosses_itself_with_a_doubled_vertex_is_cut(
    city: City, stops: pl.DataFrame
) -> None:
    """T5: every metre counts once, also where the path runs over itself."""
    steps = [(0, 0), (600, 0), (600, 0), (500, 100), (500, -100), (600, 0), (1200, 0), (2000, 0)]
    shapes = line_of(city, stops, [(float(x), float(y)) for x, y in steps])
    states = states_of(city, stops, segments(240, 300, shape="L"), shapes)
    loop = 2 * float(np.hypot(100, 100)) + 200
    assert states["num"].sum() * 1000 == pytest.approx(2000 + loop, abs=0.1)


@pytest.mark.parametrize("unit", [1.0, 1000.0, 1609.344])
def test_t5_distances_along_the_shape_count_whatever_their_unit(
    city: City, stops: pl.DataFrame, unit: float
) -> None:
    """T5: shape distance where present: a detour of 600 m makes the second way 1.4 km."""
    shapes = line_of(city, stops, [(0, 0), (1200, 0), (1200, 300), (2000, 300), (2000, 0)])
    ridden = segments(240, 300, shape="L", unit=unit).with_columns(
        pl.when(pl.col("to_stop_id") == "S3")
        .then(2600 / unit)
        .otherwise("to_dist")
        .alias("to_dist")
    )
    states = states_of(city, stops, ridden, shapes)
    assert states["num"].sum() == pytest.approx(2.6, rel=1e-6)
    assert not states["is_estimated"].any()


@pytest.mark.parametrize("unit", [1000.0, 0.3048, 2.2])
def test_t5_a_shape_in_another_unit_than_most_is_measured_by_its_stops(
    city: City, stops: pl.DataFrame, unit: float
) -> None:
    """T5: two shapes have metres, the third another unit or wrong distances: all are 2 km long."""
    one = line_of(city, stops, [(0, 0), (1200, 0), (2000, 0)])
    names = {"L": 1.0, "M": 1.0, "N": unit}
    renamed = [pl.lit(name).alias("shape_id") for name in names]
    shapes = pl.concat(one.with_columns(name) for name in renamed)
    patterns = pl.concat(PATTERNS.with_columns(name) for name in renamed)
    ridden = pl.concat(segments(240, 300, shape=name, unit=own) for name, own in names.items())
    ways = build_ways(city, ridden, stops, shapes, patterns)
    lengths = ways.group_by("shape_id").agg(pl.col("length_m").sum()).sort("shape_id")
    assert lengths["length_m"].to_list() == pytest.approx([2000.0] * 3, abs=0.5)
    assert not ways["is_straight"].any()


def test_t5_a_stop_beside_its_shape_keeps_the_distances_of_the_feed(
    city: City, stops: pl.DataFrame
) -> None:
    """T5: a platform 400 m from the line that is drawn: the way is as long as the feed says."""
    shapes = line_of(city, stops, [(0, 400), (1200, 400), (2000, 400)])
    states = states_of(city, stops, segments(240, 300, shape="L", unit=1.0), shapes)
    assert states["num"].sum() == pytest.approx(2.0, rel=1e-6)
    assert not states["is_estimated"].any()


def test_t5_feeds_with_equal_ids_stay_apart(city: City, stops: pl.DataFrame) -> None:
    """T5: the same stop, service and shape ids of another source are other things."""
    other = stops.with_columns(source=pl.lit("b"), lat=pl.col("lat") + 0.1)
    ridden = pl.concat([segments(240), segments(240).with_columns(source=pl.lit("b"))])
    ways = build_ways(city, ridden, pl.concat([stops, other]), NO_SHAPES, PATTERNS)
    assert ways.height == 2
    states = compute_scheduled_speed(ridden, ways, split_ways(city, ways), RUNNING, ZONE)
    assert states["num"].sum() == pytest.approx(1.2, rel=1e-9)  # only m runs
