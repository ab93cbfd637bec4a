"""Knowing nothing is not calm: status, alerts, reasons on a database in which nothing was built."""

import json
from datetime import UTC, datetime, timedelta

import pytest
from plotly.utils import PlotlyJSONEncoder
from sqlalchemy import Engine, delete, insert

from dashboard.factory import build_page
from dashboard.page import discover
from dashboard.pages.wall.status import facts_of, read_unwatched
from dashboard.read.cache import build_cache
from dashboard.read.context import ScreenContext
from dashboard.read.reasons import read_reason
from etl.live.progress import keep_event, keep_followed, keep_poll
from etl.source.live import LiveRule
from geodata.city.configuration import City
from geodata.queries.alerts import read_alerts
from geodata.queries.live import read_sources_freshness
from geodata.settings import Settings
from geodata.space.districts import load_districts
from geodata.tables import alert_watch, live_source, load, road_edge
from layers.alerts.observe import evaluate
from layers.alerts.rules import load_alert_rules
from layers.catalogue.registry import find_indicator
from layers.score.city_status import city_status
from layers.score.rules import load_status_rules
from layers.score.score import read_scores

pytestmark = pytest.mark.usefixtures("asked_by_administrator")

AT = datetime(2026, 11, 27, 4, 0, tzinfo=UTC)
RULE = LiveRule(path="live/*.csv", expected="PT5M")


@pytest.fixture
def context(engine: Engine, city: City, tmp_path) -> ScreenContext:
    with engine.begin() as connection:
        load_districts(connection, city)
    settings = Settings(data_dir=tmp_path)
    return ScreenContext(engine, city, settings, build_cache(settings, city))


def text_of(context: ScreenContext, path: str) -> str:
    page = build_page(context, discover(), path, "")
    return json.dumps(page, cls=PlotlyJSONEncoder, ensure_ascii=False)


def at(monkeypatch: pytest.MonkeyPatch, moment: datetime) -> None:
    monkeypatch.setenv("OCC_NOW", moment.isoformat())


def test_case_22_a_wall_without_data_says_that_it_does_not_know(context, monkeypatch) -> None:
    at(monkeypatch, AT)
    wall = text_of(context, "/wall")
    assert "城市状态：未知" in wall
    assert "City status · not known" in wall
    assert "平稳" not in wall
    assert "calm" not in wall


def test_a_source_that_never_spoke_raises_its_alert(engine, city, monkeypatch) -> None:
    at(monkeypatch, AT)
    keep_followed(engine, [("incidents_119", RULE), ("incidents_120", RULE)])
    with engine.begin() as connection:
        keep_event(connection, "incidents_120", RULE, AT + timedelta(minutes=4))
    for minutes in (4, 6, 8):
        moment = AT + timedelta(minutes=minutes)
        at(monkeypatch, moment)
        keep_poll(engine, "incidents_119", RULE, None)  # looked at, in vain
        evaluate(engine, city, moment)
    with engine.connect() as connection:
        raised = [dict(row) for row in read_alerts(connection, AT + timedelta(minutes=8))]
    assert [(row["subject"], row["severity"]) for row in raised] == [("incidents_119", 1)]
    assert "_" not in raised[0]["text_en"]
    assert "从未有数据" in raised[0]["text_zh"]
    states = {
        each.source: each.state
        for each in read_sources_freshness(engine, AT + timedelta(minutes=8))
    }
    assert states == {"incidents_119": "silent", "incidents_120": "fresh"}


def test_rules_without_data_are_said_to_be_unknown(context, monkeypatch) -> None:
    at(monkeypatch, AT)
    with context.engine.begin() as connection:
        connection.execute(delete(alert_watch))
    rules = load_alert_rules(context.city)
    assert read_unwatched(context) == list(rules)
    evaluate(context.engine, context.city, AT)
    blind = {rule.key for rule in read_unwatched(context)}
    assert "fire_within_target" in blind
    assert "stale_source" not in blind
    duty = text_of(context, "/duty")
    assert "目前无法判断的规则" in duty
    assert "1 of 1 not judged" in duty
    at(monkeypatch, AT + timedelta(hours=1))
    assert len(read_unwatched(context)) == len(rules)  # nobody judged them since
    assert "last judged 2026-11-27 12:00" in text_of(context, "/duty")


def test_sources_that_nobody_follows_are_named(context, monkeypatch) -> None:
    at(monkeypatch, AT)
    with context.engine.begin() as connection:
        connection.execute(delete(live_source))  # followed until later than this: a clock set back
    keep_followed(context.engine, [("incidents_119", RULE), ("incidents_120", RULE)])
    sources = read_sources_freshness(context.engine, AT)
    facts = facts_of(context.city, {}, sources, ())
    found = city_status(
        load_status_rules(context.city), read_scores(context.engine, context.city), facts
    )
    assert found.level is None
    assert any("live sources nobody follows" in words for words in found.reasons_en)
    assert not any("incidents_" in words for words in (*found.reasons_en, *found.reasons_zh))


def test_an_indicator_without_its_inputs_says_which(context) -> None:
    coverage = find_indicator(context.city, "station_coverage_share")
    zh, en = (read_reason(context, coverage, code) for code in ("zh", "en"))
    assert zh.startswith("没有装载：")
    assert "roads" in en
    assert "residents" in en
    with context.engine.begin() as connection:
        number = connection.execute(insert(load).values(**loaded()).returning(load.c.load_id))
        edge = {
            "source": "roads",
            "load_id": number.scalar_one(),
            "from_node": 1,
            "to_node": 2,
            **extra(road_edge),
        }
        connection.execute(insert(road_edge).values(edge))
    assert "roads" not in read_reason(context, coverage, "en")
    assert "residents" in read_reason(context, coverage, "en")
    district = text_of(context, "/district/220102")
    assert "not loaded: stops" in district


def loaded() -> dict[str, object]:
    counts = dict.fromkeys(("rows_in", "rows_loaded", "rows_rejected", "records"), 0)
    words = dict.fromkeys(("file", "sha256", "owner", "licence"), "x")
    return {
        "source": "roads", "table_name": "road_edge", "status": "loaded", "provenance": "real",
        "started_at": AT, "finished_at": AT, **words, **counts,
    }  # fmt: skip


def extra(table) -> dict[str, object]:
    """Return a value for each further column that must be filled."""
    line = "SRID=4326;LINESTRING(125.3 43.8, 125.31 43.8)"
    given = {"source", "load_id", "from_node", "to_node"}
    needed = [
        each
        for each in table.columns
        if not each.nullable and each.server_default is None and each.identity is None
    ]
    return {
        each.name: line if each.name == "geom" else 1 for each in needed if each.name not in given
    }
