"""Workbooks, `.xlsx` and `.xls`: sheets, headers, merged cells, dates, digits, and what is none."""

import io
import random
import re
import zipfile
from datetime import datetime

import pytest
import xlsxwriter
import xlwt

from etl.batch import ROW, Note
from etl.extract import read_file
from etl.source.file import SourceFile
from geodata.errors import ExtractError

CLOCK = datetime(2026, 11, 20, 8, 30)  # noqa: DTZ001


@pytest.fixture
def read(declare):
    def call(content, name="a.xlsx", **changes):
        mapping = changes.pop("mapping", {"facility_id": "id", "kind": {"const": "place"}})
        declared = {"format": "xlsx", "table": "facility"} | changes
        declaration = declare(mapping=mapping, **declared)
        return read_file(SourceFile(name, content=content), declaration)

    return call


def book(*sheets, **options):
    """Return a workbook of sheets: (name, function that fills it)."""
    content = io.BytesIO()
    workbook = xlsxwriter.Workbook(content, {"in_memory": True} | options)
    for name, fill in sheets:
        fill(workbook.add_worksheet(name), workbook)
    workbook.close()
    return content.getvalue()


def rows(*values):
    def fill(sheet, _book):
        for at, row in enumerate(values):
            sheet.write_row(at, 0, row)

    return fill


def old_book(*values):
    workbook = xlwt.Workbook()
    sheet = workbook.add_sheet("一")
    for at, row in enumerate(values):
        for column, value in enumerate(row):
            style = xlwt.easyxf(num_format_str="yyyy-mm-dd hh:mm")
            is_time = isinstance(value, datetime)
            sheet.write(at, column, value, style if is_time else xlwt.Style.default_style)
    sheet.write_merge(len(values), len(values) + 1, 1, 1, "合并")
    sheet.write(len(values), 0, "003")
    sheet.write(len(values) + 1, 0, "004")
    content = io.BytesIO()
    workbook.save(content)
    return content.getvalue()


def fill_types(sheet, workbook):
    form = {
        name: workbook.add_format({"num_format": name})
        for name in ("yyyy-mm-dd", "hh:mm", "[h]:mm", "0%", "yyyy/m/d h:mm")
    }
    sheet.write_row(0, 0, ["id", "whole", "part", "day", "clock", "span", "share", "at", "ok"])
    sheet.write_row(1, 0, ["007", 12, 12.5])
    sheet.write_datetime(1, 3, CLOCK.replace(hour=0, minute=0), form["yyyy-mm-dd"])
    sheet.write_number(1, 4, 8.5 / 24, form["hh:mm"])
    sheet.write_number(1, 5, 1.5, form["[h]:mm"])
    sheet.write_number(1, 6, 0.85, form["0%"])
    sheet.write_number(1, 7, 46346.354166667, form["yyyy/m/d h:mm"])
    sheet.write_boolean(1, 8, True)


def test_cells_are_the_text_that_people_see(read):
    frame = read(book(("一", fill_types))).frame
    assert frame.drop("@file").rows() == [
        (2, "007", "12", "12.5", "2026-11-20", "08:30:00", "36:00:00", "0.85",
         "2026-11-20 08:30:00", "true"),
    ]  # fmt: skip


def test_an_old_workbook_is_read_alike(read):
    content = old_book(["id", "名", "at"], ["001", 3, CLOCK], ["002", 4.5, ""])
    extracted = read(content, "a.xls", format="xls")
    assert extracted.frame.drop("@file").rows() == [
        (2, "001", "3", "2026-11-20 08:30:00"),
        (3, "002", "4.5", ""),
        (4, "003", "合并", ""),
        (5, "004", "合并", ""),
    ]
    assert extracted.notes == (Note("repeated_merged", "名"),)


def test_whole_numbers_of_19_digits_keep_every_digit(read):
    content = book(("a", rows(["no"])), ("b&b", rows(["id", "n"], [1, 2], [3, 4])))
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    sheet = "xl/worksheets/sheet2.xml"
    parts[sheet] = parts[sheet].replace(b"<v>3</v>", b"<v>1593654782336901121</v>")
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        for name, part in parts.items():
            archive.writestr(name, part)
    assert read(packed.getvalue(), sheet=2).frame["id"].to_list() == ["1", "1593654782336901121"]


def test_titles_merged_headers_blank_rows_and_a_footer(read):
    def fill(sheet, _workbook):
        sheet.merge_range(0, 0, 0, 2, "Pumps")
        sheet.merge_range(1, 0, 2, 0, "id")
        sheet.merge_range(1, 1, 1, 2, "place")
        sheet.write_row(2, 1, ["lo\nn", "lat"])
        sheet.write_row(3, 0, ["1", 125.3, 43.8])
        sheet.write_row(5, 0, ["2", 125.4])
        sheet.merge_range(6, 0, 6, 2, "made by me")

    frame = read(book(("一", fill)), header_row=3, skip_footer=1).frame
    assert frame.drop("@file").columns == [ROW, "id", "lon", "lat"]
    assert frame.drop("@file").rows() == [(4, "1", "125.3", "43.8"), (6, "2", "125.4", "")]


def test_damaged_workbooks_are_read_or_refused_but_never_end_the_process(read):
    old, new = old_book(["id", "at"], ["001", CLOCK]), book(("一", fill_types))
    draw = random.Random(5)
    for name, content in [("a.xls", old), ("a.xlsx", new)] * 60:
        damaged = bytearray(content)
        for _ in range(draw.randint(1, 6)):
            damaged[draw.randrange(len(damaged))] = draw.randrange(256)
        message = name
        try:
            read(bytes(damaged), name)
        except ExtractError as error:
            message = str(error)
        assert name in message


