import io
from datetime import UTC, datetime

import pytest
from rich.cells import cell_len

from commands.text_table import print_table


class Terminal(io.StringIO):
    """A stream that says it is a terminal."""

    def isatty(self) -> bool:
        return True


def lines_of(headers, rows, stream=None) -> list[str]:
    stream = stream or io.StringIO()
    print_table(headers, rows, stream)
    return stream.getvalue().splitlines()


def test_columns_align_under_chinese_text():
    head, _, *rows = lines_of(["name", "rows"], [("朝阳", 5), ("a", 1234)])
    assert [head, *rows] == ["name   rows", "朝阳      5", "a      1234"]
    assert {cell_len(line) for line in (head, *rows)} == {11}


def test_a_file_gets_whole_lines_and_short_times():
    at = datetime(2026, 11, 22, 12, 0, 5, tzinfo=UTC)
    *_, line = lines_of(["a", "b", "c", "d"], [("x" * 400, at, None, "two\nlines")])
    assert line.split() == ["x" * 400, "2026-11-22", "12:00", "UTC", "two", "lines"]


def test_a_terminal_folds_what_is_too_wide_and_loses_nothing(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("COLUMNS", "60")
    monkeypatch.setenv("TERM", "xterm")
    shown = lines_of(["name", "text"], [("长春", "x" * 100)], Terminal())
    assert max(cell_len(line) for line in shown[2:]) <= 60
    assert sum(line.count("x") for line in shown[2:]) == 100


def test_what_looks_like_markup_is_shown_as_it_is():
    *_, line = lines_of(["a"], [("[red]not red[/red] :smile:",)])
    assert line == "[red]not red[/red] :smile:"


def test_no_rows_is_a_header():
    assert lines_of(["a"], [])[0] == "a"
