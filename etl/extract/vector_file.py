"""GeoPackage and Shapefile through GDAL; geometry is returned in WGS-84."""

import glob
import zipfile
from pathlib import Path
from typing import Any

import geopandas as gpd
import pandas as pd
import pyogrio
from pyogrio.errors import DataLayerError, DataSourceError

from etl.extract.extracted import Extracted, as_text, frame_of
from etl.source.declaration import SourceDeclaration
from geodata.errors import ExtractError


def read_geopackage(path: Path, declaration: SourceDeclaration) -> Extracted:
    """Read the declared layer.

    Raises:
        ExtractError: there are several layers and none is declared, or it is not there.
    """
    layers = [str(name) for name, _ in _read(path, pyogrio.list_layers)]
    if declaration.layer is None and len(layers) != 1:
        raise ExtractError(f"{path}: declare one layer of {', '.join(layers)}")
    layer = declaration.layer or layers[0]
    if layer not in layers:
        raise ExtractError(f"{path}: has no layer '{layer}', only {', '.join(layers)}")
    return _extracted(path, _read(path, gpd.read_file, layer=layer), declaration)


def read_shapefile(path: Path, declaration: SourceDeclaration) -> Extracted:
    """Read a shapefile, zipped or not, in the declared encoding or in that of its .cpg file.

    Without either, UTF-8 and then GBK is tried: Chinese text in GBK is not valid UTF-8.

    Raises:
        ExtractError: it has no .prj file and no crs is declared.
    """
    if declaration.encoding != "auto":
        features = _read(path, gpd.read_file, encoding=declaration.encoding)
    elif _names_encoding(path):
        features = _read(path, gpd.read_file)
    else:
        features = _read(path, _read_utf8_or_gbk)
    return _extracted(path, features, declaration)


def _read_utf8_or_gbk(path: Path) -> gpd.GeoDataFrame:
    try:
        return gpd.read_file(path, encoding="UTF-8")
    except UnicodeDecodeError:
        return gpd.read_file(path, encoding="GBK")


def _names_encoding(path: Path) -> bool:
    """Return whether a .cpg file lies beside the shapefile, or in the zip with it."""
    names = [item.name for item in path.parent.glob(f"{glob.escape(path.stem)}.*")]
    if zipfile.is_zipfile(path):
        with zipfile.ZipFile(path) as archive:
            names = archive.namelist()
    return any(name.lower().endswith(".cpg") for name in names)


def _read(path: Path, function: Any, **options: Any) -> Any:
    try:
        return function(path, **options)
    except (DataSourceError, DataLayerError, UnicodeDecodeError, ValueError) as error:
        raise ExtractError(f"{path}: cannot be read: {' '.join(str(error).split())}") from error


def _extracted(path: Path, features: pd.DataFrame, declaration: SourceDeclaration) -> Extracted:
    if not isinstance(features, gpd.GeoDataFrame):
        return _rows(features, None)
    if declaration.crs is not None:
        features = features.set_crs(declaration.crs, allow_override=True)
    if features.crs is None:
        raise ExtractError(
            f"{path}: says no coordinate system (a shapefile needs its .prj); declare 'crs'"
        )
    features = features.to_crs(4326)
    shapes = [None if shape is None or shape.is_empty else shape.wkb for shape in features.geometry]
    return _rows(features.drop(columns=features.geometry.name), shapes)


def _rows(attributes: pd.DataFrame, shapes: list[bytes | None] | None) -> Extracted:
    records = [
        {str(name): _attribute(value) for name, value in record.items()}
        for record in attributes.apply(_whole).to_dict("records")
    ]
    return Extracted(frame_of(records, range(1, len(records) + 1), shapes))


def _whole(column: pd.Series) -> pd.Series:
    """Restore whole numbers that arrive as floats because of gaps: 12.0 is no identifier."""
    is_float = pd.api.types.is_float_dtype(column)
    return column.astype("Int64") if is_float and (column.dropna() % 1 == 0).all() else column


def _attribute(value: object) -> str | None:
    if pd.api.types.is_scalar(value) and pd.isna(value):
        return None
    return value.isoformat() if isinstance(value, pd.Timestamp) else as_text(value)
