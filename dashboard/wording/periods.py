"""Formats periods for people: the last day named is the last day included."""

from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from dashboard.wording.i18n import LANGUAGES, Language, translate
from geodata.clock import now
from layers.period import Period
from layers.values.change import Change
from layers.values.covered_days import PeriodCoverage

ONE_DAY = timedelta(days=1)
MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


def period_text(period: Period) -> str:
    """Return a calendar unit by its name, any other span by its first and last day."""
    if period.grain:
        return str(period)
    return f"{period.first} – {period.end - ONE_DAY}"


def day_text(day: date, language: Language) -> str:
    """Return a day without its year: `27 Nov`, `11月27日`."""
    if language == "zh":
        return f"{day.month}月{day.day}日"
    return f"{day.day} {MONTHS[day.month - 1]}"


def short_day_text(day: date, today: date, language: Language) -> str:
    """Return a day of this year without its year, an earlier one as year and month."""
    return day_text(day, language) if day.year == today.year else f"{day:%Y-%m}"


def span_text(span: Period, language: Language) -> str:
    """Return the first and the last day of a span, both included: `1–27 Nov`, `11月1–27日`."""
    first, last = span.first, span.end - ONE_DAY
    if first == last:
        return day_text(first, language)
    if first.year != last.year:
        return f"{first} – {last}"
    if first.month != last.month:
        return f"{day_text(first, language)} – {day_text(last, language)}"
    if language == "zh":
        return f"{first.month}月{first.day}–{last.day}日"
    return f"{first.day}–{day_text(last, language)}"


def coverage_text(coverage: PeriodCoverage, language: Language) -> str:
    """Return what part of a period its value speaks of, empty for a whole period.

    `1–27 Nov, 27 of 30 days`; of a stock whose period runs the day it was counted on; of a
    timetable's day to come that it is planned.
    """
    if coverage.is_future:
        return translate("period.planned", language)
    if not coverage.is_partial:
        return ""
    if coverage.is_stock:
        day = coverage.counted_on or coverage.today
        return translate(
            "period.as_of", language, day=short_day_text(day, coverage.today, language)
        )
    if coverage.period.days == 1 and coverage.is_running:
        return translate("period.so_far", language)
    of = translate("period.days_of", language, days=coverage.days, all=coverage.period.days)
    return f"{span_text(coverage.hull, language)}{_comma(language)}{of}" if coverage.hull else of


def partial_words(coverage: PeriodCoverage) -> tuple[str, ...]:
    """Return what part of a period its value speaks of in every language, nothing for a whole."""
    said = [coverage_text(coverage, language) for language in LANGUAGES]
    return tuple(text for text in said if text)


def stale_text(as_of: datetime | None, zone: ZoneInfo, language: Language) -> str:
    """Return until when a value that is out of date is known, empty where that is not known.

    `截至11月27日 23:55`, `as of 27 Nov 23:55`; of today the time alone.
    """
    if as_of is None:
        return ""
    local = as_of.astimezone(zone)
    is_today = local.date() == now().astimezone(zone).date()
    day = "" if is_today else f"{day_text(local.date(), language)} "
    return translate("period.as_of", language, day=f"{day}{local:%H:%M}")


def stale_words(as_of: datetime | None, zone: ZoneInfo) -> tuple[str, ...]:
    """Return the same in every language, nothing where it is not known."""
    said = [stale_text(as_of, zone, language) for language in LANGUAGES]
    return tuple(text for text in said if text)


def known_period_text(coverage: PeriodCoverage, language: Language) -> str:
    """Return the period and, where it is not known whole, what part of it is."""
    said = coverage_text(coverage, language)
    return f"{period_text(coverage.period)} · {said}" if said else period_text(coverage.period)


def _comma(language: Language) -> str:
    return "，" if language == "zh" else ", "


def change_words(change: Change, language: Language) -> str:
    """Return what a change compares, or why none is given."""
    if change.why:
        return translate(f"change.{change.why}", language)
    compared = change.comparison
    now, then = (_days_text(span, language) for span in (compared.now, compared.then))
    if compared.is_per_day:
        sizes = (compared.now_days, compared.then_days)
        now, then = (
            f"{text} ({days}{'天' if language == 'zh' else ' d'})"
            for text, days in zip((now, then), sizes, strict=True)
        )
    kind = "per_day" if compared.is_per_day else "same_part"
    return translate(f"change.{kind}", language, now=now, then=then)


def _days_text(span: Period, language: Language) -> str:
    return str(span) if span.grain else span_text(span, language)


def begun(periods: list[Period], today: date) -> list[Period]:
    """Return the periods that have begun: timetables extend into the future, screens do not."""
    return [period for period in periods if period.first <= today]
