"""Durations in the units that people read: days and hours, not 22,875 minutes."""

from datetime import timedelta
from typing import Literal

_UNITS = (
    (86_400, "天", "d"),
    (3_600, "小时", "h"),
    (60, "分钟", "min"),
    (1, "秒", "s"),
)


def duration_text(duration: timedelta, language: Literal["zh", "en"]) -> str:
    """Return a duration in its largest unit and the next: `15 天 21 小时`, `15 d 21 h`.

    Whole units, cut; a part of zero is left out, and so are seconds beside minutes.
    """
    left = max(0, int(duration.total_seconds()))
    if left >= 60:
        left -= left % 60
    counted = []
    for seconds, zh, en in _UNITS:
        count, left = divmod(left, seconds)
        counted.append((count, zh if language == "zh" else en))
    first = next((place for place, (count, _) in enumerate(counted) if count), len(counted) - 1)
    shown = [part for part in counted[first : first + 2] if part[0]] or [counted[first]]
    return " ".join(f"{count} {unit}" for count, unit in shown)
