import mercantile
import numpy as np
import polars as pl
import pytest
import shapely

from etl.batch import ROW, WKB, Batch
from etl.transform.placing import PLACINGS, Ground
from etl.transform.shapes import add_footprints, place_tiles, quadkey_bounds, read_wkt
from geodata.city.configuration import load_city
from geodata.space.areal import to_metres
from geodata.space.datums import wgs84_to_bd09, wgs84_to_gcj02

FACILITY = {"kind": {"const": "place"}, "facility_id": "id"}
KEY = "1303320300231301"  # (43.88, 125.32)


def test_the_published_quadkey_is_found():
    tile = mercantile.quadkey_to_tile(KEY)
    assert (tile.x, tile.y, tile.z) == (55581, 23860, 16)
    west, south, east, north = quadkey_bounds([KEY])[0]
    assert west < 125.32 < east
    assert south < 43.88 < north


def test_bounds_equal_those_of_mercantile():
    random = np.random.default_rng(1)
    keys = ["".join(map(str, random.integers(0, 4, 16))) for _ in range(300)]
    expected = [mercantile.bounds(mercantile.quadkey_to_tile(key)) for key in keys]
    assert quadkey_bounds(keys) == pytest.approx(np.array(expected), abs=1e-12)
    assert quadkey_bounds([]).shape[0] == 0


def tile_frame(**columns):
    return pl.DataFrame({ROW: [2], "quadkey": [KEY]} | columns)


def test_a_tile_without_geometry_gets_its_square():
    geom = place_tiles(Batch(tile_frame())).frame["geom"][0]
    assert shapely.get_srid(shapely.from_wkb(geom)) == 4326
    assert shapely.from_wkb(geom).area == pytest.approx(0.0054931640625 * 0.00396, rel=0.01)


def test_a_geometry_of_another_tile_is_refused():
    own = shapely.box(*quadkey_bounds([KEY])[0])
    assert place_tiles(Batch(tile_frame(**{WKB: [own.wkb]}))).rejects.is_empty()
    other = place_tiles(Batch(tile_frame(**{WKB: [shapely.box(0, 0, 1, 1).wkb]})))
    assert other.rejects["reason"].to_list() == ["the geometry is another tile's"]


@pytest.mark.parametrize("key", ["130332030023130", "13033203002313014", "1303320300231305", "x"])
def test_what_is_no_quadkey_of_zoom_16_is_refused(key):
    batch = place_tiles(Batch(pl.DataFrame({ROW: [2], "quadkey": [key]})))
    assert batch.rejects.rows() == [(2, "quadkey", "is not a quadkey of zoom 16")]


def test_wkt_is_read_and_nonsense_rejected():
    frame = pl.DataFrame({ROW: [2, 3, 4], "wkt": ["POINT (1 2)", "POINT (", None]})
    batch = read_wkt(Batch(frame))
    assert shapely.from_wkb(batch.frame[WKB][0]) == shapely.Point(1, 2)
    assert batch.frame[ROW].to_list() == [2, 4]
    assert batch.rejects.rows() == [(3, "wkt", "is not a geometry")]


def test_only_areas_have_footprints():
    box = shapely.box(0, 0, 1, 1)
    shapes = [box.wkb, shapely.Point(0, 0).wkb, None, shapely.multipolygons([box]).wkb]
    frame = add_footprints(pl.DataFrame({WKB: shapes}))
    kinds = [
        None if value is None else shapely.from_wkb(value).geom_type for value in frame["footprint"]
    ]
    assert kinds == ["MultiPolygon", None, None, "MultiPolygon"]


class OneDistrict:
    def locate(self, lon, lat):
        return np.full(len(lon), "220104")


GROUND = Ground(load_city("changchun"), OneDistrict())


