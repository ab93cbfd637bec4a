"""Incidents without places: the list of a day's latest records, and its hours by channel."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

import polars as pl
from dash import html

from dashboard.components.text import bilingual, two_lines
from dashboard.wording.i18n import translate
from dashboard.wording.numbers import format_duration

CHANNELS = ("110", "122", "120", "119", "12350")
HOURS = 24


def arrival_seconds(received_at: datetime, arrived_at: datetime | None) -> float | None:
    """Return call to arrival; None without an arrival or where it lies before the call."""
    if arrived_at is None or arrived_at < received_at:
        return None
    return (arrived_at - received_at).total_seconds()


def outcome(row: Mapping[str, object]) -> tuple[str, str]:
    """Return the outcome of an incident as far as known, in both languages."""
    seconds = arrival_seconds(row["received_at"], row["arrived_at"])  # type: ignore[arg-type]
    if row["is_cancelled"]:
        word = "wall.cancelled"
    elif seconds is not None:
        word = "wall.arrived"
    else:
        word = "wall.no_arrival" if row["closed_at"] else "wall.under_way"
    clock = format_duration(seconds) if seconds is not None else ""
    return translate(word, "zh", clock=clock), translate(word, "en", clock=clock)


def progress(row: Mapping[str, object]) -> tuple[str, str]:
    """Return the state of today's incident: in hand, dispatched, arrived, closed, cancelled."""
    received: datetime = row["received_at"]  # type: ignore[assignment]
    if row["is_cancelled"]:
        return translate("wall.cancelled", "zh"), translate("wall.cancelled", "en")
    if row["closed_at"]:
        return translate("wall.closed", "zh"), translate("wall.closed", "en")
    for word, reached in (("arrived", row["arrived_at"]), ("dispatched", row["enroute_at"])):
        seconds = arrival_seconds(received, reached)  # type: ignore[arg-type]
        if seconds is not None:
            clock = format_duration(seconds)
            return (
                translate(f"wall.{word}", "zh", clock=clock),
                translate(f"wall.{word}", "en", clock=clock),
            )
    return translate("wall.under_way", "zh"), translate("wall.under_way", "en")


def incident_item(row: Mapping[str, object], names: Mapping[str, str], zone: ZoneInfo) -> html.Li:
    """Return one incident: time, channel, category, district, state."""
    received: datetime = row["received_at"]  # type: ignore[assignment]
    channel = str(row["channel"])
    done_zh, done_en = progress(row)
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


def usual_hours(days: Sequence[pl.DataFrame]) -> pl.DataFrame:
    """Return hour, channel, incidents as the mean of days, rounded; days without any are left out.

    A channel that had none in an hour of a day counts as zero there.
    """
    known = [day for day in days if not day.is_empty()]
    if not known:
        return pl.DataFrame(schema={"hour": pl.Int64, "channel": pl.String, "incidents": pl.Int64})
    mean = (pl.col("incidents").sum() / len(known)).round().cast(pl.Int64)
    grouped = pl.concat(known).group_by("hour", "channel").agg(mean)
    return grouped.sort("hour", "channel")


@dataclass(frozen=True)
class RibbonDay:
    """A day of the ribbon; for today the current hour, and the usual counts of the rest."""

    day: str
    hours: pl.DataFrame
    hour: int | None = None
    usual: pl.DataFrame | None = None

    def counts(self) -> dict[int, dict[str, int]]:
        """Return incidents by hour and channel: counted so far, usual in the hours ahead."""
        counted = hour_counts(self.hours)
        if self.usual is None:
            return counted
        usual = hour_counts(self.usual)
        return {hour: usual[hour] if self.is_ahead(hour) else n for hour, n in counted.items()}

    def is_ahead(self, hour: int) -> bool:
        """Return whether an hour has not begun."""
        return self.hour is not None and hour > self.hour


def hour_bar(hour: int, counts: Mapping[str, int], most: int, *, is_ahead: bool) -> html.Div:
    """Return one hour's stacked bar with its label; an hour ahead is muted and labelled so."""
    parts = [
        html.Div(className=f"bar channel-{channel}", style={"height": f"{100 * n / most:.2f}%"})
        for channel, n in counts.items()
        if n
    ]
    words = f"{hour:02d}:00 " + " · ".join(f"{c} {n}" for c, n in counts.items())
    if is_ahead:
        words = f"{translate('wall.usual', 'zh')} {translate('wall.usual', 'en')} {words}"
    return html.Div(
        [html.Div(parts[::-1], className="bars"), html.Div(f"{hour:02d}", className="hour")],
        className="hour-column ahead" if is_ahead else "hour-column",
        title=words,
    )


def channel_keys(shown: RibbonDay) -> html.Div:
    """Return the legend of the channels' colours and of the muted hours."""
    keys = [
        html.Span(
            [
                html.Span(className=f"dot channel-{channel}"),
                two_lines(translate(f"channel.{channel}", "zh"), _english(channel)),
            ],
            className="channel-key",
        )
        for channel in CHANNELS
    ]
    if shown.usual is not None:
        muted = html.Span(className="dot usual")
        keys.append(html.Span([muted, bilingual("wall.usual")], className="channel-key"))
    return html.Div(keys, className="channel-keys")


def ribbon(shown: RibbonDay) -> list[html.Div]:
    """Return the day's hours by channel with the key and the total counted."""
    counts = shown.counts()
    most = max(1, *(sum(hour.values()) for hour in counts.values()))
    total = sum(sum(hour.values()) for hour in hour_counts(shown.hours).values())
    name = "wall.ribbon" if shown.hour is None else "wall.ribbon_today"
    head = html.Div(
        [
            bilingual(name, tag=html.H2),
            two_lines(shown.day, translate("wall.by_channel", "en"), class_name="caption"),
            channel_keys(shown),
            bilingual("wall.total", class_name="total", count=f"{total:,}"),
        ],
        className="ribbon-head",
    )
    bars = [
        hour_bar(hour, by_channel, most, is_ahead=shown.is_ahead(hour))
        for hour, by_channel in counts.items()
    ]
    return [head, html.Div(bars, className="ribbon-bars")]


def _english(channel: str) -> str:
    """Return the English name of a channel without its number, which the Chinese name has."""
    return translate(f"channel.{channel}", "en").removeprefix(channel).strip()
