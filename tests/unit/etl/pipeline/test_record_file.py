import geopandas as gpd
import numpy as np
import pytest
import shapely

from etl.batch import Batch, X, Y
from etl.extract import read_file
from etl.pipeline.record_file import as_extracted
from etl.source.file import SourceFile
from etl.transform import transform
from etl.transform.locate import place
from geodata.city.configuration import load_city

PLACE = {"kind": {"const": "place"}, "facility_id": "id"}


class OneDistrict:
    def locate(self, lon, lat):
        return np.full(len(lon), "220104")


def test_geometry_read_in_degrees_is_not_projected_again(tmp_path, declare):
    path = tmp_path / "a.shp"
    frame = gpd.GeoDataFrame({"id": [1]}, geometry=[shapely.Point(125.32, 43.88)], crs=4326)
    frame.to_crs(4551).to_file(path)
    path.with_suffix(".prj").unlink()
    declaration = declare(format="shapefile", table="facility", crs=4551, mapping=PLACE)
    batch = transform(Batch(read_file(SourceFile.at(path), declaration).frame), declaration, "UTC")
    placed = place(batch, as_extracted(declaration), load_city("changchun"), OneDistrict()).frame
    assert (placed[X][0], placed[Y][0]) == pytest.approx((125.32, 43.88), abs=1e-7)


@pytest.mark.parametrize(
    ("format_", "columns", "crs"),
    [("shapefile", [], None), ("csv", ["wkt"], 4551), ("gpkg", ["lon", "lat"], 4551)],
)
def test_columns_are_still_in_the_declared_crs(declare, format_, columns, crs):
    mapping = PLACE | {name: name for name in columns}
    declaration = declare(format=format_, table="facility", crs=4551, mapping=mapping)
    assert as_extracted(declaration).crs == crs