@pytest.mark.parametrize(("datum", "shift"), [("gcj02", wgs84_to_gcj02), ("bd09", wgs84_to_bd09)])
def test_areas_of_a_shifted_datum_become_footprints_in_wgs84(declare, datum, shift):
    area = shapely.box(125.31, 43.87, 125.33, 43.89)
    given = shapely.transform(area, lambda points: np.column_stack(shift(*points.T)))
    batch = Batch(pl.DataFrame({ROW: [1], WKB: [given.wkb]}))
    declaration = declare(table="facility", datum=datum, mapping=FACILITY)
    frame = PLACINGS["areas"](batch, declaration, GROUND).frame
    (footprint,) = shapely.get_parts(shapely.from_wkb(frame["footprint"][0]))
    assert footprint.equals_exact(area, tolerance=1e-7)
    assert frame["datum"].to_list() == [datum]
    inside = shapely.Point(frame["original_lon"][0], frame["original_lat"][0])
    assert given.contains(inside)


def test_areas_in_metres_become_footprints_in_degrees(declare):
    batch = Batch(pl.DataFrame({ROW: [1], WKB: [shapely.box(686e3, 4861e3, 687e3, 4862e3).wkb]}))
    declaration = declare(table="facility", crs=32651, mapping=FACILITY | {"wkt": "shape"})
    frame = PLACINGS["areas"](batch, declaration, GROUND).frame
    west, south, east, north = shapely.bounds(shapely.from_wkb(frame["footprint"][0]))
    assert (west, south, east, north) == pytest.approx((125.32, 43.88, 125.32, 43.88), abs=0.03)
    assert frame["datum"].to_list() == ["epsg:32651"]


LINK = {"link_id": "id", "from_reader": "a", "to_reader": "b", "length_m": "m", "wkt": "line"}
ROAD = shapely.LineString([(125.31, 43.87), (125.32, 43.88), (125.33, 43.88)])


@pytest.mark.parametrize(("datum", "shift"), [("gcj02", wgs84_to_gcj02), ("bd09", wgs84_to_bd09)])
def test_lines_of_a_shifted_datum_become_paths_in_wgs84(declare, datum, shift):
    given = shapely.transform(ROAD, lambda points: np.column_stack(shift(*points.T)))
    declaration = declare(table="reader_link", datum=datum, mapping=LINK)
    frame = PLACINGS["lines"](Batch(pl.DataFrame({ROW: [1], WKB: [given.wkb]})), declaration,
                              GROUND).frame  # fmt: skip
    assert shapely.from_wkb(frame["path"][0]).equals_exact(ROAD, tolerance=1e-7)


def test_lines_in_metres_become_paths_in_degrees_joined_where_they_meet(declare):
    given = to_metres(GROUND.city, np.array([ROAD]))[0]
    first, second = given.coords[:2], given.coords[1:]
    shapes = [given.wkb, shapely.MultiLineString([first, second]).wkb]
    declaration = declare(table="reader_link", crs=4551, mapping=LINK)
    batch = Batch(pl.DataFrame({ROW: [1, 2], WKB: shapes}))
    for path in PLACINGS["lines"](batch, declaration, GROUND).frame["path"]:
        assert shapely.from_wkb(path).equals_exact(ROAD, tolerance=1e-9)


def test_a_shape_half_outside_the_area_of_its_datum_is_rejected_not_torn(declare):
    west = GROUND.city.datum_area[0]
    shapes = [shapely.box(west - 0.1, 43.8, west + 0.3, 43.9).wkb]
    declaration = declare(table="facility", datum="gcj02", mapping=FACILITY)
    batch = PLACINGS["areas"](Batch(pl.DataFrame({ROW: [7], WKB: shapes})), declaration, GROUND)
    ((row, field, reason),) = batch.rejects.rows()
    assert (row, field) == (7, "geometry")
    assert reason.startswith("outside the area in which Changchun declares gcj02")


def test_a_record_that_needs_no_place_is_kept_without_its_faulty_shape(declare):
    bow_tie = shapely.Polygon([(125.3, 43.8), (125.4, 43.9), (125.4, 43.8), (125.3, 43.9)])
    declaration = declare(table="facility", place="optional", mapping=FACILITY)
    batch = Batch(pl.DataFrame({ROW: [3], WKB: [bow_tie.wkb]}))
    placed = PLACINGS["areas"](batch, declaration, GROUND)
    assert placed.rejects.is_empty()
    assert placed.frame.select("footprint", "cell").row(0) == (None, None)
    (note,) = placed.notes
    assert (note.code, note.row) == ("geometry_dropped", 3)
    assert "self-intersection" in note.detail
