"""Formats numbers for people: rounding half up happens only here."""

import math
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal

from dashboard.wording.i18n import Language, translate
from layers.catalogue.indicator import Indicator
from layers.states.status import Status
from layers.values.change import Change

MISSING = "—"
MINUS = "−"
SECONDS = "s"
WHOLE_FROM = 1000
PLAIN = (Status.OK, Status.ZERO_TRUE)
WEAK = "low-n"


@dataclass(frozen=True)
class ShownNumber:
    """A number ready for the screen; `word` names its status unless it is plainly ok."""

    text: str
    unit: str
    word: str


def round_half_up(value: float, decimals: int) -> Decimal:
    """Round half up in decimal: 0.125 at two decimals is 0.13, whatever the binary value."""
    step = Decimal(1).scaleb(-decimals)
    return Decimal(repr(float(value))).quantize(step, rounding=ROUND_HALF_UP)


def format_number(value: float, decimals: int) -> str:
    """Return `12,345.6` with a true minus sign; a rounded zero has no sign."""
    rounded = round_half_up(value, decimals)
    text = f"{abs(rounded):,.{decimals}f}"
    return f"{MINUS}{text}" if rounded < 0 else text


def format_duration(seconds: float) -> str:
    """Return `mm:ss`; minutes may exceed 59."""
    whole = int(round_half_up(abs(seconds), 0))
    sign = MINUS if seconds < 0 and whole else ""
    return f"{sign}{whole // 60}:{whole % 60:02d}"


def format_value(value: float, unit: str, decimals: int) -> str:
    """Return the text of a value; seconds as minutes and seconds, thousands without decimals."""
    if unit == SECONDS:
        return format_duration(value)
    return format_number(value, 0 if abs(value) >= WHOLE_FROM else decimals)


def format_change(change: float, unit: str, decimals: int) -> str:
    """Return a change with its sign, `±0` where it rounds to nothing."""
    text = format_value(abs(change), unit, decimals)
    if not text.strip("0.:,"):
        return "±0"
    return f"{MINUS if change < 0 else '+'}{text}"


def change_text(change: Change, indicator: Indicator) -> str:
    """Return a change with its sign; a dash where there is none to speak of."""
    if change.share is not None:
        return f"{format_change(100 * change.share, '%', 1)}%"
    if change.amount is None:
        return MISSING
    return format_change(change.amount, indicator.unit_en, indicator.decimals)


def is_shown(value: float | None, status: int) -> bool:
    """Return whether a value may be printed at all."""
    return value is not None and math.isfinite(value) and Status(status).has_value


def judged_value(value: float | None, status: int) -> float | None:
    """Return a value that may be compared with its target: neither missing nor out of date."""
    return value if is_shown(value, status) and Status(status).is_evidence else None


def status_word(status: int, language: Language) -> str:
    """Return the word that goes with a status, empty for a plain value."""
    known = Status(status)
    return "" if known in PLAIN else translate(f"status.{known.key}", language)


def look_of(status: int) -> str:
    """Return the class of a number that rests on too few observations, empty for the others."""
    return WEAK if Status(status) is Status.LOW_N else ""


def unit_text(indicator: Indicator, language: Language) -> str:
    """Return the unit to print after a value; empty after minutes and seconds."""
    if indicator.unit_en == SECONDS:
        return ""
    return indicator.unit_zh if language == "zh" else indicator.unit_en


def format_reading(
    value: float | None, status: int, indicator: Indicator, language: Language
) -> ShownNumber:
    """Return value, unit and status word; a value that may not be shown is a dash with its word."""
    word = status_word(status, language)
    if value is None or not is_shown(value, status):
        return ShownNumber(MISSING, "", word or translate("status.no_data", language))
    text = format_value(value, indicator.unit_en, indicator.decimals)
    return ShownNumber(text, unit_text(indicator, language), word)
