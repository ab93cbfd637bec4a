import json
import warnings
import zipfile
from dataclasses import replace
from datetime import timedelta

import geopandas as gpd
import pandas as pd
import polars as pl
import pyogrio
import pytest
import shapely
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from polars.testing import assert_frame_equal

from etl.batch import ROW, WKB
from etl.extract import read_file
from etl.ledger.rejected_rows import describe_rejects
from etl.source.file import SourceFile
from geodata.errors import ExtractError

# bytes in memory have no name that ends in .gpkg
pytestmark = pytest.mark.filterwarnings("ignore:.*non conformant file extension:RuntimeWarning")


@pytest.fixture
def read(tmp_path, declare):
    def call(name, content, format_, **changes):
        path = tmp_path / name
        mapping = {name: {"const": "place"} for name in ("kind", "facility_id")}
        declaration = declare(format=format_, table="facility", mapping=mapping, **changes)
        if content is not None:
            path.write_bytes(content if isinstance(content, bytes) else content.encode())
        extracted = read_file(SourceFile.at(path), declaration)
        if path.suffix != ".shp":  # all others are whole in one file
            in_memory = read_file(SourceFile(name, content=path.read_bytes()), declaration)
            assert_frame_equal(extracted.frame, in_memory.frame)
            assert_frame_equal(extracted.rejects, in_memory.rejects)
        return extracted

    return call


@pytest.fixture
def read_csv_as(tmp_path, declare):
    def call(mapping, head):
        (tmp_path / "a.csv").write_text(f"{head}7,1,2,3,4,5,6\n", encoding="utf-8")
        mapping = {"facility_id": "id", "kind": {"const": "place"}} | mapping
        declaration = declare(format="csv", table="facility", mapping=mapping)
        return read_file(SourceFile.at(tmp_path / "a.csv"), declaration)

    return call


def test_json_objects_become_dotted_columns(read):
    content = json.dumps(
        {"data": {"rows": [{"id": 1, "at": {"lon": 125.5}, "tags": ["a"]}, {"ok": True}]}}
    )
    frame = read("a.json", content, "json", record="data.rows").frame
    assert frame.rows(named=True) == [
        {ROW: 1, "id": "1", "at.lon": "125.5", "tags": '["a"]', "ok": None, "@file": "a.json"},
        {ROW: 2, "id": None, "at.lon": None, "tags": None, "ok": "true", "@file": "a.json"},
    ]


@pytest.mark.parametrize(
    ("content", "format_", "message"),
    [
        ('{"a": 1', "json", r"row 1, column \d+: not JSON"),
        ('{"a": 1}', "json", "has no array of objects at the top"),
        ('[{"id": "a\\u0000b"}]', "json", "row 1, field 'id': a NUL byte"),
        ('{"type": "Topology"}', "geojson", "is not a GeoJSON FeatureCollection"),
        ('{"features": [{"geometry": {"type": "Point"}}]}', "geojson", "row 1, field 'geometry'"),
        ('{"features": [{"properties": [1]}]}', "geojson", "row 1, field 'properties'"),
        ("<a><b></a>", "xml", "not well-formed XML"),
        ("<a><c/></a>", "xml", "holds no element 'b'"),
        ('<!DOCTYPE a [<!ENTITY x "y">]><a><b>&x;</b></a>', "xml", "are unsafe"),
        ("PAR1 nonsense", "parquet", "not a Parquet file"),
        ("not a database", "gpkg", "cannot be read"),
        ("not a shape", "shapefile", "cannot be read"),
    ],
)
def test_what_cannot_be_read_is_named(read, content, format_, message):
    changes = {"record": "b"} if format_ == "xml" else {}
    with pytest.raises(ExtractError, match=message):
        read(f"file.{format_}", content, format_, **changes)


@pytest.mark.parametrize("content", ['[{"编号": 1}]\n', "5\n\n6\n"])
def test_a_file_without_a_column_lacks_those_that_are_mapped(tmp_path, declare, content):
    (tmp_path / "a.ndjson").write_text(content, encoding="utf-8")
    mapping = {"facility_id": "编号", "kind": {"const": "place"}}
    declaration = declare(format="ndjson", table="facility", mapping=mapping)
    with pytest.raises(ExtractError, match=r"'编号' .* is missing; the file has: no column at all"):
        read_file(SourceFile.at(tmp_path / "a.ndjson"), declaration)


@pytest.mark.parametrize("quote", ["", '"'])
def test_a_repeated_column_of_a_header_is_told(read_csv_as, quote):
    head = f"id,{quote}经度{quote},纬度,经度,纬度,备注,备注\n"
    found = read_csv_as({"lon": "经度", "lat": "纬度_2", "name": {"template": "{纬度}"}}, head)
    assert [(note.code, note.field, note.detail, note.row) for note in found.notes] == [
        ("repeated_header", "经度", "经度_2", 1),
        ("repeated_header", "纬度", "纬度_2", 1),
    ]


