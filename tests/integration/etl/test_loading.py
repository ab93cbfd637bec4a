"""The promises of a load on a real PostGIS: whole or not at all, once, and with a memory."""

import json
from itertools import pairwise

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import func, select, text
from sqlalchemy.exc import OperationalError

from etl.load.records import driver
from etl.pipeline import loads, run
from geodata.database.announce import LOADS
from geodata.errors import DatabaseError
from geodata.queries.loads import read_load
from geodata.tables import load, rejected_row, source_coverage
from tests.integration.etl.conftest import CALLS, PLACES
from tests.unit.etl.extract.bombs import zeros, zip_by_hand

T0 = "2026-11-01 08:00:00"


def rejected(engine, result):
    statement = select(
        rejected_row.c.row_number, rejected_row.c.field, rejected_row.c.reason, rejected_row.c.raw
    ).where(rejected_row.c.load_id == result.load_id)
    with engine.connect() as connection:
        return [
            tuple(row) for row in connection.execute(statement.order_by(rejected_row.c.row_number))
        ]


def test_a_row_is_loaded_or_kept_with_its_reason(engine, calls):
    result = calls.load(
        f"id,t0,address\n1,{T0},朝阳\n,{T0},二道\n3,soon,南关\n4\n5,,\n1,{T0},朝阳\n"
    )
    assert (result.rows_in, result.rows_loaded, result.rows_rejected, result.records) == (
        6,
        2,
        4,
        1,
    )
    assert rejected(engine, result) == [
        (3, "id", "is missing", {"id": "", "t0": T0, "address": "二道"}),
        (4, "t0", "is not a time in the declared format and zone",
         {"id": "3", "t0": "soon", "address": "南关"}),
        (5, None, "1 fields where the header has 3", {"1": "4"}),
        (6, "t0", "is missing", {"id": "5", "t0": "", "address": ""}),
    ]  # fmt: skip


def test_the_loads_row_tells_the_whole_story(engine, calls):
    result = calls.load(f"id,t0\n1,{T0}\n2,2026-11-02 09:30:00\n")
    with engine.connect() as connection:
        row = connection.execute(select(load).where(load.c.load_id == result.load_id)).one()
    assert (row.status, row.rows_in, row.rows_loaded, row.rows_rejected, row.records) == (
        "loaded", 2, 2, 0, 2,
    )  # fmt: skip
    assert row.event_from.isoformat() == "2026-11-01T00:00:00+00:00"
    assert row.event_to.isoformat() == "2026-11-02T01:30:00+00:00"
    assert [stage["stage"] for stage in row.stages] == [
        "extract", "transform", "place", "check", "load",
    ]  # fmt: skip
    assert len(row.sha256) == 64


def test_points_get_wgs84_cell_and_district_and_the_rest_is_kept(source):
    text_ = (
        f"id,t0,lon,lat\n1,{T0},125.326507,43.882410\n2,{T0},,\n3,{T0},43.88,125.32\n4,{T0},1,1\n"
    )
    shifted = source(**CALLS, datum="gcj02")
    shifted.load(text_)
    rows = {row[0]: row[1:] for row in shifted.current("record_id", "cell", "district_id", "datum")}
    assert rows["1"][1].startswith("2201")
    assert rows["1"][2] == "gcj02"
    assert {rows[key][:2] for key in "234"} == {(None, "unknown")}


def test_the_same_file_twice_doubles_nothing(engine, calls):
    content = f"id,t0\n1,{T0}\n2,{T0}\n"
    first = calls.load(content)
    assert calls.load(content, "renamed.csv").status == "already loaded"
    assert calls.every() == [(first.load_id, None)] * 2
    with engine.connect() as connection:
        loads = select(func.count()).where(load.c.source == calls.declaration.key)
        assert connection.execute(loads).scalar_one() == 1


def test_a_later_file_adds_and_supersedes_but_keeps_what_was_known(calls):
    first = calls.load(f"id,t0,address\n1,{T0},a\n2,{T0},b\n")
    second = calls.load(f"id,t0,address\n2,{T0},c\n3,{T0},d\n1,{T0},a\n")
    assert calls.current("record_id", "address") == [("1", "a"), ("2", "c"), ("3", "d")]
    assert sorted(calls.every(), key=str) == sorted(
        [
            (first.load_id, None),
            (first.load_id, second.load_id),
            (second.load_id, None),
            (second.load_id, None),
        ],
        key=str,
    )
    assert second.stages[-1].dropped == {
        "unchanged, kept as they are": 1,
        "superseded an earlier record": 1,
    }


