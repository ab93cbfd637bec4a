"""Shapefiles and geometry: every digit, every encoding, two dimensions, faults row by row."""

import io
import json
import sqlite3
import struct
import zipfile
from pathlib import Path

import geopandas as gpd
import pandas as pd
import polars as pl
import pyogrio
import pytest
import shapely

from etl.batch import ROW, WKB, Note
from etl.extract import read_file
from etl.source.file import SourceFile
from geodata.errors import ExtractError

pytestmark = [
    pytest.mark.filterwarnings("ignore:.*non conformant file extension:RuntimeWarning"),
    pytest.mark.filterwarnings("ignore:.*easured:UserWarning"),
]
POINTS = [shapely.Point(125.3, 43.8), shapely.Point(125.4, 43.9)]


@pytest.fixture
def read(declare):
    def call(path, format_, **changes):
        mapping = {name: {"const": "place"} for name in ("kind", "facility_id")}
        declaration = declare(format=format_, table="facility", mapping=mapping, **changes)
        return read_file(SourceFile.at(path), declaration)

    return call


def write_shapefile(path: Path, geometry=POINTS, **columns):
    frame = gpd.GeoDataFrame(columns, geometry=geometry, crs=4326)
    frame.to_file(path, encoding="UTF-8")
    return path


def write_dbf(path: Path, fields, records):
    """Write a table: fields are (name, type, width, decimals), values are bytes."""
    width = 1 + sum(size for _, _, size, _ in fields)
    begin = 32 + 32 * len(fields) + 1
    content = struct.pack("<4BIHH20x", 3, 126, 11, 22, len(records), begin, width)
    for name, kind, size, decimals in fields:
        content += struct.pack("<11sc4xBB14x", name, kind, size, decimals)
    content += b"\r"
    for record in records:
        content += b" " + b"".join(
            value.rjust(size) if kind in b"NF" else value.ljust(size)
            for value, (_, kind, size, _) in zip(record, fields, strict=True)
        )
    path.write_bytes(content + b"\x1a")


def test_wide_numbers_of_a_shapefile_keep_every_digit(tmp_path, read):
    path = write_shapefile(tmp_path / "a.shp", id=[1, 2])
    fields = [(b"ID", b"N", 20, 0), (b"X", b"F", 19, 11), (b"ON", b"D", 8, 0), (b"OK", b"L", 1, 0)]
    write_dbf(
        path.with_suffix(".dbf"),
        fields,
        [
            [b"1593654782336901121", b"1.20000000000e+001", b"20261122", b"T"],
            [b"", b"-0.50000000000", b"00000000", b"?"],
        ],
    )
    frame = read(path, "shapefile").frame
    assert frame.select("ID", "X", "ON", "OK").rows() == [
        ("1593654782336901121", "12", "2026-11-22", "true"),
        (None, "-0.5", None, None),
    ]


@pytest.mark.parametrize("code_page", ["UTF-8", "ISO-8859-1", "936", "GBK", "", "nonsense"])
@pytest.mark.parametrize("encoding", ["gbk", "utf-8"])
def test_what_a_cpg_file_says_counts_if_the_text_reads_so(tmp_path, read, code_page, encoding):
    path = write_shapefile(tmp_path / "a.shp", name=["x", "y"])
    path.with_suffix(".cpg").write_text(code_page)
    fields = [("行政区划名称".encode(encoding)[:10], b"C", 40, 0)]
    names = ["长春市朝阳区", "吉林大学第一医院"]
    write_dbf(path.with_suffix(".dbf"), fields, [[name.encode(encoding)] for name in names])
    extracted = read(path, "shapefile")
    (column,) = [name for name in extracted.frame.columns if not name.startswith("@")]
    assert extracted.frame[column].to_list() == names
    assert "行政区划名称".startswith(column)
    is_wrong = code_page == "ISO-8859-1" or (encoding == "utf-8" and code_page in ("936", "GBK"))
    assert (Note("wrong_code_page", code_page) in extracted.notes) == is_wrong
    is_guess = encoding == "gbk" and code_page not in ("936", "GBK")
    assert (Note("guessed_encoding", "gb18030") in extracted.notes) == is_guess


