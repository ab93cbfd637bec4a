import mercantile
import numpy as np
import polars as pl
import pytest
import shapely

from etl.batch import ROW, WKB, Batch
from etl.transform.placing import PLACINGS, Ground
from etl.transform.shapes import add_footprints, place_tiles, quadkey_bounds, read_wkt
from geodata.city.configuration import load_city
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
