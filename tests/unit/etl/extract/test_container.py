"""Packed files, and files that are another kind than they are declared to be."""

import gzip
import io
import zipfile

import pytest

from etl.extract import read_file
from etl.extract.zip_archive import open_zip
from etl.limits import DEFAULTS, LimitError
from etl.source.file import SourceFile
from geodata.errors import ExtractError

CSV = "id,t0\n1,2026-11-01\n"


@pytest.fixture
def read(declare):
    def call(content, name="a.csv", **changes):
        return read_file(SourceFile(name, content=content), declare(**changes))

    return call


def zip_of(members):
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in members.items():
            archive.writestr(name, text)
    return content.getvalue()


@pytest.mark.parametrize(
    "content",
    [
        gzip.compress(CSV.encode()),
        zip_of({"a.csv": CSV}),
        zip_of(
            {"数据/": "", "数据/表.CSV": CSV, "__MACOSX/数据/._表.CSV": "x", "数据/.DS_Store": "x"}
        ),
        zip_of({"a.csv": CSV, "readme.pdf": "x"}),
    ],
)
def test_one_table_is_read_out_of_what_it_is_packed_in(read, content):
    extracted = read(content, "a.zip")
    assert extracted.frame["id"].to_list() == ["1"]
    assert extracted.frame["@file"].to_list() == ["a.zip"]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (zip_of({"a.csv": CSV, "b/c.csv": CSV}), "the zip holds several files: a.csv, b/c.csv"),
        (zip_of({"a.zip": "x", "b.zip": "x"}), "the zip holds zips: a.zip, b.zip"),
        (zip_of({"a.pdf": "x"}), "the zip holds a.pdf, and no .csv or .txt or .tsv file"),
        (zip_of({"a.csv": CSV})[:60], "the zip is damaged"),
        (gzip.compress(CSV.encode())[:-9], "the gzip file is damaged"),
        (gzip.compress(b"\0" * 257 + b"ustar" + b"\0" * 300), "a tar archive in gzip"),
        (zip_of({"[Content_Types].xml": "x", "xl/workbook.xml": "x"}),
         r"this is an Excel file \(\.xlsx\), not csv"),
        (zip_of({"[Content_Types].xml": "x", "word/document.xml": "x"}), "a Word file"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + "Workbook".encode("utf-16-le"),
         r"this is an Excel file \(\.xls\), not csv"),
        (b"%PDF-1.4", "this is a PDF, not csv"),
        (b"\r\n<!DOCTYPE html><html>", r"this is an HTML page \(a login page\?\), not csv"),
        (b"<?xml version='1.0'?><a/>", "this is XML, not csv"),
        (CSV.encode("utf-16-le"), "UTF-16 without its mark .*utf-16-le"),
        (CSV.encode("utf-16-be"), "UTF-16 without its mark .*utf-16-be"),
        (b"SQLite format 3\0", "a GeoPackage or another SQLite database"),
        (b"PAR1", "a Parquet file"),
        (b"Rar!\x1a", "a RAR archive"),
    ],
)  # fmt: skip
def test_a_refusal_names_what_the_file_is(read, content, message):
    with pytest.raises(ExtractError, match=message):
        read(content)


def test_nothing_unpacks_without_end(read):
    for packed in (gzip.compress(bytes(3 << 20)), zip_of({"a.csv": bytes(3 << 20)})):
        with pytest.raises(
            LimitError, match=r"a\.csv: unpacks to .*; at most 1 MB \(limits\.unpacked_mb\)"
        ):
            read(packed, limits={"unpacked_mb": 1})


def test_an_encrypted_zip_is_named(read):
    content = bytearray(zip_of({"a.csv": CSV}))
    entry = content.find(b"PK\x01\x02")
    content[6] |= 1
    content[entry + 8] |= 1
    with pytest.raises(ExtractError, match="the zip is encrypted"):
        read(bytes(content))


@pytest.mark.parametrize("encoding", ["gb18030", "utf-8"])
def test_names_in_a_zip_are_read_as_their_system_wrote_them(encoding):
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        info = zipfile.ZipInfo("长春/点.csv".encode(encoding).decode("cp437"))
        archive.writestr(info, CSV)
    plain = bytearray(content.getvalue())
    for mark, at in ((b"PK\x03\x04", 7), (b"PK\x01\x02", 9)):  # without the flag of UTF-8 names
        plain[plain.find(mark) + at] &= 0xF7
    raw = "长春/点.csv".encode(encoding)
    wide = raw.decode("cp437").encode()
    patched = bytes(plain).replace(wide, raw + b"_" * (len(wide) - len(raw)))
    with open_zip(SourceFile("a.zip", content=patched), DEFAULTS) as archive:
        (name,) = archive.files
    assert name.rstrip("_") == "长春/点.csv"


@pytest.mark.parametrize(
    ("format_", "content"),
    [
        ("json", b'[{"id": "1", "t0": "2026-11-01"}]'),
        ("ndjson", b'{"id": "1", "t0": "2026-11-01"}\n'),
        ("xml", b"<a><b><id>1</id><t0>2026-11-01</t0></b></a>"),
    ],
)
def test_the_other_texts_come_packed_too(read, format_, content):
    record = {"record": "b"} if format_ == "xml" else {}
    for packed in (gzip.compress(content), zip_of({f"x/a.{format_}": content})):
        assert read(packed, format=format_, **record).frame["id"].to_list() == ["1"]
    with pytest.raises(ExtractError, match="this is an HTML page"):
        read(b"<html>", format=format_, **record)
