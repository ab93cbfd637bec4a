import json

import pytest

from etl.batch import ROW, Note
from etl.extract import read_file
from etl.extract.csv_file import sniff_delimiter, unique_names
from etl.source.file import SourceFile
from geodata.errors import ExtractError

HEADER = "id,t0,地址"


@pytest.fixture
def read(tmp_path, declare):
    def call(content, **changes):
        path = tmp_path / "calls.csv"
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return read_file(SourceFile.at(path), declare(**changes))

    return call


@pytest.mark.parametrize(
    ("content", "names"),
    [
        ("id;t0;地址\n1;2026-11-01;a;;\n", ["a"]),  # empty fields too many
        ("id;t0;地址;\n1;2026-11-01;a\n2;2026-11-02;b\n", ["a", "b"]),  # one in the header alone
        ('id;t0;地址\n1;2026-11-01;"a";\n', ["a"]),
        ("sep=;\nid;t0;地址\n1;2026-11-01;a\n", ["a"]),
        ('"sep=;"\r\nid;t0;地址\r\n1;2026-11-01;a\r\n', ["a"]),
        ("id;t0;地址\r1;2026-11-01;a\r", ["a"]),
        ("id;t0;地址\n1;2026-11-01;a\n;;\n;;\n", ["a"]),  # rows of nothing, as Excel appends
    ],
)
def test_what_spreadsheets_write_around_the_rows_is_no_fault(read, content, names):
    extracted = read(content, delimiter="auto" if not content.startswith(("sep", '"')) else ",")
    assert extracted.frame["地址"].to_list() == names
    assert extracted.rejects.is_empty()


def test_filled_fields_too_many_are_rejected_among_empty_ones(read):
    extracted = read("id,t0\n1,2026-11-01,\n2,2026-11-01,x\n")
    assert extracted.frame["id"].to_list() == ["1"]
    assert extracted.rejects[ROW].to_list() == [3]


@pytest.mark.parametrize("quote", ["", '"'])
def test_the_header_may_stand_below_titles_and_rows_above_a_footer(read, quote):
    text = f"Calls of May,,\nby: me,,\nid,t0,地址\n1,2026-05-01,{quote}a{quote}\n2,2026-05-02,b\n"
    footer = "made: 6 May,,\n\nchecked,,\n\n"
    frame = read(text + footer, header_row=3, skip_footer=2).frame
    assert frame.select(ROW, "id", "地址").rows() == [(4, "1", "a"), (5, "2", "b")]
    with pytest.raises(ExtractError, match="row 3 holds the names: declare header_row: 3"):
        read(text)
    with pytest.raises(ExtractError, match="row 3 holds the names: declare header_row: 3"):
        read(text.replace(",,\n", "\n"))


@pytest.mark.parametrize("word", ["合计", "小 计", "Total:", "SUBTOTAL", "Summe"])
def test_totals_of_other_rows_are_rejected(read, word):
    extracted = read(f"id,t0\n1,2026-11-01\n{word},2\n")
    assert extracted.frame["id"].to_list() == ["1"]
    assert extracted.rejects["reason"].to_list() == ["is a total of other rows"]


def test_identifiers_that_a_spreadsheet_rounded_are_told(read):
    extracted = read("id,t0\n1.59365E+18,2026-11-01\n12,2026-11-01\n")
    assert extracted.notes == (Note("rounded_identifier", "1.59365E+18", 2, "id", 1),)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "utf-16"])
def test_auto_finds_the_encodings_departments_use(read, encoding):
    text = f"{HEADER}\n1,2026-11-01 08:00:00,朝阳区𠮷林大路\n"
    assert read(text.encode(encoding)).frame["地址"].to_list() == ["朝阳区𠮷林大路"]


def test_one_damaged_byte_does_not_turn_a_utf8_file_into_gb18030(read):
    good = "1,2026-11-01,朝阳区人民大街\n" * 30
    content = f"{HEADER}\n{good}".encode() + b"2,2026-11-01,\xe6\x9c\n"
    extracted = read(content)
    assert extracted.frame["地址"].to_list() == ["朝阳区人民大街"] * 30
    assert extracted.rejects.select(ROW, "reason").rows() == [
        (32, "is not in utf-8, as the other rows are")
    ]