def test_a_column_that_a_template_needs_is_missing(read_csv_as):
    with pytest.raises(ExtractError, match=r"column '街道' \(mapping.name\) is missing"):
        read_csv_as({"name": {"template": "{区}{街道}"}}, "id,区,c,d,e,f,g\n")
    read_csv_as({"name": {"template": "{区}{街道}", "optional": True}}, "id,区,c,d,e,f,g\n")


def test_a_rejected_row_of_a_file_of_shapes_alone_has_no_text(read):
    point = '{"type": "Point", "coordinates": [125.3, 43.9]}'
    features = f'[{{"geometry": {point}}}, {{"geometry": {{"type": "Point", "coordinates": "x"}}}}]'
    extracted = read("a.geojson", f'{{"features": {features}}}', "geojson")
    frame = extracted.frame.drop("@file").select(ROW, WKB)
    rejects = pl.DataFrame({ROW: [1], "field": ["geometry"], "reason": ["is far away"]})
    told = describe_rejects(rejects, replace(extracted, frame=frame), "a.geojson")
    assert told["row_number"].to_list() == [1, 2]
    assert told["raw"][0] is None


def test_xml_children_and_attributes_are_columns(read):
    frame = read(
        "a.xml", '<a xmlns="u:x"><b k="1"><n>名</n></b><b k="2"/></a>', "xml", record="b"
    ).frame
    assert frame.select("k", "n").rows() == [("1", "名"), ("2", None)]


@pytest.mark.parametrize("encoding", ["gb2312", "GBK", "utf-8", "utf-16"])
def test_xml_is_read_in_the_encoding_it_names(read, encoding):
    text = f'<?xml version="1.0" encoding="{encoding}"?><a><b><n>朝阳</n></b></a>'
    frame = read("a.xml", text.encode(encoding), "xml", record="b").frame
    assert frame["n"].to_list() == ["朝阳"]


def test_an_unknown_encoding_of_xml_is_named(read):
    with pytest.raises(ExtractError, match="unknown encoding 'x-none'"):
        read("a.xml", b'<?xml version="1.0" encoding="x-none"?><a/>', "xml", record="b")


VALID = {
    "csv": 'id,t0\n1,"朝阳, a"\n2,x\n',
    "json": '[{"id": "朝阳", "t0": [1]}, {"id": 2}]',
    "geojson": '{"features": [{"id": 1, "geometry": {"type": "Point", "coordinates": [1, 2]}}]}',
    "xml": '<?xml version="1.0" encoding="UTF-8"?><a><b k="1"><id>朝</id></b></a>',
}


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(format_=st.sampled_from(sorted(VALID)), data=st.data())
def test_damaged_files_are_read_or_refused_but_never_crash(read, format_, data):
    content = bytearray(VALID[format_].encode())
    for _ in range(data.draw(st.integers(1, 4))):
        position = data.draw(st.integers(0, len(content) - 1))
        content[position : position + data.draw(st.integers(0, 3))] = data.draw(
            st.binary(max_size=4)
        )
        content = content or bytearray(b" ")
    changes = {"record": "b"} if format_ == "xml" else {}
    message = "damaged"
    try:
        read(f"damaged.{format_}", bytes(content), format_, **changes)
    except ExtractError as error:
        message = str(error)
    assert "damaged" in message


def test_half_a_surrogate_is_refused(read):
    with pytest.raises(ExtractError, match="not Unicode"):
        read("a.json", r'[{"id": "\ud800"}]', "json")


def test_geojson_keeps_ids_and_features_without_a_place(read):
    features = [
        {
            "id": 7,
            "properties": {"name": "a"},
            "geometry": {"type": "Point", "coordinates": [1, 2, 3]},
        },
        {"properties": None, "geometry": None},
    ]
    frame = read("a.geojson", json.dumps({"features": features}), "geojson").frame
    assert frame["@id"].to_list() == ["7", None]
    assert shapely.from_wkb(frame[WKB][0]) == shapely.Point(1, 2)
    assert frame[WKB][1] is None


def write_places(path, **options):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        gpd.GeoDataFrame(
            {"id": [1, 2], "name": ["朝阳区", None]},
            geometry=[shapely.Point(125.3, 43.9), None],
            crs=4326,
        ).to_file(path, **options)


