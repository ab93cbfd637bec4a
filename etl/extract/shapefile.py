"""Shapefile: geometry through GDAL, attributes from its table as they stand there."""

import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path, PurePosixPath

import numpy as np
import polars as pl

from etl.batch import ROW
from etl.extract.container import describe_contents
from etl.extract.dbf import read_dbf
from etl.extract.extracted import Extracted
from etl.extract.geometry import add_geometry
from etl.extract.row_format import RowFormat
from etl.extract.signature import SHAPEFILE, ZIP, refuse_other
from etl.extract.vector_file import choose_layer, coordinate_system, gdal, read_geometry
from etl.extract.zip_archive import open_zip
from etl.source.declaration import SourceDeclaration
from etl.source.file import SourceFile
from etl.source.formats import FORMATS
from geodata.errors import ExtractError

_PARTS = (".shp", ".shx", ".dbf", ".prj", ".cpg")


def read_shapefile(file: SourceFile, declaration: SourceDeclaration) -> Extracted:
    """Read a shapefile, or one in a zip: the declared `layer`, or the only one.

    The text is in the declared encoding, else in that of its .cpg file if it reads so, else in
    UTF-8 or one of the legacy encodings.

    Raises:
        ExtractError: parts of it are missing, or it has no .prj file and no crs is declared.
    """
    with file.open() as stream:
        is_zip = stream.read(len(ZIP)) == ZIP
    if not is_zip:
        refuse_other(file, ("a shapefile",), "a shapefile")
    with _unzipped(file, declaration) if is_zip else _beside(file) as parts:
        if ".shp" not in parts or ".shx" not in parts:
            missing = ".shp" if ".shp" not in parts else ".shx"
            raise ExtractError(f"{file}: cannot be read: its {missing} file is missing")
        _check_signature(file, parts)
        with gdal(file):
            # A column's name may be cut off within a character: any byte is one in Latin-1.
            fids, wkb, crs = read_geometry(SourceFile.at(parts[".shp"]), encoding="ISO-8859-1")
        frame = _attributes(file, parts, declaration, fids)
    system = coordinate_system(file, crs, declaration)
    placed = add_geometry(file, frame.frame, wkb, system)
    return Extracted(placed.frame, placed.rejects, frame.notes, frame.foreign)


def _check_signature(file: SourceFile, parts: Mapping[str, Path]) -> None:
    """Refuse what only bears the name: GDAL would open a file of any format that it knows.

    Some of these formats name other files and addresses to be read.
    """
    with parts[".shp"].open("rb") as stream:
        if stream.read(len(SHAPEFILE)) != SHAPEFILE:
            raise ExtractError(f"{file}: cannot be read: its .shp file is no shapefile")


def _attributes(
    file: SourceFile, parts: Mapping[str, Path], declaration: SourceDeclaration, fids: list[int]
) -> Extracted:
    """Return the attributes of the features by their numbers, `@row` being that from 1."""
    rows = pl.Series(ROW, np.array(fids, dtype=np.int64) + 1)
    if ".dbf" not in parts:
        return Extracted(rows.to_frame())
    named = parts[".cpg"].read_bytes().decode("ascii", "ignore") if ".cpg" in parts else ""
    table = read_dbf(file, parts[".dbf"].read_bytes(), named, declaration)
    numbered = table.frame.with_row_index(ROW, offset=1).cast({ROW: pl.Int64})
    frame = rows.to_frame().join(numbered, on=ROW, how="left", maintain_order="left")
    return Extracted(frame, notes=table.notes, foreign=table.foreign)


@contextmanager
def _beside(file: SourceFile) -> Iterator[Mapping[str, Path]]:
    """Yield the parts of a shapefile by their endings, which may be in capitals."""
    if file.path is None:
        raise ExtractError(f"{file}: cannot be read: a shapefile is several files; zip them")
    beside = (each for each in file.path.parent.iterdir() if each.stem == file.path.stem)
    yield {each.suffix.lower(): each for each in beside if each.suffix.lower() in _PARTS}


@contextmanager
def _unzipped(file: SourceFile, declaration: SourceDeclaration) -> Iterator[Mapping[str, Path]]:
    """Yield the parts of one shapefile of a zip, in a folder that is removed afterwards."""
    with open_zip(file, declaration.limits) as archive:
        layers = _layers(archive.files)
        if not layers:
            raise ExtractError(f"{file}: {describe_contents(archive.files)}, and no shapefile")
        chosen = layers[choose_layer(file, list(layers), declaration.layer)]
        with tempfile.TemporaryDirectory(prefix="occ-shapefile-") as folder:
            parts = {}
            for name in archive.files:
                path = PurePosixPath(name)
                suffix = path.suffix.lower()
                if str(path.with_suffix("")) == chosen and suffix in _PARTS:
                    parts[suffix] = Path(folder) / f"layer{suffix}"
                    parts[suffix].write_bytes(archive.read(name))
            yield parts


def _layers(names: list[str]) -> Mapping[str, str]:
    """Return the shapefiles of a zip: the path without its ending, by name, or by itself."""
    paths = [PurePosixPath(name) for name in names]
    found = [path.with_suffix("") for path in paths if path.suffix.lower() == ".shp"]
    stems = [path.name for path in found]
    return {path.name if stems.count(path.name) == 1 else str(path): str(path) for path in found}


FORMATS.register(
    RowFormat(
        name="shapefile",
        says="Shapefile, zipped or not; `layer` where a zip has several",
        read=read_shapefile,
        is_in_degrees=True,
        is_typed=True,
    )
)