def test_a_declared_encoding_is_held_to(read):
    with pytest.raises(ExtractError, match=r"row 1: byte 0xb5 at position 6 is not utf-8"):
        read(f"{HEADER}\n1,2026-11-01,朝阳\n".encode("gb18030"), encoding="utf-8")


def test_the_plain_and_the_careful_reader_agree(read):
    plain = read(f"{HEADER}\n1,2026-11-01,a\n2,,\n").frame
    careful = read(f'{HEADER}\n"1",2026-11-01,"a"\n2,,\n').frame
    assert plain.equals(careful)
    assert plain[ROW].to_list() == [2, 3]


@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_line_ends_and_a_missing_last_one(read, end):
    frame = read(end.join([HEADER, "1,2026-11-01,a", "2,2026-11-02,b"])).frame
    assert frame["地址"].to_list() == ["a", "b"]


def test_quoted_newlines_keep_the_line_on_which_a_row_begins(read):
    extracted = read(f'{HEADER}\n1,2026-11-01,"two\nlines"\n2,2026-11-01,b\n')
    assert extracted.frame[ROW].to_list() == [2, 4]
    assert extracted.frame["地址"][0] == "two\nlines"


def test_ragged_rows_are_rejected_one_by_one(read):
    extracted = read(
        f"{HEADER}\n1,2026-11-01,a\n2,2026-11-01\n3,2026-11-01,a,b\n\n4,2026-11-01,d\n"
    )
    assert extracted.frame["id"].to_list() == ["1", "4"]
    assert extracted.rows_in == 4
    assert extracted.rejects.select(ROW, "reason").rows() == [
        (3, "2 fields where the header has 3"),
        (4, "4 fields where the header has 3"),
    ]
    assert json.loads(extracted.rejects["raw"][1])["4"] == "b"


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "the file is empty"),
        (HEADER.encode(), "holds no rows"),
        (b"id;t0\n1;2026-11-01\n", r"column 'id' \(mapping.record_id\) is missing; .* id;t0"),
        (b"id,when\n1,2026-11-01\n", r"column 't0' \(mapping.received_at\) is missing"),
        (b"id,t0\n1,2026-11-01\n2,20\x0026\n", "row 3: a NUL byte"),
        (b'id,t0\n1,"2026-11-01\n2,2026-11-02\n', "row 2: .*quotation mark left open"),
        (b'id,t0\n1,"' + b"x" * 200_000 + b'"\n', "row 2: field larger than field limit"),
    ],
)
def test_unusable_files_are_named_with_the_row(read, content, message):
    with pytest.raises(ExtractError, match=message) as error:
        read(content)
    assert "calls.csv" in str(error.value)


def test_an_empty_month_may_be_declared_legal(read):
    assert read(HEADER, allow_empty=True).rows_in == 0


def test_a_missing_file_is_named(tmp_path, declare):
    with pytest.raises(ExtractError, match=r"nowhere\.csv: no such file"):
        read_file(SourceFile.at(tmp_path / "nowhere.csv"), declare())


def test_headers_absent_from_the_file_are_declared(read):
    frame = read("1,2026-11-01\n2,2026-11-02\n", header=["id", "t0"]).frame
    assert frame.select(ROW, "id").rows() == [(1, "1"), (2, "2")]


def test_delimiters_are_declared_or_found(read):
    assert sniff_delimiter("a;b;c,d\n") == ";"
    assert read("id\tt0\n1\t2026-11-01\n", delimiter="auto").frame["id"].to_list() == ["1"]


def test_header_names_are_stripped_and_made_unique():
    assert unique_names([" id ", "备注", "备注", ""]) == ["id", "备注", "备注_2", "column_4"]


def test_a_byte_order_mark_alone_is_no_file(read):
    with pytest.raises(ExtractError, match="holds no rows"):
        read(b"\xef\xbb\xbf")