def test_an_older_revision_never_replaces_a_newer(engine, calls):
    calls.load(f"id,rev,t0,address\n1,2,{T0},new\n")
    result = calls.load(f"id,rev,t0,address\n1,1,{T0},old\n2,1,{T0},x\n")
    assert calls.current("record_id", "revision", "address") == [("1", 2, "new"), ("2", 1, "x")]
    assert (result.rows_loaded, result.rows_rejected) == (1, 1)
    assert rejected(engine, result)[0][:3] == (2, "revision", "revision 2 is already known")


def test_a_snapshot_retires_what_it_lacks_and_may_return(source):
    places = source(**PLACES, may_shrink=0.5)
    places.load("id,name\n1,a\n2,b\n")
    places.load("id,name\n2,b\n3,c\n")
    assert places.current("facility_id") == [("2",), ("3",)]
    assert places.load("id,name\n2,b\n3,c\n", "same.csv").status == "already loaded"
    back = places.load("id,name\n1,a\n2,b\n")
    assert back.status == "loaded"
    assert places.current("facility_id") == [("1",), ("2",)]


def test_a_snapshot_in_other_order_changes_nothing_but_is_a_load(places):
    places.load("id,name\n1,a\n2,b\n")
    again = places.load("id,name\n2,b\n1,a\n")
    assert again.stages[-1].dropped == {"unchanged, kept as they are": 2}
    assert len(places.every()) == 2


def test_a_scoped_snapshot_leaves_the_other_quarters(source):
    tiles = source(
        table="speed_tile",
        mode="snapshot",
        scope=["technology", "quarter_on"],
        may_shrink=0.5,
        mapping={
            "quadkey": "quadkey",
            "technology": {"const": "fixed"},
            "quarter_on": {"source": "@file", "pattern": r"(\d{4}Q\d)", "format": "quarter"},
            "tests": "tests",
        },
    )
    one, two = "1303320300231301", "1303320300231302"
    tiles.load(f"quadkey,tests\n{one},1\n{two},2\n", "2023Q3.csv")
    tiles.load(f"quadkey,tests\n{one},3\n", "2023Q4.csv")
    tiles.load(f"quadkey,tests\n{one},5\n", "2023Q3.csv")
    assert [(str(on), tests) for on, tests in tiles.current("quarter_on", "tests")] == [
        ("2023-07-01", 5),
        ("2023-10-01", 3),
    ]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "the file is empty"),
        (b"id,t0\n", "holds no rows"),
        (b"id;t0\n1;2026\n", "column 'id' (mapping.record_id) is missing"),
        (b"id,t0\n1,\xff\xfe\xff\n", "is not gb18030"),
        (b'id,t0\n1,"x\n', "row 2: unexpected end of data; is a quotation mark left open there?"),
        (b"id,t0\n1,soon\n2,later\n", "none of its 2 rows can be used; 2 times: t0 is not a time"),
    ],
)
def test_an_unusable_file_is_refused_and_remembered(engine, calls, content, message):
    result = calls.load(content)
    assert result.status == "refused"
    assert message in result.message
    assert calls.every() == []
    with engine.connect() as connection:
        row = connection.execute(select(load).where(load.c.load_id == result.load_id)).one()
    assert (row.status, row.message, row.records) == ("refused", result.message, 0)


def test_a_bomb_is_refused_whole_with_its_limit_and_the_next_file_goes_on(engine, calls):
    calls.load(f"id,t0,address\n1,{T0},朝阳\n")
    bomb = zip_by_hand([("calls.csv", zeros(1 << 30), 8, 1 << 30)])
    refused = calls.load(bomb, "bomb.csv")
    assert (refused.status, refused.records) == ("refused", 0)
    with engine.connect() as connection:
        (found,) = read_load(connection, refused.load_id).findings
    assert (found["severity"], found["code"], found["file"]) == (
        "error",
        "beyond_limit",
        "bomb.csv",
    )
    assert found["field"] == "limits.ratio"
    assert "at most 250 (limits.ratio)" in found["message_en"]
    assert "上限 250（limits.ratio）" in found["message_zh"]
    assert calls.current("record_id", "address") == [("1", "朝阳")]
    assert calls.load(f"id,t0,address\n2,{T0},南关\n", "next.csv").status == "loaded"


def test_a_refused_file_is_loaded_once_it_is_mended(calls):
    assert calls.load(b"", "calls.csv").status == "refused"
    assert calls.load(f"id,t0\n1,{T0}\n", "calls.csv").status == "loaded"


class CrashError(BaseException):
    """The end of the program, like `SystemExit`: no error that a load could record."""


