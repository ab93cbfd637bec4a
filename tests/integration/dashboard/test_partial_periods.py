"""METHODS 10 on records: October covered 3-31, November 1-27, and the day that is not over."""

from datetime import UTC, date, datetime, timedelta

import pytest
from sqlalchemy import Engine, insert

from dashboard.pages.wall.playlist import build_stops
from dashboard.read.context import ScreenContext
from dashboard.read.headlines import read_headline
from dashboard.read.trends import read_trend
from dashboard.read.values import read_days
from dashboard.scenes.model import Headline, Scene, WallConfiguration
from dashboard.wording.numbers import change_text
from dashboard.wording.periods import change_words, coverage_text, known_period_text
from geodata import tables
from geodata.city.configuration import City
from geodata.published.layers import newest_of, read_periods
from geodata.settings import Settings
from layers.build.run import build_states
from layers.disclosure.publish import publish_layers
from layers.period import Period
from layers.values.change import NoChange
from tests.integration.layers.conftest import make_add

NOW = "2026-11-28T06:00:00+00:00"  # 14:00 in the city
OCTOBER_CALLS, NOVEMBER_CALLS, TODAY_CALLS = 8490, 8271, 140


class NoCache:
    """Remembers nothing."""

    def get_or(self, key, compute, form):
        return compute()


def calls_of(first: date, days: int, count: int, start: int) -> list[dict[str, object]]:
    """Calls spread evenly over days of the city, all from one district."""
    begin = datetime(first.year, first.month, first.day, 1, tzinfo=UTC)
    return [
        {
            "record_id": str(start + number),
            "event_id": str(start + number),
            "channel": "110",
            "received_at": begin + timedelta(days=number * days // count),
            "district_id": "220102",
            "is_duplicate": False,
        }
        for number in range(count)
    ]


@pytest.fixture(scope="module")
def context(engine: Engine, city: City, tmp_path_factory) -> ScreenContext:
    """A city with two months of calls, beds counted once, and nothing else."""
    patch = pytest.MonkeyPatch()
    patch.setenv("OCC_NOW", NOW)
    add = make_add(engine, city)
    rows = [
        *calls_of(date(2026, 10, 3), 29, OCTOBER_CALLS, 0),
        *calls_of(date(2026, 11, 1), 27, NOVEMBER_CALLS, 10_000),
        *calls_of(date(2026, 11, 28), 1, TODAY_CALLS, 20_000),
    ]
    number = add("incident", rows, source="police", event_to=datetime(2026, 11, 28, 5, tzinfo=UTC))
    with engine.begin() as connection:
        connection.execute(
            insert(tables.source_coverage).values(
                source="police",
                load_id=number,
                table_name="incident",
                starts_at=datetime(2026, 10, 2, 16, tzinfo=UTC),
                ends_at=datetime(2026, 11, 28, 16, tzinfo=UTC),  # to the end of today
            )
        )
    build_states(engine, city, ["incident_calls", "incident_count"])
    yield ScreenContext(engine, city, Settings(data_dir=tmp_path_factory.mktemp("data")), NoCache())
    patch.undo()


@pytest.fixture(autouse=True)
def _clock(monkeypatch: pytest.MonkeyPatch, context: ScreenContext) -> None:
    monkeypatch.setenv("OCC_NOW", NOW)


def test_10_the_change_is_of_the_covered_days(context: ScreenContext):
    shown = read_headline(context, Headline(indicator="incident_calls"))
    assert shown is not None
    assert shown.value.value == NOVEMBER_CALLS + TODAY_CALLS
    assert change_text(shown.change, shown.indicator) == "+4.6%"
    assert change_words(shown.change, "en") == (
        "per covered day: 1–27 Nov (27 d) against 3–31 Oct (29 d)"
    )
    assert (
        change_words(shown.change, "zh") == "按覆盖日均：11月1–27日 (27天)，对比10月3–31日 (29天)"
    )


def test_10_the_running_month_says_which_days_are_known(context: ScreenContext):
    shown = read_headline(context, Headline(indicator="incident_calls"))
    assert coverage_text(shown.coverage, "en") == "1–27 Nov, 27 of 30 days"
    assert known_period_text(shown.coverage, "zh") == "2026-11 · 11月1–27日，30天中27天"
    october = read_days(context, shown.build, shown.component).of(Period.parse("2026-10"))
    assert coverage_text(october, "en") == "3–31 Oct, 29 of 31 days"


def test_10_less_than_half_a_month_has_no_change_and_says_so(
    context: ScreenContext, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv("OCC_NOW", "2026-11-10T06:00:00+00:00")
    shown = read_headline(context, Headline(indicator="incident_calls"))
    assert shown.change.why is NoChange.LITTLE_COVERED
    assert change_text(shown.change, shown.indicator) == "—"
    assert "less than half" in change_words(shown.change, "en")


def test_the_day_that_runs_is_hollow_and_off_the_line(context: ScreenContext):
    shown = read_headline(context, Headline(indicator="incident_calls"))
    trend = read_trend(context, shown, 60)
    at = [str(each.period) for each in trend.coverage].index("2026-11-28")
    assert (trend.values[at], trend.solid[at], trend.is_partial[at]) == (TODAY_CALLS, None, True)
    assert not any(trend.is_partial[at - 27 : at])
    assert coverage_text(trend.coverage[at], "en") == "day not over"


def test_a_scene_without_data_is_passed_over(context: ScreenContext):
    scenes = (
        Scene(key="calls", layer=Headline(indicator="incident_count")),
        Scene(key="fires", layer=Headline(indicator="incident_count", component="119")),
        Scene(key="beds", layer=Headline(indicator="nearest_hospital_min")),
        Scene(key="buses", overlays=("vehicles",), title_zh="公交", title_en="Buses"),
    )
    stops = build_stops(context, WallConfiguration(cards={}, scenes=scenes))
    assert [stop.scene.key for stop in stops] == ["calls"]


def test_an_export_says_that_its_period_is_partial(context: ScreenContext):
    """Counts of people are published for whole months: October, of which 29 days are covered."""
    publish_layers(context.engine, context.city, context.settings.data_dir, ["incident_count"])
    with context.engine.connect() as connection:
        layer = newest_of(read_periods(connection))["incident_count"]
        columns = connection.exec_driver_sql(
            "SELECT is_partial, covered_from, covered_to, covered_days "
            "FROM published.district_values WHERE indicator = 'incident_count' LIMIT 1"
        ).one()
    assert layer.period == "2026-10"
    assert tuple(columns) == (True, date(2026, 10, 3), date(2026, 10, 31), 29)
