"""The clock of a replay, and its views."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

from geodata.clock import now, replayed, replaying
from geodata.database.replay_views import view_statements
from geodata.tables import metadata

AT = datetime(2026, 11, 20, 0, 30, tzinfo=UTC)


def test_the_clock_stands_still_in_a_replay_and_in_its_thread_only() -> None:
    with replaying(AT):
        assert (now(), replayed()) == (AT, AT)
        with replaying(AT - timedelta(days=1)):
            assert now() == AT - timedelta(days=1)
        assert now() == AT
        with ThreadPoolExecutor(1) as pool:
            assert pool.submit(replayed).result() is None
    assert replayed() is None


def test_a_replay_is_stronger_than_the_clock_of_the_environment(monkeypatch) -> None:
    monkeypatch.setenv("OCC_NOW", "2026-11-22T00:00:00+00:00")
    with replaying(AT):
        assert now() == AT
    assert now() == datetime(2026, 11, 22, tzinfo=UTC)


def test_every_table_has_a_view_except_the_past_itself() -> None:
    views = {line.split(" AS ")[0].rpartition(".")[2] for line in view_statements()[1:]}
    tables = {table.name for table in metadata.sorted_tables}
    assert tables - views == {"state_past", "state_build_past"}
    assert views <= tables
