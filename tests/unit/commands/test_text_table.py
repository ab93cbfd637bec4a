from datetime import UTC, datetime

from commands.text_table import format_table


def test_columns_align_under_chinese_text():
    lines = format_table(["name", "rows"], [("朝阳", 5), ("a", 1234)]).splitlines()
    assert lines == ["name  rows", "----  ----", "朝阳     5", "a     1234"]


def test_long_cells_are_cut_and_times_short():
    at = datetime(2026, 11, 22, 12, 0, 5, tzinfo=UTC)
    text = format_table(["a", "b", "c"], [("x" * 100, at, None)])
    assert text.splitlines()[-1] == "x" * 59 + "…  2026-11-22 12:00 UTC"


def test_no_rows_is_a_header():
    assert format_table(["a"], []) == "a\n-"
