"""A file of calls is followed line by line, whatever happens to it."""

import pytest
from sqlalchemy import text
from sqlalchemy.exc import OperationalError

from etl.realtime import piece
from tests.integration.live.conftest import HEADER

LINE = "{},{},110,help,2026-11-22 {},,125.32,43.88\n"


def line(record: str, clock: str = "08:00:00", revision: int = 0) -> str:
    return LINE.format(record, revision, clock)


def test_each_new_line_is_loaded_once(calls):
    calls.append(HEADER + line("a"))
    assert [(done.status, done.rows_loaded) for done in calls.poll()] == [("loaded", 1)]
    assert calls.poll() == []
    calls.append(line("b") + line("c"))
    assert [done.rows_loaded for done in calls.poll()] == [2]
    assert calls.rows("incident", "record_id") == [("a",), ("b",), ("c",)]


def test_a_line_without_its_end_waits(calls):
    calls.append(HEADER + line("a")[:20])
    assert calls.poll() == []
    calls.append(line("a")[20:])
    assert [done.rows_loaded for done in calls.poll()] == [1]
    assert calls.rows("incident", "record_id") == [("a",)]


def test_a_quoted_field_with_a_line_end_is_not_cut(calls):
    calls.append(HEADER + 'a,0,110,"fire,\n')
    assert calls.poll() == []
    calls.append('again",2026-11-22 08:00:00,,125.32,43.88\n')
    assert [done.rows_loaded for done in calls.poll()] == [1]
    assert calls.rows("incident", "category") == [("fire,\nagain",)]


def test_a_later_revision_supersedes_an_earlier_one_never(calls):
    calls.append(HEADER + line("a", revision=1))
    calls.poll()
    calls.append("a,2,110,help,2026-11-22 08:00:00,2026-11-22 08:30:00,125.32,43.88\n")
    calls.append(line("a", revision=0))
    calls.poll()
    assert calls.rows("incident", "record_id", "revision") == [("a", 2)]
    assert calls.rejected() == [(4, "the same record_id as row 3, which counts")]


def test_rotation_loses_no_line(calls):
    calls.append(HEADER + line("a"))
    calls.poll()
    calls.append(line("b"))
    calls.path.rename(calls.folder / "calls.csv.1")
    calls.append(HEADER + line("c"))
    calls.poll()
    assert calls.rows("incident", "record_id") == [("a",), ("b",), ("c",)]


def test_truncation_begins_anew(calls):
    calls.append(HEADER + line("a") + line("b"))
    calls.poll()
    calls.path.write_text(HEADER + line("c"))
    calls.poll()
    assert calls.rows("incident", "record_id") == [("a",), ("b",), ("c",)]


def test_bad_lines_are_kept_with_their_place_in_the_file(calls):
    calls.append(HEADER + line("a"))
    calls.poll()
    calls.append("b,0,911,help,2026-11-22 08:00:00,,,\n" + line("c") + "d,0,110\n")
    calls.poll()
    assert calls.rows("incident", "record_id") == [("a",), ("c",)]
    assert calls.rejected() == [
        (3, "is not one of 110, 119, 120, 122, 12350"),
        (5, "3 fields where the header has 8"),
    ]


def test_a_damaged_line_does_not_hold_up_the_others(calls):
    calls.append(HEADER + line("a"))
    calls.poll()
    calls.append(line("b") + "c\0c,0,110,,2026-11-22 08:00:00,,,\n" + line("d"))
    statuses = [done.status for done in calls.poll()]
    assert statuses.count("refused") == 1
    assert calls.rows("incident", "record_id") == [("a",), ("b",), ("d",)]
    assert [row for row, _ in calls.rejected()] == [4]


def test_lost_database_loses_and_doubles_nothing(calls, monkeypatch):
    calls.append(HEADER + line("a"))

    def crash(*_args, **_kwargs):
        raise OperationalError("", None, Exception("server closed the connection"))

    with monkeypatch.context() as patched:
        patched.setattr(piece, "keep_event", crash)
        with pytest.raises(OperationalError):
            calls.poll()
    assert calls.rows("incident", "record_id") == []
    assert [done.rows_loaded for done in calls.poll()] == [1]


def test_freshness_knows_the_latest_event(calls):
    calls.append(HEADER + line("a", "09:30:00") + line("b", "09:10:00"))
    calls.poll()
    with calls.engine.connect() as connection:
        found = connection.execute(
            text("SELECT last_event_at, expected_s FROM ops.live_source WHERE source = :key"),
            {"key": calls.declaration.key},
        ).one()
    assert (found[0].isoformat(), found[1]) == ("2026-11-22T01:30:00+00:00", 300.0)
