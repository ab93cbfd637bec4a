"""GeoPackage and Shapefile through GDAL; geometry leaves here in WGS-84."""

from pathlib import Path
from typing import Any

import geopandas as gpd
import pandas as pd
import pyogrio
from pyogrio.errors import DataLayerError, DataSourceError

from etl.declaration import SourceDeclaration
from etl.extract.extracted import Extracted, as_text, frame_of
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
    """Read a shapefile; without a .cpg file the declared encoding decides, else GBK is tried.

    Raises:
        ExtractError: it has no .prj file and no crs is declared.
    """
    encoding = declaration.encoding
    if encoding == "auto":
        encoding = "" if path.with_suffix(".cpg").exists() else "GBK"
    options = {"encoding": encoding} if encoding else {}
    return _extracted(path, _read(path, gpd.read_file, **options), declaration)


def _read(path: Path, function: Any, **options: Any) -> Any:
    try:
        return function(path, **options)
    except (DataSourceError, DataLayerError, UnicodeDecodeError, ValueError) as error:
        raise ExtractError(f"{path}: cannot be read: {' '.join(str(error).split())}") from error


def _extracted(path: Path, features: gpd.GeoDataFrame, declaration: SourceDeclaration) -> Extracted:
    if declaration.crs is not None:
        features = features.set_crs(declaration.crs, allow_override=True)
    if features.crs is None:
        raise ExtractError(
            f"{path}: says no coordinate system (a shapefile needs its .prj); declare 'crs'"
        )
    features = features.to_crs(4326)
    shapes = [None if shape is None or shape.is_empty else shape.wkb for shape in features.geometry]
    attributes = features.drop(columns=features.geometry.name)
    records = [
        {name: _attribute(value) for name, value in record.items()}
        for record in attributes.to_dict("records")
    ]
    return Extracted(frame_of(records, range(1, len(records) + 1), shapes))


def _attribute(value: object) -> str | None:
    if pd.isna(value):
        return None
    return value.isoformat() if isinstance(value, pd.Timestamp) else as_text(value)