@pytest.mark.parametrize("encoding", ["GBK", "UTF-8"])
@pytest.mark.parametrize("is_named", [True, False], ids=["cpg", "no cpg"])
@pytest.mark.parametrize("suffix", ["shp", "zip"])
def test_chinese_in_a_shapefile_is_read_however_it_comes(
    tmp_path, read, encoding, is_named, suffix
):
    write_places(tmp_path / "a.shp", encoding=encoding)
    if not is_named:
        (tmp_path / "a.cpg").unlink()
    if suffix == "zip":
        parts = list(tmp_path.iterdir())
        with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
            for part in parts:
                archive.write(part, part.name)
                part.unlink()
    frame = read(f"a.{suffix}", None, "shapefile").frame
    assert frame["name"].to_list() == ["朝阳区", None]
    assert shapely.from_wkb(frame[WKB][0]) == shapely.Point(125.3, 43.9)


def test_whole_numbers_with_gaps_stay_whole(tmp_path, read):
    frame = gpd.GeoDataFrame({"id": [12, None]}, geometry=[shapely.Point(1, 2)] * 2, crs=4326)
    frame.to_file(tmp_path / "a.gpkg", layer="one")
    assert read("a.gpkg", None, "gpkg").frame["id"].to_list() == ["12", None]


def test_a_table_without_geometry_has_none(tmp_path, read):
    pyogrio.write_dataframe(pd.DataFrame({"id": [7]}), tmp_path / "a.gpkg", layer="one")
    frame = read("a.gpkg", None, "gpkg").frame
    assert frame.rows(named=True) == [{ROW: 1, "id": "7", "@file": "a.gpkg"}]


def test_geoparquet_not_in_wkb_is_refused(tmp_path, read):
    frame = gpd.GeoDataFrame({"id": [1]}, geometry=[shapely.Point(1, 2)], crs=4326)
    frame.to_parquet(tmp_path / "a.parquet", geometry_encoding="geoarrow", schema_version="1.1.0")
    with pytest.raises(ExtractError, match="field 'geometry': only geometry encoded as WKB"):
        read("a.parquet", None, "parquet")


def test_parquet_durations_are_text(tmp_path, read):
    pl.DataFrame({"took": [timedelta(minutes=90)]}).write_parquet(tmp_path / "a.parquet")
    assert read("a.parquet", None, "parquet").frame["took"].to_list() == ["PT1H30M"]


def test_xml_names_come_without_namespaces(read):
    content = '<x:a xmlns:x="u"><x:b x:id="1"><x:name>站</x:name></x:b></x:a>'
    frame = read("a.xml", content, "xml", record="b").frame
    assert frame.rows(named=True) == [{ROW: 1, "id": "1", "name": "站", "@file": "a.xml"}]


def test_a_shapefile_without_prj_asks_for_crs(tmp_path, read):
    write_places(tmp_path / "a.shp")
    (tmp_path / "a.prj").unlink()
    with pytest.raises(ExtractError, match="declare 'crs'"):
        read("a.shp", None, "shapefile")
    assert read("a.shp", None, "shapefile", crs=4326).rows_in == 2


def test_a_geopackage_of_several_layers_needs_one_declared(tmp_path, read):
    for layer in ("one", "two"):
        write_places(tmp_path / "a.gpkg", layer=layer)
    with pytest.raises(ExtractError, match="declare one layer of one, two"):
        read("a.gpkg", None, "gpkg")
    with pytest.raises(ExtractError, match="has no layer 'three'"):
        read("a.gpkg", None, "gpkg", layer="three")
    assert read("a.gpkg", None, "gpkg", layer="two").frame["id"].to_list() == ["1", "2"]


def test_metric_geometry_leaves_in_degrees(tmp_path, read):
    frame = gpd.GeoDataFrame({"id": [1]}, geometry=[shapely.Point(125.32, 43.88)], crs=4326)
    frame.to_crs(4551).to_file(tmp_path / "a.gpkg", layer="one")
    point = shapely.from_wkb(read("a.gpkg", None, "gpkg").frame[WKB][0])
    assert point.distance(shapely.Point(125.32, 43.88)) < 1e-8


def test_parquet_values_are_text(tmp_path, read):
    pl.DataFrame({"id": ["01"], "x": [1.5], "n": [3]}).write_parquet(tmp_path / "a.parquet")
    frame = read("a.parquet", None, "parquet").frame
    assert frame.rows(named=True) == [
        {ROW: 1, "id": "01", "x": "1.5", "n": "3", "@file": "a.parquet"}
    ]


def test_geoparquet_geometry_is_wkb(tmp_path, read):
    frame = gpd.GeoDataFrame({"id": [1]}, geometry=[shapely.Point(1, 2)], crs=4326)
    frame.to_parquet(tmp_path / "a.parquet")
    assert shapely.from_wkb(read("a.parquet", None, "parquet").frame[WKB][0]) == shapely.Point(1, 2)
