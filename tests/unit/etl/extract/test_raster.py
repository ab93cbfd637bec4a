"""Rasters become a row a pixel with data."""

import numpy as np
import pytest
import rasterio

from etl.extract.read import read_file
from etl.source.declaration import SourceDeclaration
from etl.source.file import SourceFile
from geodata.errors import ExtractError

DECLARED = {
    "key": "r", "title_zh": "r", "title_en": "r", "owner": "o", "licence": "l", "cadence": "P1D",
    "provenance": "real", "path": "*.tif", "format": "raster", "table": "radio_prediction",
    "mapping": {"operator": {"const": "o"}, "pixel_id": "pixel", "rsrp_4g_dbm": "rsrp",
                "lon": "lon", "lat": "lat"},
}  # fmt: skip


def write(path, crs="EPSG:4326"):
    bands = np.array([[[-90.0, -999.0], [-999.0, -110.5]], [[3.0, -999.0], [4.0, -999.0]]])
    with rasterio.open(
        path, "w", driver="GTiff", width=2, height=2, count=2, dtype="float32", nodata=-999,
        crs=crs, transform=rasterio.Affine(0.1, 0.0, 125.0, 0.0, -0.1, 44.0),
    ) as raster:  # fmt: skip
        raster.write(bands.astype(np.float32))
        raster.descriptions = ("rsrp", None)
    return path


def test_pixels_with_any_value_are_rows_at_their_centres(tmp_path):
    declaration = SourceDeclaration.model_validate(DECLARED)
    frame = read_file(SourceFile.at(write(tmp_path / "a.tif")), declaration).frame
    columns = ("@row", "pixel", "lon", "lat", "rsrp", "band_2")
    assert frame.select(columns).rows() == [
        (1, "r0c0", "125.05", "43.95", "-90.0", "3.0"),
        (2, "r1c0", "125.05", "43.85", None, "4.0"),
        (3, "r1c1", "125.15", "43.85", "-110.5", None),
    ]


def test_a_raster_in_memory_is_read_alike(tmp_path):
    path = write(tmp_path / "a.tif")
    declaration = SourceDeclaration.model_validate(DECLARED)
    in_memory = read_file(SourceFile("a.tif", content=path.read_bytes()), declaration).frame
    assert in_memory.equals(read_file(SourceFile.at(path), declaration).frame)


def test_a_raster_without_a_coordinate_system_needs_a_declared_one(tmp_path):
    path = write(tmp_path / "a.tif", crs=None)
    with pytest.raises(ExtractError, match="no coordinate system"):
        read_file(SourceFile.at(path), SourceDeclaration.model_validate(DECLARED))
    declared = SourceDeclaration.model_validate(DECLARED | {"crs": 4326})
    assert read_file(SourceFile.at(path), declared).frame["lon"][0] == "125.05"


def test_what_is_no_raster_is_refused_by_name(tmp_path):
    path = tmp_path / "a.tif"
    path.write_text("not a raster")
    with pytest.raises(ExtractError, match=r"a\.tif: not a raster"):
        read_file(SourceFile.at(path), SourceDeclaration.model_validate(DECLARED))
