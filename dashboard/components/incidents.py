"""Incidents without places: the list of a day's last records and the day's hours by channel."""

from collections.abc import Mapping
from datetime import datetime
from zoneinfo import ZoneInfo

import polars as pl
from dash import html

from dashboard.components.text import bilingual, two_lines
from dashboard.i18n import translate
from dashboard.numbers import format_duration

CHANNELS = ("110", "122", "120", "119", "12350")
HOURS = 24


def arrival_seconds(received_at: datetime, arrived_at: datetime | None) -> float | None:
    """Return call to arrival, None where no arrival is on file or it lies before the call."""
    if arrived_at is None or arrived_at < received_at:
        return None
    return (arrived_at - received_at).total_seconds()


def outcome(row: Mapping[str, object]) -> tuple[str, str]:
    """Return what is known of how it went, in both languages."""
    seconds = arrival_seconds(row["received_at"], row["arrived_at"])  # type: ignore[arg-type]
    if row["is_cancelled"]:
        word = "wall.cancelled"
    elif seconds is not None:
        word = "wall.arrived"
    else:
        word = "wall.no_arrival" if row["closed_at"] else "wall.under_way"
    clock = format_duration(seconds) if seconds is not None else ""
    return translate(word, "zh", clock=clock), translate(word, "en", clock=clock)


def incident_item(row: Mapping[str, object], names: Mapping[str, str], zone: ZoneInfo) -> html.Li:
    """Return one incident: time, channel, category, district, outcome."""
    received: datetime = row["received_at"]  # type: ignore[assignment]
    channel = str(row["channel"])
    done_zh, done_en = outcome(row)
    category = str(row["category"] or translate("wall.unknown_category", "zh"))
    return html.Li(
        [
            html.Time(received.astimezone(zone).strftime("%H:%M"), className="number"),
            html.Span(channel, className=f"channel channel-{channel}"),
            html.Span(
                [
                    html.Span(category, className="category"),
                    html.Span(names.get(str(row["district_id"]), ""), className="place"),
                ]
            ),
            two_lines(done_zh, done_en, class_name="outcome"),
        ]
    )


def incident_list(frame: pl.DataFrame, names: Mapping[str, str], zone: ZoneInfo) -> html.Ol:
    """Return the incidents of a frame in its order."""
    items = [incident_item(row, names, zone) for row in frame.iter_rows(named=True)]
    return html.Ol(items, className="incident-list")


def hour_counts(frame: pl.DataFrame) -> dict[int, dict[str, int]]:
    """Return incidents by hour and channel, zeros included."""
    counts = {hour: dict.fromkeys(CHANNELS, 0) for hour in range(HOURS)}
    for hour, channel, incidents in frame.select("hour", "channel", "incidents").iter_rows():
        if channel in counts[hour]:
            counts[hour][channel] = incidents
    return counts


def hour_bar(hour: int, counts: Mapping[str, int], most: int) -> html.Div:
    """Return one hour's stacked bar with its label."""
    parts = [
        html.Div(className=f"bar channel-{channel}", style={"height": f"{100 * n / most:.2f}%"})
        for channel, n in counts.items()
        if n
    ]
    words = f"{hour:02d}:00 " + " · ".join(f"{c} {n}" for c, n in counts.items())
    return html.Div(
        [html.Div(parts[::-1], className="bars"), html.Div(f"{hour:02d}", className="hour")],
        className="hour-column",
        title=words,
    )


def ribbon(frame: pl.DataFrame, day: str) -> list[html.Div]:
    """Return the day's hours by channel with the key and the total, or nothing known."""
    counts = hour_counts(frame)
    most = max(1, *(sum(hour.values()) for hour in counts.values()))
    total = f"{sum(sum(hour.values()) for hour in counts.values()):,}"
    key = [
        html.Span(
            [
                html.Span(className=f"dot channel-{channel}"),
                two_lines(translate(f"channel.{channel}", "zh"), _english(channel)),
            ],
            className="channel-key",
        )
        for channel in CHANNELS
    ]
    head = html.Div(
        [
            bilingual("wall.ribbon", tag=html.H2),
            bilingual("wall.ribbon_sub", class_name="caption", day=day),
            html.Div(key, className="channel-keys"),
            bilingual("wall.total", class_name="total", count=total),
        ],
        className="ribbon-head",
    )
    bars = [hour_bar(hour, by_channel, most) for hour, by_channel in counts.items()]
    return [head, html.Div(bars, className="ribbon-bars")]


def _english(channel: str) -> str:
    """The English word of a channel without its number, which the Chinese already gives."""
    return translate(f"channel.{channel}", "en").removeprefix(channel).strip()
