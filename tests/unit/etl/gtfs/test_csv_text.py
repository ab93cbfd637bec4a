import pytest

from etl.gtfs.csv_text import decode_file, read_text_table
from geodata.errors import ExtractError

FILE = "stops.txt"


def read(data: bytes) -> list[tuple[object, ...]]:
    return read_text_table(FILE, data).rows.rows()


@pytest.mark.parametrize(
    "data",
    [
        b"stop_id,stop_name\n007,Park\n",
        b"\xef\xbb\xbfstop_id, stop_name \r\n 007,Park \r\n",
        b'stop_id,stop_name\n"007","Park"',
        b"stop_id,stop_name\r007,Park\r",
        b"stop_id,stop_name\r\r\n007,Park\r\r\n",
        b"stop_id,stop_name\n007,Park,,\n",
    ],
    ids=["plain", "bom and blanks", "quoted", "old mac", "doubled cr", "trailing commas"],
)
def test_the_same_row_however_it_is_written(data: bytes) -> None:
    assert read(data) == [(2, "007", "Park")]


def test_row_numbers_are_lines_of_the_file_and_blank_lines_are_no_rows() -> None:
    assert read(b"stop_id,stop_name\n\n1,A\n,\n2,\n") == [(3, "1", "A"), (5, "2", None)]


def test_cells_that_are_missing_at_the_end_are_blank() -> None:
    assert read(b"stop_id,stop_name\n1\n2,B\n") == [(2, "1", None), (3, "2", "B")]


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        (b"9,X,extra", "3 cells, the header has 2"),
        (b"9\x00,X", "contains a NUL byte"),
        (b"9,\xec\xa0", "not valid UTF-8"),
    ],
)
def test_a_malformed_row_costs_only_itself(row: bytes, reason: str) -> None:
    table = read_text_table(FILE, b"stop_id,stop_name\n1,A\n" + row + b"\n2,B\n")
    assert [key for _, key, _ in table.rows.rows()] == ["1", "2"]
    assert table.faults.drop("code").rows() == [(3, None, reason)]
    assert table.rows_in == 3


@pytest.mark.parametrize(
    ("data", "message"),
    [
        ("stop_id\n1\n".encode("utf-16"), "UTF-16"),
        (b"", "empty"),
        (b" \n\n", "empty"),
        (b"stop_id, stop_id\n1,2\n", "repeats stop_id"),
        (b"stop_id,stop_name,stop_id\r\n1,x,2\r\n", "repeats stop_id"),
        (b'"stop_id","stop_id"\n1,"\xff"\n', "repeats stop_id"),
    ],
)
def test_an_unreadable_file_is_refused_by_name(data: bytes, message: str) -> None:
    with pytest.raises(ExtractError, match=rf"stops\.txt: .*{message}"):
        read_text_table(FILE, decode_file(FILE, data, "auto"))


def test_a_bad_byte_in_the_header_is_shown_and_not_fatal() -> None:
    table = read_text_table(FILE, b"stop_id,bad\xec\n1,\n")
    assert table.text.columns == ["row_number", "stop_id", "bad\\xec"]
    assert table.rows["stop_id"].to_list() == ["1"]


def test_a_column_of_the_feed_never_replaces_the_line_number() -> None:
    assert read(b"stop_id,row_number\n1,77\n") == [(2, "1")]


def test_quotation_marks_after_a_blank_are_no_text() -> None:
    table = read_text_table(FILE, b'stop_id, "stop_name", ,\nS1, "Main, North", ,\n')
    assert table.rows.rows() == [(2, "S1", "Main, North")]


@pytest.mark.parametrize("encoding", ["gbk", "gb18030", "utf-16", "utf-16-le", "big5"])
def test_a_declared_encoding_is_obeyed(encoding: str) -> None:
    data = decode_file(FILE, "stop_id,stop_name\nS1,北站\n".encode(encoding), encoding)
    assert read(data) == [(2, "S1", "北站")]


def test_bytes_that_are_not_of_the_declared_encoding_cost_their_row() -> None:
    data = "stop_id,stop_name\nS1,北站\nS2,".encode("gbk") + b"\xff\nS3,\n"
    table = read_text_table(FILE, decode_file(FILE, data, "gbk"), "gbk")
    assert table.rows["stop_id"].to_list() == ["S1", "S3"]
    assert table.faults.rows() == [(3, None, "not valid gbk", "invalid_character")]


def test_a_quotation_mark_left_open_costs_its_own_row() -> None:
    text = b'stop_id,stop_name\nS1,"North\nS2,B\nS3,"C"\nS4,5" pipe\nS5,"no\n'
    table = read_text_table(FILE, text)
    assert table.rows.rows() == [(3, "S2", "B"), (4, "S3", "C"), (5, "S4", '5" pipe')]
    assert table.faults.rows() == [
        (row, None, "a quotation mark is not closed", "csv_parsing_failed") for row in (2, 6)
    ]


def test_a_value_may_go_on_over_lines_and_rows_keep_their_numbers() -> None:
    text = b'stop_id,stop_name,x\nS1,"North\nStation, ""old""",1\n\nS2,B,2\n'
    assert read(text) == [(2, "S1", 'North\nStation, "old"', "1"), (5, "S2", "B", "2")]
