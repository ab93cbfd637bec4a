"""Districts: read, exact, a partition, and the rule on shared edges."""

import json
from pathlib import Path

import geopandas as gpd
import numpy as np
import polars as pl
import pytest
import shapely
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from geodata.city.configuration import load_city
from geodata.errors import CityError
from geodata.space import grid
from geodata.space.districts import DistrictLocator, Nearest, read_districts

CONFIGURED = Path(__file__).parents[3] / "data" / "cities"


@pytest.fixture(scope="module")
def changchun():
    return read_districts(load_city("changchun"))


@pytest.fixture(scope="module")
def locator(changchun):
    return DistrictLocator(changchun)


def test_changchun_has_its_eleven_districts_in_the_official_order(changchun):
    assert changchun["district_id"].tolist() == sorted(changchun["district_id"])
    assert changchun["position"].tolist() == list(range(1, 12))
    assert changchun["name_zh"].tolist()[:2] == ["南关区", "宽城区"]
    assert changchun["name_en"].tolist()[0] == "Nanguan District"
    assert changchun["kind"].value_counts().to_dict() == {
        "district": 7,
        "county": 1,
        "county_level_city": 3,
    }
    assert set(changchun.geom_type) == {"MultiPolygon"}
    assert changchun.crs.to_epsg() == 4326
    assert changchun.is_valid.all()


def test_areas_are_measured_in_the_metric_crs(changchun):
    geodesic = changchun.geometry.to_crs("ESRI:54034").area / 1e6  # equal area
    assert changchun["area_km2"].to_numpy() == pytest.approx(geodesic.to_numpy(), rel=1e-3)
    assert changchun["area_km2"].sum() == pytest.approx(24_696.5, abs=0.1)


def test_districts_do_not_overlap_and_leave_no_gap(changchun):
    union = changchun.union_all()
    assert union.geom_type == "Polygon"
    assert len(union.interiors) == 0
    metric = changchun.to_crs(4551)
    assert metric.union_all().area == pytest.approx(metric.area.sum(), rel=1e-9)


@pytest.mark.parametrize(
    ("lon", "lat", "expected"),
    [
        (125.304, 43.880, "220104"),
        (125.32, 43.88, "220102"),  # the centre
        (125.18, 44.43, "220122"),  # Nong'an town
        (124.82, 43.50, "220184"),  # Gongzhuling town
        (43.88, 125.32, "outside"),  # swapped axes
        (116.4, 39.9, "outside"),  # Beijing
    ],
)
def test_known_places(locator, lon, lat, expected):
    assert locator.locate([lon], [lat]).tolist() == [expected]


def test_missing_coordinates_are_unknown_and_nothing_is_nothing(locator):
    assert locator.locate([np.nan, 125.32, np.inf], [43.88, np.nan, 1]).tolist() == ["unknown"] * 3
    assert locator.locate([], []).tolist() == []


@settings(deadline=None)
@given(
    st.lists(st.tuples(st.floats(123.5, 127.5), st.floats(42.8, 45.6)), min_size=1, max_size=200)
)
def test_located_is_exactly_the_lowest_district_that_covers_the_point(changchun, locator, points):
    lon, lat = (np.array(axis) for axis in zip(*points, strict=True))
    for (x, y), district_id in zip(points, locator.locate(lon, lat), strict=True):
        covering = changchun.loc[changchun.covers(shapely.Point(x, y)), "district_id"]
        assert district_id == min(covering, default="outside")


def test_every_vertex_of_the_boundaries_belongs_to_its_lowest_district(changchun, locator):
    for district_id, geometry in zip(changchun["district_id"], changchun.geometry, strict=True):
        corners = shapely.get_coordinates(geometry)
        found = locator.locate(corners[:, 0], corners[:, 1])
        assert "outside" not in found
        assert (found <= district_id).all()
        assert (found == district_id).any()


def test_districts_and_outside_partition_any_set_of_points(changchun, locator):
    rng = np.random.default_rng(20141101)
    lon, lat = rng.uniform(123.9, 127.2, 50_000), rng.uniform(43.0, 45.4, 50_000)
    found = locator.locate(lon, lat)
    inside = shapely.intersects_xy(changchun.union_all(), lon, lat)
    assert ((found != "outside") == inside).mean() > 0.9999  # union drops shared vertices
    counts = {name: int((found == name).sum()) for name in np.unique(found)}
    assert sum(counts.values()) == 50_000
    assert len(counts) == 12