def test_a_crash_in_the_middle_leaves_nothing(engine, calls, monkeypatch):
    calls.load(f"id,t0,address\n1,{T0},a\n")

    def crash(*_):
        raise CrashError

    with monkeypatch.context() as patched:
        patched.setattr(run, "keep_coverage", crash)
        with pytest.raises(CrashError):
            calls.load(f"id,t0,address\n1,{T0},b\n2,{T0},c\n", "crashed.csv")
    assert calls.current("record_id", "address") == [("1", "a")]
    assert len(calls.every()) == 1
    with engine.connect() as connection:
        loads = select(func.count()).where(load.c.source == calls.declaration.key)
        assert connection.execute(loads).scalar_one() == 1
    assert calls.load(f"id,t0,address\n1,{T0},b\n2,{T0},c\n", "crashed.csv").status == "loaded"


def test_a_lost_connection_refuses_the_file_without_a_traceback(engine, calls, monkeypatch):
    def lose(raw, *_):
        raw.execute("SELECT pg_terminate_backend(pg_backend_pid())")

    monkeypatch.setattr(run, "keep_rejected", lose)
    result = calls.load(f"id,t0\n1,{T0}\n")
    assert result.status == "refused"
    assert "connection" in result.message
    assert calls.every() == []


def test_a_database_that_is_gone_is_a_clear_error(engine, calls, monkeypatch):
    def lose(*_):
        raise OperationalError("x", {}, Exception("server closed the connection"))

    monkeypatch.setattr(loads, "_row", lose)
    with pytest.raises(DatabaseError, match="server closed the connection"):
        calls.load(f"id,t0\n1,{T0}\n")


def test_a_value_the_database_cannot_hold_refuses_the_file(calls):
    result = calls.load(f"id,rev,t0\n1,99999999999,{T0}\n")
    assert result.status == "refused"
    assert "integer out of range" in result.message


def test_coverage_is_written_with_the_load_and_once(engine, source):
    covered = source(
        table="incident",
        mapping={"record_id": "id", "channel": {"const": "119"}, "received_at": "t0"},
        coverage={"area": "city", "period": "months"},
    )
    covered.load("id,t0\n1,2026-10-05 08:00:00\n")
    covered.load("id,t0\n2,2026-10-09 08:00:00\n")
    statement = select(source_coverage.c.starts_at, source_coverage.c.ends_at).where(
        source_coverage.c.source == covered.declaration.key
    )
    with engine.connect() as connection:
        spans = [(a.isoformat(), b.isoformat()) for a, b in connection.execute(statement)]
    assert spans == [("2026-09-30T16:00:00+00:00", "2026-10-31T16:00:00+00:00")]


def test_a_load_is_announced_when_it_is_visible(engine, calls):
    with engine.connect() as listening:
        listening.execution_options(isolation_level="AUTOCOMMIT")
        listening.execute(text(f"LISTEN {LOADS}"))
        result = calls.load(f"id,t0\n1,{T0}\n")
        heard = [note.payload for note in driver(listening).notifies(timeout=5, stop_after=1)]
    assert [json.loads(payload) for payload in heard] == [
        {"load_id": result.load_id, "source": calls.declaration.key, "table": "incident"}
    ]


def test_names_and_values_cannot_be_sql(calls):
    calls.load('id,t0,address\n"1\'); DROP TABLE ops.load; --",' + T0 + ',"%(x)s {y}"\n')
    assert calls.current("record_id", "address") == [("1'); DROP TABLE ops.load; --", "%(x)s {y}")]


ROWS = st.lists(
    st.tuples(st.sampled_from("ABCD"), st.integers(0, 2), st.sampled_from(["x", "y"])),
    min_size=1,
    max_size=8,
)


@settings(
    max_examples=12,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
    derandomize=True,
)
@given(rows=ROWS, cuts=st.lists(st.integers(0, 8), max_size=3))
def test_any_split_into_files_gives_the_same_current_records(source, rows, cuts):
    header = "id,rev,t0,address\n"
    lines = [f"{key},{revision},{T0},{address}\n" for key, revision, address in rows]
    declared_ = {
        "table": "incident",
        "mapping": {
            "record_id": "id", "revision": "rev", "channel": {"const": "110"},
            "received_at": "t0", "address": "address",
        },
    }  # fmt: skip
    whole, pieces = source(**declared_), source(**declared_)
    whole.load(header + "".join(lines))
    edges = [0, *sorted(min(cut, len(lines)) for cut in cuts), len(lines)]
    for start, end in pairwise(edges):
        if start < end:
            pieces.load(header + "".join(lines[start:end]))
    columns = ("record_id", "revision", "address")
    assert pieces.current(*columns) == whole.current(*columns)
