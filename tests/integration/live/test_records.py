"""A file of calls is followed line by line, whatever happens to it."""

import os
import random
import signal
import subprocess
import sys

import numpy as np
import pytest
from sqlalchemy import text
from sqlalchemy.exc import OperationalError

from etl.live import piece
from etl.live.progress import Advance, OvertakenError
from etl.live.record_files import by_age
from tests.integration.live.conftest import HEADER, NOW

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
    assert calls.rejected() == []
    calls.append(line("a", revision=1))
    (done,) = calls.poll()
    assert calls.rows("incident", "record_id", "revision") == [("a", 2)]
    # overtaken on its way: as little a fault as if both had come in one piece
    assert (done.rows_in, done.rows_loaded, done.records) == (1, 1, 0)
    assert calls.rejected() == []


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


def test_a_refusal_and_its_progress_are_one_transaction(calls, monkeypatch):
    calls.append(HEADER + "c\0c,0,110,,2026-11-22 08:00:00,,,\n")

    def crash(*_args, **_kwargs):
        raise OperationalError("", None, Exception("server closed the connection"))

    with monkeypatch.context() as patched:
        patched.setattr(Advance, "keep", crash)
        with pytest.raises(OperationalError):
            calls.poll()
    assert [done.status for done in calls.poll()] == ["refused"]
    assert calls.poll() == []
    assert [row for row, _ in calls.rejected()] == [2]
    refused = text("SELECT count(*) FROM ops.load WHERE source = :key AND status = 'refused'")
    with calls.engine.connect() as connection:
        assert connection.execute(refused, {"key": calls.declaration.key}).scalar_one() == 1


def test_of_two_followers_one_loads_a_line(calls, monkeypatch):
    """The other one read the same lines before the first committed: it finds itself overtaken."""
    calls.append(HEADER + line("a") + "b,0,911,,x,,,\n")
    first = calls.follow()
    lines, kept = first._next(calls.path)
    calls.poll()
    with pytest.raises(OvertakenError):
        list(first._load(lines, kept))
    assert calls.rows("incident", "record_id") == [("a",)]
    assert [row for row, _ in calls.rejected()] == [3]


def test_freshness_knows_the_latest_event(calls):
    calls.append(HEADER + line("a", "09:30:00") + line("b", "09:10:00"))
    calls.poll()
    with calls.engine.connect() as connection:
        found = connection.execute(
            text("SELECT last_event_at, expected_s FROM ops.live_source WHERE source = :key"),
            {"key": calls.declaration.key},
        ).one()
    assert (found[0].isoformat(), found[1]) == ("2026-11-22T01:30:00+00:00", 300.0)


FOLLOW = """
import sys, threading
from pathlib import Path
from sqlalchemy.engine import make_url
from etl.source.declaration import SourceDeclaration
from etl.live.piece import LiveSource
from etl.live.record_files import FollowedRecords
from geodata.city.configuration import load_city
from geodata.space.districts import DistrictLocator, read_districts
from geodata.database.engine import connect
city = load_city("changchun")
declaration = SourceDeclaration.model_validate_json(sys.argv[2])
locator = DistrictLocator(read_districts(city))
target = LiveSource(connect(make_url(sys.argv[1])), city, declaration, declaration.live[0], locator)
followed, pause = FollowedRecords(target, Path(sys.argv[3])), threading.Event()
print("following", flush=True)
while True:
    for done in followed.poll():
        print(done.load_id, flush=True)
    pause.wait(0.01)
"""


def test_kill_9_at_random_points_loses_and_doubles_nothing(calls):
    """Three followers one after another are killed while lines are appended; a fourth ends it."""
    rng = random.Random(7)
    calls.append(HEADER)
    url = calls.engine.url.render_as_string(hide_password=False)
    arguments = [sys.executable, "-c", FOLLOW, url, calls.declaration.model_dump_json(),
                 str(calls.path.parent.parent)]  # fmt: skip
    sent = 0
    for _ in range(3):
        process = subprocess.Popen(arguments, stdout=subprocess.PIPE, text=True, env=os.environ)
        assert process.stdout is not None
        assert process.stdout.readline() == "following\n"
        for _ in range(rng.randint(1, 4)):
            calls.append("".join(line(f"r{sent + n}") for n in range(5)) + "bad,0,911,,x,,,\n")
            sent += 5
            if rng.random() < 0.5:
                process.stdout.readline()
        process.send_signal(signal.SIGKILL)
        process.wait()
        process.stdout.close()
    calls.poll()
    assert len(calls.rows("incident", "record_id")) == sent
    assert len(calls.rejected()) == sent // 5
    with calls.engine.connect() as connection:
        every = text("SELECT count(*) FROM ops.incident WHERE source = :key")
        assert connection.execute(every, {"key": calls.declaration.key}).scalar_one() == sent


def test_a_record_that_no_index_can_hold_stops_none_after_it(calls):
    """PostgreSQL says so by an error of another class than for other faulty rows."""
    long = "".join(f"{number:08x}" for number in np.random.default_rng(9).integers(2**32, size=900))
    calls.append(HEADER + line("1") + line(long) + line("2"))
    assert [done.status for done in calls.poll()] == ["loaded", "refused", "loaded"]
    assert calls.rows("incident", "record_id") == [("1",), ("2",)]
    assert calls.poll() == []


def test_files_are_read_in_the_order_of_their_changes(calls):
    """The newer file says more of the same call, whatever the names are."""
    newer, older = calls.folder / "calls_10.csv", calls.folder / "calls_9.csv"
    for path, minutes in ((newer, 0), (older, -60)):
        calls.append(HEADER, path)
        moment = NOW.timestamp() + 60 * minutes
        os.utime(path, (moment, moment))
    assert [path.name for path in by_age([newer, older])] == ["calls_9.csv", "calls_10.csv"]
    assert by_age([calls.folder / "gone.csv"]) == []
