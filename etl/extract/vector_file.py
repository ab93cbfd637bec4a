"""GeoPackage and Shapefile through GDAL; geometry is returned in WGS-84."""

import glob
import zipfile
from pathlib import Path
from typing import Any, BinaryIO

import geopandas as gpd
import pandas as pd
import pyogrio
from pyogrio.errors import DataLayerError, DataSourceError

from etl.extract.extracted import Extracted, as_text, frame_of
from etl.extract.row_format import RowFormat
from etl.source.declaration import SourceDeclaration
from etl.source.file import SourceFile
from etl.source.formats import FORMATS
from geodata.errors import ExtractError


def read_geopackage(file: SourceFile, declaration: SourceDeclaration) -> Extracted:
    """Read the declared layer.

    Raises:
        ExtractError: there are several layers and none is declared, or it is not there.
    """
    layers = [str(name) for name, _ in _read(file, pyogrio.list_layers)]
    if declaration.layer is None and len(layers) != 1:
        raise ExtractError(f"{file}: declare one layer of {', '.join(layers)}")
    layer = declaration.layer or layers[0]
    if layer not in layers:
        raise ExtractError(f"{file}: has no layer '{layer}', only {', '.join(layers)}")
    return _extracted(file, _read(file, gpd.read_file, layer=layer), declaration)


def read_shapefile(file: SourceFile, declaration: SourceDeclaration) -> Extracted:
    """Read a shapefile, zipped or not, in the declared encoding or in that of its .cpg file.

    Without either, UTF-8 and then GBK is tried: Chinese text in GBK is not valid UTF-8.

    Raises:
        ExtractError: it has no .prj file and no crs is declared.
    """
    if declaration.encoding != "auto":
        features = _read(file, gpd.read_file, encoding=declaration.encoding)
    elif _names_encoding(file):
        features = _read(file, gpd.read_file)
    else:
        features = _read(file, _read_utf8_or_gbk)
    return _extracted(file, features, declaration)


def _read_utf8_or_gbk(source: Path | BinaryIO) -> gpd.GeoDataFrame:
    try:
        return gpd.read_file(source, encoding="UTF-8")
    except UnicodeDecodeError:
        if not isinstance(source, Path):
            source.seek(0)
        return gpd.read_file(source, encoding="GBK")


def _names_encoding(file: SourceFile) -> bool:
    """Return whether a .cpg file lies beside the shapefile, or in the zip with it."""
    names = []
    if file.path is not None:
        beside = file.path.parent.glob(f"{glob.escape(file.path.stem)}.*")
        names = [item.name for item in beside]
    with file.open() as stream:
        if zipfile.is_zipfile(stream):
            names = zipfile.ZipFile(stream).namelist()
    return any(name.lower().endswith(".cpg") for name in names)


def _read(file: SourceFile, function: Any, **options: Any) -> Any:
    try:
        return function(file.for_library(), **options)
    except (DataSourceError, DataLayerError, UnicodeDecodeError, ValueError) as error:
        raise ExtractError(f"{file}: cannot be read: {' '.join(str(error).split())}") from error


def _extracted(
    file: SourceFile, features: pd.DataFrame, declaration: SourceDeclaration
) -> Extracted:
    if not isinstance(features, gpd.GeoDataFrame):
        return _rows(features, None)
    if declaration.crs is not None:
        features = features.set_crs(declaration.crs, allow_override=True)
    if features.crs is None:
        raise ExtractError(
            f"{file}: says no coordinate system (a shapefile needs its .prj); declare 'crs'"
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


FORMATS.register(
    RowFormat(
        name="gpkg",
        says="GeoPackage; `layer` where it has several",
        read=read_geopackage,
        is_in_degrees=True,
    )
)


FORMATS.register(
    RowFormat(
        name="shapefile",
        says="Shapefile, zipped or not",
        read=read_shapefile,
        is_in_degrees=True,
    )
)
