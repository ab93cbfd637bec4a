"""Chinese feeds often carry GCJ-02 against the standard: they are converted where declared."""

import numpy as np
import pytest
import shapely

from etl.gtfs.csv_text import read_text_table
from etl.gtfs.stops import place_stops, shape_lines
from etl.gtfs.typed import type_table
from etl.source.declaration import SourceDeclaration
from geodata.city.configuration import City, load_city

WGS84 = (125.32, 43.88)
GCJ02 = (125.326507, 43.882410)


class Nowhere:
    def locate(self, lon, lat):
        return np.full(len(lon), "unknown")


@pytest.fixture(scope="module")
def city() -> City:
    return load_city("changchun")


def declare(datum: str) -> SourceDeclaration:
    return SourceDeclaration(
        key="x", title_zh="x", title_en="x", owner="x", licence="x", cadence="none",
        provenance="real", path="x", format="gtfs", table="gtfs", datum=datum,
    )  # fmt: skip


def stops(lon: float, lat: float):
    text = f"stop_id,stop_lat,stop_lon\nA,{lat},{lon}\n"
    return type_table(read_text_table("stops.txt", text.encode()))


@pytest.mark.parametrize(("datum", "given"), [("wgs84", WGS84), ("gcj02", GCJ02)])
def test_stops_are_kept_in_wgs84_with_what_was_given(city: City, datum: str, given) -> None:
    (row,) = place_stops(stops(*given), declare(datum), city, Nowhere()).rows.to_dicts()
    assert (row["@x"], row["@y"]) == pytest.approx(WGS84, abs=1e-6)
    assert (row["stop_lon"], row["stop_lat"]) == given


def test_a_gcj02_stop_outside_the_citys_area_is_refused(city: City) -> None:
    placed = place_stops(stops(2.35, 48.85), declare("gcj02"), city, Nowhere())
    ((row_number, field, reason),) = placed.faults.drop("code").rows()
    assert (row_number, field) == (2, "stop_lat")
    assert "gcj02" in reason


def test_shapes_are_lines_in_order_in_wgs84(city: City) -> None:
    text = (
        "shape_id,shape_pt_lat,shape_pt_lon,shape_pt_sequence\n"
        f"L,{GCJ02[1] + 0.01},{GCJ02[0]},9\nL,{GCJ02[1]},{GCJ02[0]},1\n"
        "M,43.8,125.3,1\nM,43.9,125.3,2\n"
    )
    points = type_table(read_text_table("shapes.txt", text.encode())).rows
    lines = shape_lines(points, declare("gcj02"), city)
    assert lines["shape_id"].to_list() == ["L", "M"]
    first = shapely.from_wkb(lines["geom"][0])
    assert first.coords[0] == pytest.approx(WGS84, abs=1e-6)
    assert shapely.get_srid(first) == 4326
