"""Residents by district from units that nest and units that do not, cut again by geopandas.

The units, hospitals and people are made for this test, on the boxes that stand for Oahu's
districts; nothing of it is anyone's statistics.
"""

from collections.abc import Callable

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from sqlalchemy import Engine

from etl.source.declaration import SourceDeclaration
from geodata.city.configuration import City

METRIC = 26904
BOXES = {"west": (-158.4, 21.1, -157.95, 21.8), "east": (-157.95, 21.1, -157.7, 21.8)}
BASE = {
    "title_zh": "试", "title_en": "made for a test", "owner": "-", "licence": "none",
    "cadence": "P10Y", "provenance": "simulated", "format": "gpkg", "mode": "snapshot",
}  # fmt: skip
PEOPLE = {"unit_id": "code", "residents": "people"}


def square_units(
    cells: int, box: tuple[float, ...], people: np.random.Generator
) -> gpd.GeoDataFrame:
    """Units that tile a box."""
    west, south, east, north = box
    x, y = np.linspace(west, east, cells + 1), np.linspace(south, north, cells + 1)
    squares = [
        shapely.box(x[i], y[j], x[i + 1], y[j + 1]) for i in range(cells) for j in range(cells)
    ]
    count = people.integers(0, 5000, len(squares))
    codes = [f"{west}:{number}" for number in range(len(squares))]
    return gpd.GeoDataFrame({"code": codes, "people": count}, geometry=squares, crs=4326)


@pytest.fixture(scope="module")
def nested() -> gpd.GeoDataFrame:
    """Units of a census: each within its box, some of them without people."""
    made = np.random.default_rng(26)
    units = [square_units(2, box, made).assign(district=key) for key, box in BOXES.items()]
    return pd.concat(units, ignore_index=True)


@pytest.fixture(scope="module")
def crossing() -> gpd.GeoDataFrame:
    """Units of a later count that know nothing of the boxes and reach beyond them."""
    return square_units(3, (-158.45, 21.05, -157.6, 21.85), np.random.default_rng(27))


@pytest.fixture(scope="module")
def city(
    engine: Engine,
    fill: Callable[..., City],
    nested: gpd.GeoDataFrame,
    crossing: gpd.GeoDataFrame,
    tmp_path_factory: pytest.TempPathFactory,
) -> City:
    """Loaded in an order that says nothing: the later count, a village's survey, the census."""
    folder = tmp_path_factory.mktemp("units")
    village = square_units(1, (-158.1, 21.4, -158.0, 21.5), np.random.default_rng(28))
    counts = {
        "later": (crossing, "2020-07-01"),
        "village": (village.assign(people=200), "2024-07-01"),
        "census": (nested.drop(columns="district"), "2010-07-01"),
    }
    declared = []
    for key, (units, day) in counts.items():
        units.to_file(folder / f"{key}.gpkg", layer="units")
        mapping = PEOPLE | {"vintage_on": {"const": day}}
        declared.append(
            BASE | {"key": key, "path": str(folder / f"{key}.gpkg"), "table": "population",
                    "allocate": True, "mapping": mapping}
        )  # fmt: skip
    beds = gpd.GeoDataFrame(
        {"code": ["a", "b", "c", "d"], "beds": [300, 40, 500, 900]},
        geometry=gpd.points_from_xy(
            [-158.0, -157.8, -157.9, -157.65], [21.4, 21.3, 21.5, 21.4], crs=4326
        ),
    )  # the last lies beyond the boxes
    beds.to_file(folder / "beds.gpkg", layer="beds")
    mapping = {"facility_id": "code", "kind": {"const": "hospital"}, "beds": "beds"}
    declared.append(
        BASE | {"key": "beds", "path": str(folder / "beds.gpkg"), "table": "facility",
                "mapping": mapping}
    )  # fmt: skip
    sources = [SourceDeclaration.model_validate(each) for each in declared]
    return fill(engine, "oahu", {}, ["residents", "beds_per_1000"], sources)


@pytest.fixture(scope="module")
def cut(crossing: gpd.GeoDataFrame) -> pd.Series:
    """The later count's people by box: each unit's by the area that it has in each."""
    boxes = gpd.GeoDataFrame(
        {"district": list(BOXES)},
        geometry=[shapely.box(*box) for box in BOXES.values()], crs=4326,
    )  # fmt: skip
    boxes, units = (
        frame.set_geometry(shapely.segmentize(frame.geometry, 0.002)).to_crs(METRIC)
        for frame in (boxes, crossing)
    )
    whole = dict(zip(units["code"], units.area, strict=True))
    pieces = gpd.overlay(units, boxes, keep_geom_type=True)
    share = pieces.area / pieces["code"].map(whole)
    assert not share.between(0.99, 0.9999).any()  # none is so nearly whole that it would nest
    assert not share.between(1e-6, 0.01).any()
    return (pieces["people"] * share).groupby(pieces["district"]).sum()


def test_2_5_nested_units_give_their_districts_all_people(city, engine: Engine, nested) -> None:
    """2.5: to the last person, and no one lives in the neighbouring box or beyond."""
    with engine.connect() as connection:
        rows = connection.exec_driver_sql(
            "SELECT district_id, sum(residents) FROM ops.population WHERE source = 'census'"
            " GROUP BY district_id"
        ).all()
    assert dict(rows) == nested.groupby("district")["people"].sum().to_dict()


def test_2_5_units_across_the_boundary_are_split_by_area(city, answer, cut) -> None:
    """2.5: the village, the newest of all, covers a part of its district and adds nothing."""
    found = answer(city, "residents", "2025", "district")
    assert found.to_dict() == pytest.approx(cut.to_dict(), rel=1e-6)
    assert answer(city, "residents", "2025", "city").sum() == pytest.approx(cut.sum(), rel=1e-6)
    cells = answer(city, "residents", "2025", "cell")
    assert cells.sum() == pytest.approx(found.sum(), rel=1e-12)


def test_2_5_between_two_sources_that_cover_it_a_district_is_interpolated(
    city, answer, nested, cut
) -> None:
    """2.5: linear between the vintages of whatever sources cover the district."""
    early = nested.groupby("district")["people"].sum()
    first, last, at = (pd.Timestamp(day) for day in ("2010-07-01", "2020-07-01", "2015-01-01"))
    share = (at - first) / (last - first)
    expected = early + (cut - early) * share
    found = answer(city, "residents", "2014", "district")
    assert found.to_dict() == pytest.approx(expected.to_dict(), rel=1e-6)


def test_h1_beds_are_divided_by_the_residents_of_their_district(city, answer, cut) -> None:
    """H1: what lies beyond the boundary counts in no total."""
    own = 1000 * pd.Series({"west": 300.0, "east": 540.0}) / cut
    found = answer(city, "beds_per_1000", None, "district")
    assert found.to_dict() == pytest.approx(own.to_dict(), rel=1e-6)
    whole = answer(city, "beds_per_1000", None, "city")
    assert whole.tolist() == pytest.approx([1000 * 840 / cut.sum()], rel=1e-6)


def test_the_survey_says_that_it_covers_only_a_part(city, engine: Engine) -> None:
    with engine.connect() as connection:
        rows = connection.exec_driver_sql(
            "SELECT l.source, f.message_en FROM ops.finding f JOIN ops.load l USING (load_id)"
            " WHERE f.code = 'covers_part_of_district'"
        ).all()
    assert [source for source, _ in rows] == ["village"]
    assert "west 2024-07-01" in rows[0][1]