def test_the_municipality_has_its_cells(changchun):
    municipality = changchun.union_all()
    logical = {res: grid.cover_logical(municipality, res) for res in (7, 8)}
    assert {res: len(cells) for res, cells in logical.items()} == {7: 6868, 8: 46292}
    assert len(grid.cover(municipality, 7)) == 6855
    by_district = [grid.cover_logical(geometry, 8) for geometry in changchun.geometry]
    assert np.unique(np.concatenate(by_district)).tolist() == logical[8].tolist()
    covered_km2 = grid.cell_area_km2(grid.cover(municipality, 8, "center")).sum()
    assert covered_km2 == pytest.approx(changchun["area_km2"].sum() * 0.998, rel=1e-3)


def test_the_lowest_id_wins_on_a_shared_edge_whatever_the_order():
    left, right = shapely.box(0, 0, 1, 1), shapely.box(1, 0, 2, 1)
    frame = gpd.GeoDataFrame({"district_id": ["b", "a"]}, geometry=[left, right], crs=4326)
    found = DistrictLocator(frame).locate([1.0, 0.5, 1.5, 0.0, 2.5], [0.5, 0.5, 0.5, 0.0, 0.5])
    assert found.tolist() == ["a", "b", "a", "b", "outside"]


@pytest.mark.parametrize(
    ("tolerance_m", "expected"),
    [
        (0, ["west", "outside", "outside", "outside", "unknown"]),
        (100, ["west", "west", "outside", "outside", "unknown"]),
        (700, ["west", "west", "east", "outside", "unknown"]),
    ],
)
def test_a_tolerance_gives_points_just_outside_to_the_nearest_district(tolerance_m, expected):
    west, east = shapely.box(125.30, 43.80, 125.35, 43.90), shapely.box(125.35, 43.80, 125.40, 43.9)
    frame = gpd.GeoDataFrame({"district_id": ["west", "east"]}, geometry=[west, east], crs=4326)
    locator = DistrictLocator(frame, Nearest(frame, 4551, tolerance_m) if tolerance_m else None)
    # inside; 80 m west of it; 640 m east; 4 km east; no place
    lon, lat = [125.31, 125.299, 125.408, 125.45, np.nan], [43.85, 43.85, 43.85, 43.85, 43.85]
    assert locator.locate(lon, lat).tolist() == expected


def test_between_two_districts_as_near_the_lowest_id_wins():
    upper, lower = (
        shapely.box(125.30, 43.80, 125.35, 43.90),
        shapely.box(125.35, 43.80, 125.40, 43.9),
    )
    frame = gpd.GeoDataFrame({"district_id": ["b", "a"]}, geometry=[upper, lower], crs=4326)
    locator = DistrictLocator(frame, Nearest(frame, 4551, 100))
    assert locator.locate([125.35], [43.9005]).tolist() == ["a"]


def test_a_city_may_be_the_union_of_cells():
    frame = read_districts(load_city(str(CONFIGURED / "portoalegre")))
    cells = pl.read_csv(CONFIGURED / "portoalegre" / "poa_hexgrid.csv")
    assert frame["district_id"].tolist() == ["poa"]
    spherical = grid.cell_area_km2(grid.texts_to_cells(cells["id"].to_list())).sum()
    assert frame["area_km2"][0] == pytest.approx(spherical, rel=5e-3)
    found = DistrictLocator(frame).locate(cells["lon"].to_numpy(), cells["lat"].to_numpy())
    assert (found == "poa").all()


def _with_file(tmp_path, features, **mapping):
    path = tmp_path / "districts.geojson"
    frame = gpd.GeoDataFrame.from_features(features, crs=4326)
    frame.to_file(path, driver="GeoJSON")
    city = load_city("changchun")
    source = city.districts.file.model_copy(update={"path": path} | mapping)
    return city.model_copy(update={"districts": city.districts.model_copy(update={"file": source})})


def _feature(district_id="1", geometry=None, **properties):
    return {
        "type": "Feature",
        "geometry": shapely.geometry.mapping(geometry or shapely.box(125, 43, 126, 44)),
        "properties": {
            "district_id": district_id,
            "name_zh": "区",
            "name_en": "District",
            "kind": "district",
            "position": 1,
        }
        | properties,
    }


def test_properties_may_have_other_names(tmp_path):
    frame = read_districts(_with_file(tmp_path, [_feature(gb="156220102")], district_id="gb"))
    assert frame["district_id"].tolist() == ["156220102"]


@pytest.mark.parametrize(
    ("features", "mapping", "message"),
    [
        ([_feature()], {"name_zh": "NAME"}, "no property NAME"),
        ([_feature("1"), _feature("1")], {}, "repeated or reserved id"),
        ([_feature("unknown")], {}, "reserved id unknown"),
        (
            [_feature("1", shapely.Polygon([(0, 0), (1, 1), (1, 0), (0, 1)]))],
            {},
            "not valid: 1",
        ),
        ([_feature("1", shapely.LineString([(0, 0), (1, 1)]))], {}, "only polygons"),
    ],
)
def test_wrong_districts_are_refused(tmp_path, features, mapping, message):
    with pytest.raises(CityError, match=message):
        read_districts(_with_file(tmp_path, features, **mapping))


