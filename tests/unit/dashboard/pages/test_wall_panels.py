"""The wall: only what differs is sent, hours ahead are what is usual, one alarm at a time."""

from datetime import UTC, datetime, timedelta

import polars as pl
from dash import html, no_update

from dashboard.components.incidents import RibbonDay, progress, ribbon, usual_hours
from dashboard.pages.wall.alarm import pick_alarm
from dashboard.pages.wall.panels import changed_panels, draw, properties_of, signatures
from geodata.city.configuration import load_city

CHANGCHUN = load_city("changchun")
AT = datetime(2026, 11, 23, 6, 0, tzinfo=UTC)
SCHEMA = {"hour": pl.Int64, "channel": pl.String, "incidents": pl.Int64}


def panels(status: str) -> dict[str, object]:
    return {
        name: [html.Div(status if name == "wall-status" else name)]
        for name in properties_of(CHANGCHUN)
    }


def hours(*rows: tuple[int, str, int]) -> pl.DataFrame:
    return pl.DataFrame(rows, schema=SCHEMA, orient="row")


def test_only_the_panel_that_differs_is_an_answer() -> None:
    shown = signatures(panels("calm"))
    answer = changed_panels(draw(panels("watch")), shown)
    signed = answer.pop("signatures")
    changed = [name for name, each in answer.items() if each is not no_update]
    assert changed == ["wall-status"]
    assert signed != shown
    assert {name for name in shown if shown[name] != signed[name]} == {"wall-status"}


def test_nothing_new_is_no_answer_at_all() -> None:
    answer = changed_panels(draw(panels("calm")), signatures(panels("calm")))
    assert all(each is no_update for each in answer.values())


def test_usual_hours_are_the_mean_of_the_days_that_have_records() -> None:
    days = [hours((7, "110", 10), (8, "119", 1)), hours((7, "110", 21)), hours()]
    assert usual_hours(days).rows() == [(7, "110", 16), (8, "119", 0)]
    assert usual_hours([hours()]).is_empty()


def test_hours_ahead_are_usual_and_do_not_count() -> None:
    shown = RibbonDay(
        "2026-11-23",
        hours((7, "110", 5), (8, "110", 2)),
        CHANGCHUN.channels,
        hour=8,
        usual=hours((7, "110", 90), (8, "110", 90), (9, "110", 7)),
    )
    counts = shown.counts()
    assert [counts[hour]["110"] for hour in (7, 8, 9)] == [5, 2, 7]
    head, bars = ribbon(shown)
    assert [bar.className for bar in bars.children[8:10]] == ["hour-column", "hour-column ahead"]
    total = head.children[-1].children[0].children
    assert total == "共 7 起"


def test_how_far_an_incident_is() -> None:
    row: dict[str, object] = {
        "received_at": AT, "enroute_at": None, "arrived_at": None, "closed_at": None,
        "is_cancelled": False,
    }  # fmt: skip
    assert progress(row)[0] == "处置中"
    row["enroute_at"] = AT + timedelta(seconds=130)
    assert progress(row)[0] == "出动 2:10"
    row["arrived_at"] = AT + timedelta(seconds=292)
    assert progress(row)[0] == "到场 4:52"
    row["closed_at"] = AT + timedelta(hours=1)
    assert progress(row)[0] == "已办结"
    row["is_cancelled"] = True
    assert progress(row)[0] == "已撤销"


def alert(number: int, minutes_ago: int = 0, **changes: object) -> dict[str, object]:
    row = {"alert_id": number, "severity": 3, "state": "firing", "case_state": "open"}
    return {**row, "changed_at": AT - timedelta(minutes=minutes_ago), **changes}


def test_the_newest_unacknowledged_alert_of_level_three_takes_the_map() -> None:
    rows = [
        alert(1, 2),
        alert(2, 1),
        alert(3, severity=2),
        alert(4, case_state="acknowledged"),
        alert(5, state="recovered"),
        alert(6, 6),
    ]
    picked = pick_alarm(rows, AT)  # type: ignore[arg-type]
    assert picked is not None
    assert picked["alert_id"] == 2
    assert pick_alarm(rows[2:], AT) is None  # type: ignore[arg-type]
