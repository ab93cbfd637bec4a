"""GeoPackage through GDAL: attributes as text, geometry in WGS-84 and two dimensions."""

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
import polars as pl
import pyogrio
from pyogrio.errors import DataLayerError, DataSourceError

from etl.batch import ROW
from etl.extract.container import listed
from etl.extract.extracted import Extracted, text_of
from etl.extract.geometry import add_geometry
from etl.extract.geopackage_schema import check_layer, check_registers
from etl.extract.row_format import RowFormat
from etl.extract.signature import SQLITE, refuse_other
from etl.source.declaration import SourceDeclaration
from etl.source.file import SourceFile
from etl.source.formats import FORMATS
from geodata.errors import ExtractError


def read_geopackage(file: SourceFile, declaration: SourceDeclaration) -> Extracted:
    """Read the declared layer, or the only one; a table without geometry has none.

    Raises:
        ExtractError: there are several layers and none is declared, or it is not there.
    """
    refuse_other(file, ("a GeoPackage",), "a GeoPackage")
    with file.open() as stream:  # GDAL would open a file of any format that it knows
        if stream.read(len(SQLITE)) != SQLITE:
            raise ExtractError(f"{file}: cannot be read: it is no GeoPackage")
    check_registers(file, declaration.limits)
    with gdal(file):
        layers = [str(name) for name, _ in pyogrio.list_layers(file.for_library())]
    layer = choose_layer(file, layers, declaration.layer)
    check_layer(file, layer, declaration.limits)
    with gdal(file):
        table: Any = pyogrio.read_arrow(
            file.for_library(),
            layer=layer,
            read_geometry=False,
            datetime_as_string=True,
            return_fids=True,
        )[1]
        fids, wkb, crs = read_geometry(file, layer=layer)
    names = table.column_names[1:]  # the first is the feature's number
    frame: Any = pl.from_arrow(table.select(names)) if names else pl.DataFrame()
    rows = pl.Series(ROW, range(1, table.num_rows + 1), dtype=pl.Int64)
    frame = pl.DataFrame([rows, *text_of(frame).get_columns()])
    if wkb is None:
        return Extracted(frame)
    by_fid = dict(zip(fids, wkb, strict=True))
    shapes = [by_fid.get(fid) for fid in table.column(0).to_pylist()]
    return add_geometry(file, frame, shapes, coordinate_system(file, crs, declaration))


def choose_layer(file: SourceFile, layers: list[str], declared: str | None) -> str:
    """Return the declared layer, or the only one.

    Raises:
        ExtractError: none is declared where there are several, or it is not among them.
    """
    if declared is None and len(layers) != 1:
        raise ExtractError(f"{file}: declare one layer of {listed(layers)}")
    layer = declared or layers[0]
    if layer not in layers:
        raise ExtractError(f"{file}: has no layer '{layer}', only {listed(layers)}")
    return layer


def read_geometry(source: SourceFile, **options: Any) -> tuple[list[int], Any, str | None]:
    """Return the numbers of a layer's features, their WKB in two dimensions, and the system.

    Curves come as the lines that follow them, measures are left out; WKB is none where the layer
    has no geometry.
    """
    meta, fids, wkb, _ = pyogrio.raw.read(
        source.for_library(), columns=[], force_2d=True, return_fids=True, **options
    )
    shapes = None if wkb is None else np.asarray(wkb, dtype=object).tolist()
    return fids.tolist(), shapes, meta["crs"]


def coordinate_system(file: SourceFile, crs: str | None, declaration: SourceDeclaration) -> object:
    """Return the declared system, else the file's own.

    Raises:
        ExtractError: nobody says one.
    """
    if declaration.crs is None and crs is None:
        raise ExtractError(
            f"{file}: says no coordinate system (a shapefile needs its .prj); declare 'crs'"
        )
    return declaration.crs or crs


@contextmanager
def gdal(file: SourceFile) -> Iterator[None]:
    """Turn GDAL's faults into ours; it warns of measures and odd names, which are no fault.

    Raises:
        ExtractError: the file cannot be read.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    except (DataSourceError, DataLayerError, UnicodeDecodeError, RuntimeError, ValueError) as error:
        raise ExtractError(f"{file}: cannot be read: {' '.join(str(error).split())}") from error


FORMATS.register(
    RowFormat(
        name="gpkg",
        says="GeoPackage; `layer` where it has several",
        read=read_geopackage,
        suffixes=(".gpkg",),
        is_in_degrees=True,
        is_typed=True,
    )
)
