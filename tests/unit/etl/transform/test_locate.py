import h3
import numpy as np
import polars as pl
import pytest
import shapely

from etl.batch import ROW, WKB, Batch, X, Y
from etl.transform.locate import locate_points, place
from geodata.city.configuration import load_city

CHANGCHUN_AREA = [124.0, 43.0, 127.5, 45.5]
PREMISE = {"premise_id": "id", "operator": "op", "service_level": "n", "lon": "x", "lat": "y"}


class OneDistrict:
    def locate(self, lon, lat):
        return np.full(len(lon), "220104")


@pytest.fixture(scope="module")
def city():
    return load_city("changchun")


def points(declaration, city, *pairs):
    lon, lat = (np.array(values, dtype=float) for values in zip(*pairs, strict=True))
    return locate_points(lon, lat, declaration, city)


def test_unusable_coordinates_are_told_apart(declare, city):
    found = points(
        declare(area=CHANGCHUN_AREA), city,
        (125.32, 43.88), (np.nan, np.nan), (125.32, np.nan), (0, 0), (43.88, 125.32),
        (125.32, 200), (116.4, 39.9),
    )  # fmt: skip
    assert found.fault.tolist() == [
        "",
        "",
        "only one of longitude and latitude is given",
        "is 0, 0: a placeholder, not a place",
        "latitude out of range: longitude and latitude look swapped",
        "longitude or latitude out of range",
        "outside the source's area",
    ]
    assert found.is_missing.tolist() == [False, True] + [False] * 5
    assert np.isnan(found.lon[1:]).all()


def test_a_swap_within_range_is_seen_against_the_area(declare, city):
    found = points(declare(area=[6.7, 50.8, 7.2, 51.1]), city, (50.9, 6.9))
    assert found.fault[0] == "outside the source's area: longitude and latitude look swapped"


@pytest.mark.parametrize(
    ("datum", "lon", "lat"),
    [("gcj02", 125.326507, 43.882410), ("bd09", 125.333089, 43.888118), ("wgs84", 125.32, 43.88)],
)
def test_datums_come_back_to_wgs84(declare, city, datum, lon, lat):
    found = points(declare(datum=datum), city, (lon, lat))
    assert found.lon[0] == pytest.approx(125.32, abs=1e-6)
    assert found.lat[0] == pytest.approx(43.88, abs=1e-6)


def test_a_shifted_datum_outside_the_citys_area_is_no_place(declare, city):
    found = points(declare(datum="gcj02"), city, (2.35, 48.85))
    assert "declares gcj02" in found.fault[0]


def test_metric_coordinates_are_projected_back(declare, city):
    found = points(declare(crs=32651), city, (686_281.0, 4_861_240.0))
    assert 125 < found.lon[0] < 126
    assert 43 < found.lat[0] < 44.5


@pytest.mark.parametrize(
    ("rule", "kept", "rejected"),
    [("optional", [1, 2, 3], []), ("checked", [1, 2], [3]), ("required", [1], [2, 3])],
)
def test_rows_without_a_place_are_kept_or_rejected_by_rule(declare, city, rule, kept, rejected):
    frame = pl.DataFrame({ROW: [1, 2, 3], "lon": [125.32, None, 0.0], "lat": [43.88, None, 0.0]})
    batch = place(Batch(frame), declare(place=rule), city, OneDistrict())
    assert batch.frame[ROW].to_list() == kept
    assert sorted(batch.rejects[ROW]) == rejected
    if rule == "optional":
        last = batch.frame.row(2, named=True)
        assert (last[X], last[Y], last["cell"], last["district_id"]) == (
            None,
            None,
            None,
            "unknown",
        )
        assert (last["original_lon"], last["datum"]) == (0.0, "wgs84")


def test_incidents_may_be_anywhere_and_others_are_checked(declare):
    assert declare().place_rule == "optional"
    assert declare(place="required").place_rule == "required"


def test_the_storage_cell_and_district_are_given_once(declare, city):
    frame = pl.DataFrame({ROW: [1], "lon": [125.387], "lat": [43.8815]})
    row = place(Batch(frame), declare(), city, OneDistrict()).frame.row(0, named=True)
    assert f"{row['cell']:x}" == h3.latlng_to_cell(43.8815, 125.387, 10)
    assert row["district_id"] == "220104"


def test_areas_are_placed_by_a_point_inside(declare, city):
    ring = shapely.box(125.0, 43.0, 126.0, 44.0).difference(shapely.box(125.2, 43.2, 125.8, 43.8))
    frame = pl.DataFrame({ROW: [1], WKB: [ring.wkb]})
    row = place(Batch(frame), declare(), city, OneDistrict()).frame.row(0, named=True)
    assert shapely.Point(row[X], row[Y]).within(ring)


@pytest.mark.parametrize(
    ("extent", "pairs", "verdict"),
    [
        ("city", [(43.9, 125.3), (43.8, 125.4), (125.3, 43.9)], "swapped"),
        ("city", [(43.9, 125.3), (125.3, 43.9)], ""),  # half is not most
        ("city", [(116.4, 39.9), (np.nan, np.nan)], "outside the city's bounds"),
        ("city", [(0, 0), (0, 0)], ""),
        ("wider", [(116.4, 39.9), (121.5, 31.2)], ""),
        ("wider", [(43.9, 85.1), (43.9, 85.2), (43.9, 85.3)], ""),  # no slip of this city's
        ("wider", [(-125.3, 43.9), (-125.4, 43.8), (125.3, 43.9)], "minus sign"),
        ("wider", [(43.9, 125.3), (43.8, 125.4)], "swapped"),
    ],
)
def test_most_of_the_places_condemn_the_file(declare, city, extent, pairs, verdict):
    found = points(declare(table="premise", mapping=PREMISE, extent=extent), city, *pairs)
    assert verdict in found.verdict() if verdict else found.verdict() == ""


def test_a_place_beyond_the_bounds_is_a_fault_of_a_citys_source_only(declare, city):
    of_city = points(declare(extent="city"), city, (116.4, 39.9))
    wider = points(declare(extent="wider"), city, (116.4, 39.9))
    assert of_city.fault[0] == "outside the city's bounds"
    assert (wider.fault[0], wider.lon[0]) == ("", 116.4)


def test_kept_rows_are_noted_by_kind_with_their_first_row(declare, city):
    lon, lat = [125.3, 43.9, 43.8, 0.0, 125.3, 125.3, 125.4], [43.9, 125.3, 125.2, 0, 43.9, 43, 44]
    frame = pl.DataFrame({ROW: range(2, 9), "lon": lon, "lat": lat}, strict=False)
    batch = place(Batch(frame), declare(), city, OneDistrict())
    told = {(note.code, note.detail): (note.row, note.rows) for note in batch.notes}
    assert told == {
        ("place_dropped", "is 0, 0: a placeholder, not a place"): (5, 1),
        ("place_dropped", "latitude out of range: longitude and latitude look swapped"): (3, 2),
    }