@pytest.mark.parametrize(
    ("text", "message"),
    [("cell\n88317662a5fffff\n", "no column 'id'"), ("id\nx\n", "row 2: 'x' is not an H3 cell")],
)
def test_wrong_cells_are_refused(tmp_path, text, message):
    path = tmp_path / "cells.csv"
    path.write_text(text)
    city = load_city(str(CONFIGURED / "portoalegre"))
    source = city.districts.from_cells[0].model_copy(update={"file": path})
    districts = city.districts.model_copy(update={"from_cells": (source,)})
    with pytest.raises(CityError, match=message):
        read_districts(city.model_copy(update={"districts": districts}))


SQUARE = [[125, 43], [125.1, 43], [125.1, 43.1], [125, 43.1], [125, 43]]


@pytest.fixture
def published(tmp_path):
    """A function: properties of a file's districts and what `districts.file` says -> the city."""

    def write(properties, **said):
        folder = tmp_path / "tiny"
        folder.mkdir()
        features = [
            {
                "type": "Feature",
                "properties": each,
                "geometry": {
                    "type": "Polygon",
                    "coordinates": [[[x + number, y] for x, y in SQUARE]],
                },
            }
            for number, each in enumerate(properties)
        ]
        text = json.dumps({"type": "FeatureCollection", "features": features})
        (folder / "map.geojson").write_text(text, encoding="utf-8")
        city = {
            "code": "tiny", "name_zh": "小城", "name_en": "Tiny", "title_zh": "小城",
            "title_en": "Tiny",
            "timezone": "Asia/Shanghai", "metric_crs": 4551, "bounds": [124, 42, 128, 44],
            "camera": {"lon": 125.5, "lat": 43.5, "zoom": 10},
            "districts": {"file": {"path": "map.geojson", **said}},
        }  # fmt: skip
        (folder / "city.yaml").write_text(yaml.safe_dump(city), encoding="utf-8")
        return load_city(str(folder))

    return write


def rows(city):
    columns = ["district_id", "name_zh", "name_en", "kind", "position"]
    return [tuple(row) for row in read_districts(city)[columns].itertuples(index=False)]


def test_one_property_may_be_id_and_name_and_the_rest_be_left_out(published):
    city = published([{"n": "Norte"}, {"n": "Sul"}], district_id="n", name_en="n")
    assert rows(city) == [
        ("Norte", "Norte", "Norte", "district", 1),
        ("Sul", "Sul", "Sul", "district", 2),
    ]


def test_kind_and_position_may_be_constants_defaults_or_properties(published):
    properties = [
        {"id": 7, "zh": "甲", "k": None, "p": 2},
        {"id": 8, "zh": "乙", "k": "town", "p": 1},
    ]
    city = published(
        properties, district_id="id", name_zh="zh", position="p",
        kind={"property": "k", "default": "quarter"},
    )  # fmt: skip
    assert rows(city) == [("8", "乙", "乙", "town", 1), ("7", "甲", "甲", "quarter", 2)]


def test_a_constant_kind(published):
    city = published([{"district_id": "a", "name_zh": "甲"}], kind={"const": "bairro"})
    assert rows(city) == [("a", "甲", "甲", "bairro", 1)]


@pytest.mark.parametrize(
    ("properties", "said", "message"),
    [
        ([{"n": "a/b"}], {"district_id": "n", "name_zh": "n"}, r"file\.district_id: 'n' has 'a/b'"),
        ([{"n": "南关"}], {"district_id": "n", "name_zh": "n"}, "has '南关': an id is letters"),
        ([{"n": "a"}], {"district_id": "n"}, "name_zh, name_en: neither"),
        ([{"n": "a"}], {"district_id": "n", "name_zh": "zh"}, "no property zh"),
        ([{"n": "city"}], {"district_id": "n", "name_zh": "n"}, "reserved id city"),
        ([{"n": "a"}, {"n": "a"}], {"district_id": "n", "name_zh": "n"}, "repeated .* a"),
        (
            [{"n": "a", "zh": "甲"}, {"n": "b", "zh": None}],
            {"district_id": "n", "name_zh": "zh"},
            "no name of b",
        ),
        ([{"n": "a"}, {"n": None}], {"district_id": "n", "name_zh": "n"}, "district_id"),
    ],
)
def test_what_cannot_be_a_district_is_refused_by_file_and_key(published, properties, said, message):
    with pytest.raises(CityError, match=message):
        read_districts(published(properties, **said))