def test_a_record_in_another_encoding_is_rejected(tmp_path, read):
    geometry = [*POINTS, shapely.Point(125.5, 43.9)]
    path = write_shapefile(tmp_path / "a.shp", geometry, name=["朝阳区", "南关区", "x"])
    content = path.with_suffix(".dbf").read_bytes()
    odd = "二道区".encode("gbk")
    at = content.rindex(b"x ")
    path.with_suffix(".dbf").write_bytes(content[:at] + odd + content[at + len(odd) :])
    extracted = read(path, "shapefile")
    assert extracted.frame["name"].to_list() == ["朝阳区", "南关区"]
    assert extracted.rejects.select(ROW, "reason").rows() == [
        (3, "is not in utf-8, as the other rows are")
    ]


def pack(folder, names=None):
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        for path in sorted(folder.iterdir()):
            for name in (names or {path.stem: path.stem}).get(path.stem, "").split():
                archive.writestr(f"{name}{path.suffix.upper()}", path.read_bytes())
    return content.getvalue()


def test_a_zip_of_several_shapefiles_needs_a_layer(tmp_path, read):
    (tmp_path / "in").mkdir()
    write_shapefile(tmp_path / "in" / "a.shp", id=["a1", "a2"])
    path = tmp_path / "x.zip"
    path.write_bytes(pack(tmp_path / "in", {"a": "north/点 south/点 south/b"}))
    with pytest.raises(ExtractError, match="declare one layer of b, north/点, south/点"):
        read(path, "shapefile")
    for layer in ("b", "north/点"):
        assert read(path, "shapefile", layer=layer).frame["id"].to_list() == ["a1", "a2"]
    with pytest.raises(ExtractError, match="has no layer 'c', only b, "):
        read(path, "shapefile", layer="c")


@pytest.mark.parametrize(
    ("members", "message"),
    [
        ({"a.zip": b"x", "b/c.zip": b"x"}, "the zip holds zips: a.zip, b/c.zip, and no shapefile"),
        ({"a.csv": b"x"}, "the zip holds a.csv, and no shapefile"),
        ({"a.shp": b"x", "a.dbf": b"x"}, "its .shx file is missing"),
    ],
)
def test_a_zip_without_a_whole_shapefile_is_refused(tmp_path, read, members, message):
    with zipfile.ZipFile(tmp_path / "x.zip", "w") as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    with pytest.raises(ExtractError, match=message):
        read(tmp_path / "x.zip", "shapefile")


def test_geometry_without_attributes_and_attributes_without_geometry(tmp_path, read):
    path = write_shapefile(tmp_path / "a.shp", id=[1, 2])
    path.with_suffix(".dbf").unlink()
    assert read(path, "shapefile").frame.columns == [ROW, WKB, "@file"]
    gpd.GeoDataFrame(geometry=POINTS, crs=4326).to_file(tmp_path / "a.gpkg", layer="one")
    assert read(tmp_path / "a.gpkg", "gpkg").frame.columns == [ROW, WKB, "@file"]
    gpd.GeoDataFrame(geometry=POINTS, crs=4326).to_parquet(tmp_path / "a.parquet")
    assert read(tmp_path / "a.parquet", "parquet").frame.columns == [ROW, WKB, "@file"]
    pyogrio.write_dataframe(pd.DataFrame({"id": [7]}), tmp_path / "t.gpkg", layer="one")
    assert read(tmp_path / "t.gpkg", "gpkg").frame["id"].to_list() == ["7"]


@pytest.mark.parametrize("format_", ["gpkg", "parquet", "shapefile"])
def test_heights_and_measures_are_left_out(tmp_path, read, format_):
    polygon = shapely.Polygon([(125, 43, 200), (126, 43, 200), (126, 44, 210)])
    path = tmp_path / f"a.{'shp' if format_ == 'shapefile' else format_}"
    frame = gpd.GeoDataFrame({"id": [1]}, geometry=[polygon], crs=4326)
    frame.to_parquet(path) if format_ == "parquet" else frame.to_file(path)
    shape = shapely.from_wkb(read(path, format_).frame[WKB][0])
    assert not shape.has_z
    assert shape.equals(shapely.force_2d(polygon))


def swap_blob(path, wkb):
    """Put other geometry into the first feature of a GeoPackage."""
    blob = b"GP\x00\x01" + struct.pack("<i", 4326) + wkb
    with sqlite3.connect(path) as database:
        for (name,) in database.execute("SELECT name FROM sqlite_master WHERE type='trigger'"):
            database.execute(f'DROP TRIGGER "{name}"')
        database.execute("UPDATE gpkg_geometry_columns SET geometry_type_name='GEOMETRY'")
        database.execute("UPDATE one SET geom=? WHERE fid=1", (blob,))
    database.close()


