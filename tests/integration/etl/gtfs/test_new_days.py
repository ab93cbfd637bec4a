"""A timetable is expanded for a week; when the week is over, the same file brings the next one."""

import shutil
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from sqlalchemy import Engine, text

from etl.pipeline.run import load_source
from geodata.city.configuration import City
from geodata.clock import now
from geodata.queries.progress import read_lapsed_feeds
from layers.build.run import build_states
from layers.period import Period
from layers.values.read import ValueQuery, read_values

MINI = Path(__file__).parents[3] / "data" / "gtfs" / "mini"
# the mini-feed runs from the 1st to the 31st of December
FIRST, SAME_DAY, WEEK_LATER = "2026-12-01T08:00", "2026-12-01T20:00", "2026-12-09T00:30"
LAST_COVERED, AFTER_THE_END = "2026-12-07T23:30", "2027-01-05T08:00"


@pytest.fixture
def load_at(engine: Engine, city: City, declare_feed, monkeypatch: pytest.MonkeyPatch):
    """Load a feed at a time of the city's clock; returns its status."""

    def load(key: str, at: str, path: Path = MINI, **options: object) -> str:
        monkeypatch.setenv("OCC_NOW", f"{at}:00+08:00")
        (result,) = load_source(engine, city, declare_feed(key, path, **options), path).files
        return result.status

    return load


def rows(engine: Engine, query: str, source: str) -> list[tuple[object, ...]]:
    with engine.connect() as connection:
        return [tuple(row) for row in connection.execute(text(query), {"source": source})]


def lapsed(engine: Engine, city: City) -> list[str]:
    with engine.connect() as connection:
        return list(read_lapsed_feeds(connection, now(), city.timezone))


def test_a_week_later_the_same_file_brings_the_new_days(
    engine: Engine, city: City, load_at
) -> None:
    assert load_at("week", FIRST) == "loaded"
    assert load_at("week", SAME_DAY) == "already loaded"
    assert load_at("week", LAST_COVERED) == "already loaded"
    assert lapsed(engine, city) == []
    assert load_at("week", WEEK_LATER) == "loaded"
    assert load_at("week", WEEK_LATER) == "already loaded"
    assert lapsed(engine, city) == []

    days = "SELECT DISTINCT service_on FROM ops.departure WHERE source = :source ORDER BY 1"
    weekdays = [date(2026, 12, day) for day in (9, 10, 11, 14, 15)]
    assert [row[0] for row in rows(engine, days, "week") if row[0] >= date(2026, 12, 9)] == weekdays
    of_a_day = (
        "SELECT count(*), count(DISTINCT (trip_id, stop_id, departs_at)) FROM ops.departure"
        " WHERE source = :source AND service_on = '2026-12-09'"
    )
    assert rows(engine, of_a_day, "week") == [(21, 21)]
    stops = "SELECT count(*) FROM ops.gtfs_stop WHERE source = :source AND retired_by IS NULL"
    assert rows(engine, stops, "week") == [(3,)]
    covered = (
        "SELECT starts_at, ends_at FROM ops.source_coverage WHERE source = :source"
        " AND table_name = 'departure' AND retired_by IS NULL ORDER BY 1"
    )
    past = (datetime(2026, 11, 30, 16, tzinfo=UTC), datetime(2026, 12, 7, 16, tzinfo=UTC))
    week = (datetime(2026, 12, 8, 16, tzinfo=UTC), datetime(2026, 12, 15, 16, tzinfo=UTC))
    assert rows(engine, covered, "week") == [past, week]
    assert rows(engine, of_a_day.replace("12-09", "12-02"), "week") == [(21, 21)]

    build_states(engine, city, ["departures_per_hour"])
    question = ValueQuery("departures_per_hour", Period.parse("2026-12-09"), by="city", res=None)
    assert read_values(engine, city, question)["value"].to_list() == [2.0]
    past_day = ValueQuery("departures_per_hour", Period.parse("2026-12-02"), by="city", res=None)
    assert read_values(engine, city, past_day)["value"].to_list() == [2.0]


def test_days_that_the_declaration_fixes_stay(load_at) -> None:
    fixed = {"expand": {"from": "2026-12-01", "days": 3}}
    assert load_at("fixed", FIRST, **fixed) == "loaded"
    assert load_at("fixed", WEEK_LATER, **fixed) == "already loaded"


def test_a_feed_that_runs_no_more_is_left_alone_whatever_its_end_date_says(
    load_at, tmp_path: Path
) -> None:
    folder = Path(shutil.copytree(MINI, tmp_path / "feed"))
    (folder / "feed_info.txt").write_text(
        "feed_publisher_name,feed_publisher_url,feed_lang,feed_start_date,feed_end_date\n"
        "P,http://example.org,zh,20261201,20271231\n"
    )
    assert load_at("ended", FIRST, folder) == "loaded"
    assert load_at("ended", AFTER_THE_END, folder) == "already loaded"
