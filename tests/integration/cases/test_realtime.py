"""Realtime messages that say what cannot be true, beside a small timetable of one line."""

import pytest

from geodata.space.districts import DistrictLocator, read_districts
from tests.integration.cases.realtime_feed import RealtimeFeed

pytestmark = pytest.mark.realdata
NOON = "2026-11-25T04:00:00+00:00"  # in Changchun


@pytest.fixture(scope="module")
def locator(city):
    return DistrictLocator(read_districts(city))


@pytest.fixture
def case(engine, city, locator, trial_data, tmp_path, monkeypatch):
    """Return a function from the begin of a case's name to the feed of its folder."""
    monkeypatch.setenv("OCC_NOW", NOON)

    def open_case(begin: str) -> RealtimeFeed:
        (folder,) = (trial_data / "cases").glob(f"{begin}-*")
        timetable = (folder / "timetable.zip").read_bytes()
        feed = RealtimeFeed(engine, city, locator, tmp_path, timetable, "Asia/Shanghai")
        for path in folder.glob("*.pb"):
            feed.send(path.name, path.read_bytes())
        return feed

    return open_case


def counted(done) -> bool:
    return all(each.rows_in == each.rows_loaded + each.rows_rejected for each in done)


def test_one_bad_timestamp_costs_its_row(case):
    feed = case("40")
    done = feed.poll()
    assert {each.status for each in done} == {"loaded"}
    assert counted(done)
    assert feed.departures() == {("T1", 1): 30, ("T1", 2): 60, ("T1", 3): 60, ("T2", 1): 60}
    assert {(file, row) for file, row, _, _ in feed.rejected()} == {("1.pb", 1), ("3.pb", 1)}
    reasons = {file: reason for file, _, _, reason in feed.rejected()}
    assert "milliseconds" in reasons["1.pb"]
    assert "9223372036854775808 is no time" in reasons["3.pb"]


def test_a_stop_id_that_is_unique_decides(case):
    feed = case("41")
    assert counted(feed.poll())
    assert feed.departures() == {("T1", 2): 60, ("T1", 3): 60}
    assert feed.rejected() == [("1.pb", 1, "stop_id", "'NOWHERE' is no stop of the trip")]


def test_vehicles_of_other_trips_are_not_the_scheduled_run(case):
    feed = case("42")
    assert counted(feed.poll())
    assert feed.departures() == {}
    assert feed.vehicles() == {"V1": None, "V2": None}


def test_a_cancellation_is_taken_back(case):
    feed = case("43")
    feed.poll()
    assert feed.departures() == {("T1", 1): 30, ("T1", 2): 60, ("T1", 3): 60}


def test_absurd_times_are_rejected_and_the_true_ones_follow(case):
    feed = case("44")
    assert counted(feed.poll())
    assert feed.departures() == {("T1", 1): 30, ("T1", 2): 60, ("T1", 3): 60}
    assert sorted((row, field) for _, row, field, _ in feed.rejected()) == [
        (1, "departure.delay"), (2, "trip.start_date"),
    ]  # fmt: skip


def test_messages_are_read_by_their_own_times(case):
    feed = case("45")
    feed.declare("positions")
    done = feed.poll()
    assert [each.file for each in done] == ["2345.pb", "2354.pb", "0004.pb", "0009.pb"]
    assert [(each.status, each.rows_loaded) for each in done] == [("loaded", 1)] * 4
    assert feed.vehicles() == {"V1": "T1"}
    feed.restart()
    assert feed.poll() == []


def test_messages_that_come_late_are_passed_over_aloud(case):
    feed = case("45")
    feed.declare("positions")
    late = [feed.folder / name for name in ("2345.pb", "2354.pb")]
    contents = [path.read_bytes() for path in late]
    for path in late:
        path.unlink()
    assert [each.file for each in feed.poll()] == ["0004.pb", "0009.pb"]
    for path, content in zip(late, contents, strict=True):
        path.write_bytes(content)
    done = feed.poll()
    assert [(each.file, each.status) for each in done] == [
        ("2345.pb", "refused"), ("2354.pb", "refused"),
    ]  # fmt: skip
    assert all("older than a message" in each.message for each in done)
    assert [code for code, _ in feed.findings()] == ["message_passed_over"] * 2
    feed.restart()
    assert feed.poll() == []
