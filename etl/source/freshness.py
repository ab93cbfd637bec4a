"""Freshness: how late a source is against its cadence."""

import re
from datetime import datetime, timedelta

_DURATION = re.compile(
    r"P(?:(\d+)Y)?(?:(\d+)M)?(?:(\d+)W)?(?:(\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?(?:(\d+)S)?)?"
)
_UNIT_SECONDS = (365.25 * 86400, 365.25 * 86400 / 12, 7 * 86400, 86400, 3600, 60, 1)
STALE_AFTER_INTERVALS = 3


def parse_cadence(cadence: str) -> timedelta | None:
    """Return the interval of an ISO 8601 duration, None for a source that comes only once."""
    match = _DURATION.fullmatch(cadence)
    if match is None:
        return None
    units = zip(match.groups(), _UNIT_SECONDS, strict=True)
    return timedelta(seconds=sum(int(count) * seconds for count, seconds in units if count))


def is_stale(latest: datetime, cadence: str, now: datetime) -> bool:
    """Return whether the latest event is more than three intervals old."""
    interval = parse_cadence(cadence)
    return interval is not None and now - latest > STALE_AFTER_INTERVALS * interval