def test_curves_become_lines(tmp_path, read):
    path = tmp_path / "a.gpkg"
    line = shapely.LineString([(125.0, 43.0), (125.1, 43.1), (125.2, 43.0)])
    gpd.GeoDataFrame({"id": [1]}, geometry=[line], crs=4326).to_file(path, layer="one")
    arc = struct.pack("<BII", 1, 8, 3) + struct.pack("<6d", *(v for xy in line.coords for v in xy))
    swap_blob(path, arc)
    shape = shapely.from_wkb(read(path, "gpkg").frame[WKB][0])
    assert shape.geom_type == "LineString"
    assert len(shape.coords) > 10


@pytest.mark.parametrize(
    ("point", "reason"),
    [
        (struct.pack("<BI2d", 1, 1, float("inf"), 1), "is not a finite number"),
        (struct.pack("<BI2d", 1, 1, 1e8, 4e6), "beyond what"),
        (struct.pack("<BII", 1, 3, 1) + struct.pack("<I4d", 2, 0, 0, 1, 1), "is not a geometry"),
    ],
)
def test_one_bad_geometry_costs_its_row(tmp_path, read, point, reason):
    path = tmp_path / "a.gpkg"
    frame = gpd.GeoDataFrame({"id": [1, 2]}, geometry=POINTS, crs=4326).to_crs(4551)
    frame.to_file(path, layer="one")
    swap_blob(path, point)
    extracted = read(path, "gpkg")
    assert extracted.frame["id"].to_list() == ["2"]
    ((row, field, said),) = extracted.rejects.select(ROW, "field", "reason").rows()
    assert (row, field) == (1, "geometry")
    assert reason in said


@pytest.mark.parametrize(
    "geometry",
    [
        {"type": "Point", "coordinates": ["125", "43"]},
        {"type": "Point"},
        {"type": "Sphere", "coordinates": [1, 2]},
        {"type": "Polygon", "coordinates": [[[0, 0], [1, 1]]]},
        {"type": "Point", "coordinates": [float("inf"), 1]},
        "POINT (1 2)",
        [],
    ],
)
def test_one_bad_feature_costs_its_row(tmp_path, read, geometry):
    good = {"properties": {"n": 12345678901234567890123}, "geometry": None}
    features = [good, {"properties": {}, "geometry": geometry}, 7, {"properties": [1]}]
    path = tmp_path / "a.geojson"
    path.write_text(json.dumps({"features": features}))
    extracted = read(path, "geojson")
    assert extracted.frame["n"].to_list() == ["12345678901234567890123"]
    assert extracted.rejects[ROW].to_list() == [2, 3, 4]


def test_numbers_of_json_keep_the_text_they_were_written_in(tmp_path, read):
    path = tmp_path / "a.json"
    path.write_text('[{"id": 1593654782336901121, "x": 1.50, "y": 1.593654782336901e18}, 3]')
    extracted = read(path, "json")
    assert extracted.frame.select("id", "x", "y").row(0) == (
        "1593654782336901121", "1.50", "1.593654782336901e18",
    )  # fmt: skip
    assert extracted.rejects.select(ROW, "reason").rows() == [(2, "is not an object")]
    path.write_text('[{"id": ' + "1" * 5000 + "}]")
    with pytest.raises(ExtractError, match="not JSON: Exceeds the limit"):
        read(path, "json")
    path.write_text('{"id": 1}\n{"id": 2}\n')
    with pytest.raises(ExtractError, match=r"is it one object a line \(format: ndjson\)"):
        read(path, "json")


def test_whole_numbers_of_parquet_with_gaps_are_whole(tmp_path, read):
    frame = pl.DataFrame(
        {"id": [1593654782336901121, None], "gap": [12.0, None], "part": [1.5, 2.0]}
    )
    frame.write_parquet(tmp_path / "a.parquet")
    assert read(tmp_path / "a.parquet", "parquet").frame.select("id", "gap", "part").rows() == [
        ("1593654782336901121", "12", "1.5"),
        (None, None, "2.0"),
    ]


@pytest.mark.parametrize("format_", ["gpkg", "parquet", "shapefile", "xlsx"])
def test_another_kind_of_file_is_called_by_its_name(tmp_path, read, format_):
    path = tmp_path / "a.bin"
    path.write_bytes(b"%PDF-1.7 and more")
    with pytest.raises(ExtractError, match=r"a\.bin: this is a PDF, not"):
        read(path, format_)
