"""What the public may see: small numbers are withheld before they reach a kiosk.

Primary suppression only (METHODS 9): the kiosk shows one fixed period and one geography, districts
and the city, so no total lets a reader work a withheld number out but the city's own; that one is
withheld too when exactly one district is.
"""

from dataclasses import replace

from dashboard.readings import Value
from layers.indicator import Indicator, StateClass
from layers.status import Status

LIMITS = {"emergency": 5, "health": 10}


def smallest_count(value: Value, indicator: Indicator) -> float | None:
    """Return the smallest count a value gives away: itself, its numerator, denominator or n."""
    match indicator.state_class:
        case StateClass.ADDITIVE:
            counts = [value.value]
        case StateClass.RATIO if indicator.denominator:
            counts = [value.num]
        case StateClass.RATIO:
            counts = [value.num, value.den]
        case _:
            counts = [value.n]
    known = [count for count in counts if count]
    return min(known) if known else None


def withhold(value: Value) -> Value:
    """Return the value as the public sees it: that there is one, and nothing of it."""
    return Value(status=Status.SUPPRESSED)


def disclose(value: Value, indicator: Indicator) -> Value:
    """Return the value, or that it is withheld."""
    limit = LIMITS.get(indicator.domain)
    if indicator.kiosk == "hidden":
        return withhold(value)
    if limit is None:
        return value
    count = smallest_count(value, indicator)
    if count is not None and count < limit:
        return withhold(value)
    return replace(value, lo=None, hi=None)
