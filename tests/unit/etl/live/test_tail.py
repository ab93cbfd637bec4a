"""A followed file: whole new lines, whatever one of them is."""

import pytest

from etl.live import tail
from etl.live.tail import Progress, read_new


@pytest.fixture
def path(tmp_path):
    return tmp_path / "calls.csv"


def test_a_line_longer_than_a_reading_does_not_hide_those_after_it(path):
    long = b"x" * 1000 + b"\n"
    path.write_bytes(b"a,b\n" + long + b"1,2\n")
    chunk = read_new(path, Progress(), "csv", limit=64)
    assert chunk.lines[0] == long
    following = read_new(path, chunk.after, "csv", limit=64)
    assert (chunk.lines + (following.lines if following else ()))[-1] == b"1,2\n"


def test_a_long_line_without_its_end_waits(path):
    path.write_bytes(b"a,b\n" + b"x" * 1000)
    assert read_new(path, Progress(), "csv", limit=64) is None


def test_what_has_no_line_end_at_all_is_given_up(path, monkeypatch):
    monkeypatch.setattr(tail, "MOST_BYTES", 500)
    path.write_bytes(b"a,b\n" + b"x" * 2000)
    chunk = read_new(path, Progress(), "csv", limit=64)
    assert len(chunk.lines) == 1
    assert chunk.after.offset > 500
