"""Provenance: the SIMULATED badge, source and as-of lines, the age of the data."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from dash import html

from dashboard.components.text import named
from dashboard.wording.i18n import LANGUAGES, Language, translate
from geodata.city.configuration import City
from geodata.city.source_names import find_source_name
from geodata.clock import now

HOUR = timedelta(hours=1)
DAY = timedelta(days=1)


def simulated_badge(is_simulated: bool) -> html.Div:
    """Return the badge, in both languages everywhere; hidden if all data are real."""
    words = " ".join(translate("app.simulated", language) for language in LANGUAGES)
    return html.Div(words, className="badge-simulated", hidden=not is_simulated)


def age_text(age: timedelta, language: Language) -> str:
    """Return an age in its largest fitting unit: minutes, hours from one, days from two."""
    if age >= 2 * DAY:
        return translate("age.days", language, count=age // DAY)
    if age >= HOUR:
        return translate("age.hours", language, count=age // HOUR)
    return translate("age.minutes", language, count=max(age // timedelta(minutes=1), 0))


def local_time(moment: datetime | None, zone: str) -> str:
    """Return `2026-11-22 14:32` in the city's zone, a dash where there is none."""
    return moment.astimezone(ZoneInfo(zone)).strftime("%Y-%m-%d %H:%M") if moment else "—"


def source_names(city: City, sources: Sequence[str], language: Language) -> str:
    """Return what the city calls the sources, a dash where there is none."""
    names = [named(*find_source_name(city, key), language) for key in sources]
    return ("、" if language == "zh" else ", ").join(names) or "—"


def source_text(city: City, sources: Sequence[str], as_of: datetime | None) -> str:
    """Return the source line of a map or a sheet, in both languages."""
    zh, en = (source_names(city, sources, code) for code in LANGUAGES)
    ahead = as_of is not None and as_of > now()  # a timetable ends in the future
    word = "有效至 valid to" if ahead else "截至 as of"
    names = f"来源 {zh} Source {en}" if sources else "来源 Source —"
    return f"{names} · {word} {local_time(as_of, city.timezone)}"
