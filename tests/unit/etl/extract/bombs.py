"""Files that are small on the disk and huge, or endless, once a careless reader opens them."""

import gzip
import io
import json
import sqlite3
import struct
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pyogrio
import rasterio
from affine import Affine

GB = 1 << 30
_CALL = b"id,t0\n1,2026-11-01\n"
_NS = 'xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"'
_RELATIONS = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"


def zeros(size: int) -> bytes:
    """Return a raw deflate stream of so many megabytes of zeros, made of one repeated block."""
    packer = zlib.compressobj(9, zlib.DEFLATED, -15)
    block = packer.compress(bytes(1 << 20)) + packer.flush(zlib.Z_FULL_FLUSH)
    return block * (size >> 20) + packer.flush(zlib.Z_FINISH)


def zip_by_hand(entries: list[tuple[str, bytes, int, int]]) -> bytes:
    """Return a zip of (name, packed bytes, method, declared size) that no library would write."""
    content, directory = io.BytesIO(), io.BytesIO()
    for name, packed, method, size in entries:
        at, raw = content.tell(), name.encode()
        fields = (20, 0, method, 0, 33, 0, len(packed), size, len(raw), 0)
        content.write(b"PK\x03\x04" + struct.pack("<5H3I2H", *fields) + raw + packed)
        directory.write(_listed(raw, method, len(packed), size, at))
    return _closed(content.getvalue(), directory.getvalue(), len(entries))


def _listed(raw: bytes, method: int, packed: int, size: int, at: int, mode: int = 0) -> bytes:
    head = struct.pack("<6H3I", 20, 20, 0, method, 0, 33, 0, packed, size)
    tail = struct.pack("<5H2I", len(raw), 0, 0, 0, 0, mode << 16, at)
    return b"PK\x01\x02" + head + tail + raw


def _closed(content: bytes, directory: bytes, count: int) -> bytes:
    few = min(count, 0xFFFF)
    end = struct.pack("<4H2IH", 0, 0, few, few, len(directory), len(content), 0)
    return content + directory + b"PK\x05\x06" + end