TABLE = rows(["id"], ["1"])


@pytest.mark.parametrize(
    ("sheets", "declared", "outcome"),
    [
        ([("a", TABLE), ("b", rows())], {}, Note("chosen_sheet", "a (a, b)")),
        ([("a", rows(["note"])), ("b", TABLE)], {}, Note("chosen_sheet", "b (a, b)")),
        ([("a", TABLE), ("b", TABLE)], {}, "declare one sheet of a, b"),
        ([("a", TABLE), ("b", TABLE)], {"sheet": "c"}, "has no sheet 'c', only a, b"),
        ([("a", TABLE), ("b", TABLE)], {"sheet": 3}, "has no sheet '3', only a, b"),
        ([("a", TABLE), ("b", TABLE)], {"sheet": 2}, None),
        ([("a", TABLE), ("2026", TABLE)], {"sheet": "2026"}, None),
        ([("a", TABLE), ("2026", TABLE)], {"sheet": 2026}, None),
        ([("a", TABLE)], {}, None),
        ([("a", rows()), ("b", rows())], {}, "holds no rows"),
        ([("a", rows(["t"], ["x"], ["id"], ["1"]))], {}, "row 3 holds .*: declare header_row: 3"),
    ],
)
def test_which_sheet_is_meant(read, sheets, declared, outcome):
    if isinstance(outcome, str):
        with pytest.raises(ExtractError, match=outcome):
            read(book(*sheets), **declared)
        return
    extracted = read(book(*sheets), **declared)
    assert extracted.frame["id"].to_list() == ["1"]
    assert extracted.notes == ((outcome,) if outcome else ())


def test_a_cell_at_the_far_corner_is_no_reason_to_hold_a_billion(read):
    def fill(sheet, _workbook):
        sheet.write_row(0, 0, ["id"])
        sheet.write_string(1_048_575, 16_383, "x")

    with pytest.raises(ExtractError, match="reaches to row 1048576 and column 16384"):
        read(book(("a", fill)))


def zip_of(**members):
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        for name, text in members.items():
            archive.writestr(name.replace("_", "."), text)
    return content.getvalue()


@pytest.mark.parametrize(
    ("content", "what"),
    [
        (b"<html><body><table>", "this is an HTML page"),
        (b'<?xml version="1.0"?><Workbook xmlns="urn:schemas-microsoft-com:office:spreadsheet">',
         "this is an Excel file of 2003 in XML"),
        (b"id,name\n1,a\n", "this is text (declare format: csv), not an Excel workbook"),
        (b"%PDF-1.7", "this is a PDF"),
        (zip_of(a_csv="id\n1\n"), "and no .xlsx or .xlsm or .xls file"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + "EncryptedPackage".encode("utf-16-le"),
         "an Excel file with a password"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + "Workbook".encode("utf-16-le") + b"\0" * 600,
         "cannot be read"),
        (zip_of(mimetype="application/vnd.oasis.opendocument", content_xml="<a/>"),
         "an OpenDocument file"),
    ],
)  # fmt: skip
def test_what_is_no_workbook_is_called_by_its_name(read, content, what):
    for format_ in ("xlsx", "xls"):
        with pytest.raises(ExtractError, match=re.escape(what)):
            read(content, format=format_)


def fill_errors(sheet, _book):
    sheet.write_row(0, 0, ["id", "beds", "note"])
    for at, beds in enumerate([12, "#N/A", "#DIV/0!"], start=1):
        sheet.write(at, 0, f"00{at}")
        sheet.write_formula(at, 1, "=A9", None, beds)
        sheet.write_formula(at, 2, "=NA()", None, "#N/A")


def old_errors():
    workbook = xlwt.Workbook()
    sheet = workbook.add_sheet("一")
    for at, row in enumerate([("id", "beds", "note"), ("001", 12), ("002",), ("003",)]):
        for column, value in enumerate(row):
            sheet.write(at, column, value)
    sheet.row(2).set_cell_error(1, 42)
    sheet.row(2).set_cell_error(2, 42)
    sheet.row(3).set_cell_error(1, 23)
    content = io.BytesIO()
    workbook.save(content)
    return content.getvalue()


@pytest.mark.parametrize("format_", ["xlsx", "xls"])
def test_errors_of_formulas_are_blank_aloud(read, format_):
    content = book(("一", fill_errors)) if format_ == "xlsx" else old_errors()
    mapping = {"facility_id": "id", "kind": {"const": "place"}, "beds": "beds"}
    found = read(content, f"a.{format_}", format=format_, mapping=mapping)
    assert found.frame["beds"].to_list() == ["12", "", ""]
    assert found.notes == (Note("error_cells", "#N/A", 3, "beds", 2),)


def test_a_repeated_column_of_the_header_is_told(read):
    content = book(("一", rows(["id", "经度", "纬度", "经度", "纬度"], ["1", 125, 43, 126, 44])))
    mapping = {"facility_id": "id", "kind": {"const": "place"}, "lon": "经度", "lat": "纬度_2"}
    found = read(content, mapping=mapping)
    assert found.frame.select("经度", "纬度_2").rows() == [("125", "44")]
    assert found.notes == (Note("repeated_header", "经度_2", 1, "经度"),)