def zip_of(members: dict[str, bytes | str], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    """Return an ordinary zip."""
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", method) as archive:
        for name, text in members.items():
            archive.writestr(name, text)
    return content.getvalue()


def overlapping(count: int) -> bytes:
    """Return a zip whose many files are all the same packed bytes."""
    packed = zeros(1 << 20)
    one = zip_by_hand([("0.csv", packed, 8, 1 << 20)])
    content = one[: one.find(b"PK\x01\x02")]
    names = [f"{number}.csv".encode() for number in range(count)]
    directory = b"".join(_listed(name, 8, len(packed), 1 << 20, 0) for name in names)
    return _closed(content, directory, count)


def many_files(count: int) -> bytes:
    """Return a zip whose directory lists more files than there are."""
    directory = b"".join(_listed(b"%d" % number, 0, 0, 0, 0) for number in range(count))
    return _closed(b"PK\x03\x04", directory, count)


def link() -> bytes:
    """Return a zip whose one file is a symbolic link."""
    one = zip_by_hand([("a.csv", b"/etc/passwd", 0, 11)])
    at = one.find(b"PK\x01\x02")
    return _closed(one[:at], _listed(b"a.csv", 0, 11, 11, 0, 0o120777), 1)


def workbook(cells: str, strings: str = "") -> dict[str, bytes | str]:
    """Return the parts of a workbook of one sheet."""
    kind = "application/vnd.openxmlformats-officedocument.spreadsheetml"
    return {
        "[Content_Types].xml": "<Types "
        'xmlns="http://schemas.openxmlformats.org/package/2006/content-types">'
        f'<Override PartName="/xl/workbook.xml" ContentType="{kind}.sheet.main+xml"/></Types>',
        "xl/workbook.xml": f'<workbook {_NS} xmlns:r="{_RELATIONS}"><sheets>'
        '<sheet name="a" sheetId="1" r:id="r1"/></sheets></workbook>',
        "xl/_rels/workbook.xml.rels": "<Relationships "
        'xmlns="http://schemas.openxmlformats.org/package/2006/relationships">'
        f'<Relationship Id="r1" Type="{_RELATIONS}/worksheet" Target="worksheets/sheet1.xml"/>'
        f'<Relationship Id="r2" Type="{_RELATIONS}/sharedStrings" Target="sharedStrings.xml"/>'
        "</Relationships>",
        "xl/worksheets/sheet1.xml": f"<worksheet {_NS}><sheetData>{cells}</sheetData></worksheet>",
        "xl/sharedStrings.xml": f"<sst {_NS}>{strings}</sst>",
    }


def shared_texts() -> bytes:
    """Return a workbook of 20,000 cells that share one text of a megabyte."""
    rows = "".join(
        f'<row r="{at}"><c r="A{at}" t="s"><v>0</v></c></row>' for at in range(1, 20_001)
    )
    return zip_of(workbook(rows, f"<si><t>{'x' * (1 << 20)}</t></si>"))


def packed_strings() -> bytes:
    """Return a workbook whose shared texts unpack to three gigabytes."""
    parts = {name: str(text).encode() for name, text in workbook("").items()}
    entries = [(name, text, 0, len(text)) for name, text in parts.items() if "shared" not in name]
    return zip_by_hand([*entries, ("xl/sharedStrings.xml", zeros(3 * GB), 8, 3 * GB)])


def parquet(columns: dict[str, pa.Array], times: int = 1, **options: object) -> bytes:
    """Return a Parquet file of a table written several times, a row group each."""
    content, table = io.BytesIO(), pa.table(columns)
    with pq.ParquetWriter(content, table.schema, compression="zstd", **options) as writer:
        for _ in range(times):
            writer.write_table(table, row_group_size=len(table))
    return content.getvalue()


def long_text(size: int, rows: int) -> pa.Array:
    """Return a column that keeps one text for all of its rows."""
    return pa.DictionaryArray.from_arrays(pa.array([0] * rows, pa.int32()), ["x" * size])


def geopackage(path: Path, *statements: str) -> bytes:
    """Return a GeoPackage whose layer `a` is what the statements make it."""
    pyogrio.write_dataframe(pd.DataFrame({"x": [1]}), path, layer="b", driver="GPKG")
    with closing(sqlite3.connect(path)) as database:
        database.executescript(";".join(statements))
        database.execute("UPDATE gpkg_contents SET table_name = 'a', identifier = 'a'")
        database.commit()
    return path.read_bytes()


def raster(path: Path, size: int, **options: object) -> bytes:
    """Return a GeoTIFF of so many pixels each way that keeps none of them."""
    with rasterio.open(
        path, "w", "GTiff", size, size, 1, "EPSG:4326", Affine(1e-5, 0, 125, 0, -1e-5, 44),
        dtype="float32", SPARSE_OK="TRUE", **options,
    ):  # fmt: skip
        pass
    return path.read_bytes()


def entities(count: int) -> bytes:
    """Return a GTFS-RT message of empty entities."""
    return b"\x0a\x05\x0a\x032.0" + b"\x12\x00" * count


def blob(size: int) -> bytes:
    """Return the start of an OpenStreetMap file whose first block says that it is so long."""
    number = b""
    while size > 0x7F:
        number, size = number + bytes([size & 0x7F | 0x80]), size >> 7
    header = b"\x0a\x09OSMHeader\x18" + number + bytes([size])
    return struct.pack(">I", len(header)) + header


def dbf_without_width() -> bytes:
    """Return a table of a thousand columns of no width, and a row for each of its bytes."""
    fields = b"".join(b"f%-10d" % number + b"C" + bytes(20) for number in range(1000))
    head = bytes([3, 126, 1, 1]) + struct.pack("<IHH", 1 << 31, 32 + len(fields) + 1, 1) + bytes(20)
    return head + fields + b"\r" + b" " * 100_000


def all_bombs(folder: Path) -> Iterator[tuple[str, str, bytes, dict[str, object], str]]:
    """Yield name, file name, content, what is declared, and what the refusal says."""
    csv: dict[str, object] = {"format": "csv"}
    yield "zip", "a.zip", zip_by_hand([("a.csv", zeros(3 * GB), 8, 3 * GB)]), csv, "unpacked_mb"
    yield "zip of a ratio", "a.zip", zip_by_hand([("a.csv", zeros(GB), 8, GB)]), csv, "ratio"
    yield "zip that lies", "a.zip", zip_by_hand([("a.csv", zeros(GB), 8, 90)]), csv, "damaged"
    yield "zip that overlaps", "a.zip", overlapping(1000), csv, "overlaps"
    yield "zip of many", "a.zip", many_files(60_000), csv, "entries"
    yield "zip that leads out", "a.zip", zip_of({"../a.csv": _CALL}), csv, "leads out"
    yield "zip of a root", "a.zip", zip_of({"/etc/a.csv": _CALL}), csv, "leads out"
    yield "zip of a drive", "a.zip", zip_of({"C:\\a.csv": _CALL}), csv, "leads out"
    twice = zip_by_hand([("a.csv", _CALL, 0, len(_CALL))] * 2)
    yield "zip of twins", "a.zip", twice, csv, "two files named a.csv"
    yield "zip of a link", "a.zip", link(), csv, "is a link"
    bzip2 = zip_of({"a.csv": _CALL}, zipfile.ZIP_BZIP2)
    yield "zip by bzip2", "a.zip", bzip2, csv, "unusual way"
    yield "gzip of members", "a.csv.gz", gzip.compress(bytes(1 << 20)) * 1024, csv, "ratio"

    far = '<row r="1"><c r="A1"><v>1</v></c></row><row r="1048576"><c r="XFD1048576"/></row>'
    excel: dict[str, object] = {"format": "xlsx"}
    yield "sheet to its corner", "a.xlsx", zip_of(workbook(far)), excel, "sheet_cells"
    single = zip_of(workbook(far.replace('"', "'")))
    yield "the same in other quotes", "a.xlsx", single, excel, "sheet_cells"
    yield "shared texts", "a.xlsx", shared_texts(), excel, "unpacked_mb"
    yield "packed texts", "a.xlsx", packed_strings(), excel, "unpacked_mb"

    columnar: dict[str, object] = {"format": "parquet"}
    nulls = parquet({"id": pa.nulls(25_000_000)}, 9)
    yield "rows of nothing", "a.parquet", nulls, columnar, "cells"
    texts = parquet({"id": long_text(4 << 20, 1000)})
    yield "one text for all", "a.parquet", texts, columnar, "unpacked_mb"
    texts = parquet({"id": long_text(4 << 20, 1000)}, store_schema=False)
    yield "one text, told as text", "a.parquet", texts, columnar, "unpacked_mb"
    wide = parquet({f"c{number}": pa.nulls(1) for number in range(2001)})
    yield "wide parquet", "a.parquet", wide, columnar, "columns"

    pixels: dict[str, object] = {"format": "raster"}
    yield "raster", "a.tif", raster(folder / "a.tif", 100_000), pixels, "pixels"
    vrt = b'<VRTDataset rasterXSize="1" rasterYSize="1"><VRTRasterBand/></VRTDataset>'
    yield "raster of addresses", "a.tif", vrt, pixels, "not a raster"

    xml: dict[str, object] = {"format": "xml", "record": "r"}
    yield "deep xml", "a.xml", b"<a>" * 100_000 + b"</a>" * 100_000, xml, "depth"
    yield "many elements", "a.xml.gz", gzip.compress(b"<r/>" * 41_000_000, 1), xml, "values"
    laugh = b'<!DOCTYPE a [<!ENTITY b "x">]><a><r>&b;</r></a>'
    yield "xml entities", "a.xml", laugh, xml, "unsafe"

    objects: dict[str, object] = {"format": "json"}
    yield "deep lists", "a.json", b"[" * 1_000_000, objects, "depth"
    nested = b'[{"id": ' + b'{"a": ' * 400 + b"1" + b"}" * 400 + b"}]"
    yield "deep objects", "a.json", nested, objects, "depth"
    empty = gzip.compress(b"[" + b"{}," * 10_500_000 + b"{}]", 1)
    yield "many objects", "a.json.gz", empty, objects, "values"
    keys = "".join(json.dumps({f"k{number}": 1}) + "\n" for number in range(2001)).encode()
    yield "keys of their own", "a.ndjson", keys, {"format": "ndjson"}, "columns"
    yield "long line", "a.ndjson", b'{"id": "' + b"x" * (17 << 20), {"format": "ndjson"}, "line_mb"
    yield "wide table", "a.csv", b"a," * 1_000_000 + b"\n1\n", csv, "columns"
    yield "long text", "a.csv", b"id,t0\n1," + b"x" * (17 << 20), csv, "line_mb"

    layer: dict[str, object] = {"format": "gpkg"}
    endless = "WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM c) SELECT x FROM c"
    view = geopackage(folder / "view.gpkg", f"CREATE VIEW a AS {endless}")
    yield "endless view", "a.gpkg", view, layer, "is computed"
    column = "CREATE TABLE a (id INTEGER PRIMARY KEY, b TEXT AS (hex(zeroblob(99999999))))"
    row = "INSERT INTO a (id) VALUES (1)"
    computed = geopackage(folder / "column.gpkg", column, row)
    yield "computed column", "a.gpkg", computed, layer, "'b' is computed"
    register = f"CREATE VIEW gpkg_extensions AS {endless}"
    registers = geopackage(folder / "register.gpkg", "CREATE TABLE a (id INTEGER)", register)
    yield "endless register", "a.gpkg", registers, layer, "is a view"
    yield "vector of addresses", "a.gpkg", b"<OGRVRTDataSource/>", layer, "no GeoPackage"
    shapes: dict[str, object] = {"format": "shapefile", "crs": 4326}
    fake = zip_of({"a.shp": "<OGRVRTDataSource/>", "a.shx": "x"})
    yield "shapefile of addresses", "a.zip", fake, shapes, "no shapefile"

    positions: dict[str, object] = {"format": "gtfs_rt"}
    yield "entities", "a.pb", entities(1_000_000), positions, "message_entities"
    yield "long message", "a.pb", entities(17 << 20), positions, "message_mb"
