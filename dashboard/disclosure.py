"""What the public may see: small numbers are withheld before they reach a kiosk.

The kiosk publishes one fixed period and one geography: the districts and their total, the city.
Where exactly one district is withheld the total would give it away, so the district with the next
smallest count is withheld with it.
"""

from collections.abc import Mapping
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


def disclose_districts(values: Mapping[str, Value], indicator: Indicator) -> dict[str, Value]:
    """Return each district's value as the public sees it next to the city's total."""
    shown = {key: disclose(value, indicator) for key, value in values.items()}
    withheld = [key for key, value in shown.items() if value.status == Status.SUPPRESSED]
    counts = {
        key: count
        for key, value in values.items()
        if key not in withheld and (count := smallest_count(value, indicator))
    }
    if len(withheld) == 1 and counts:
        smallest = min(counts, key=lambda key: (counts[key], key))
        shown[smallest] = withhold(values[smallest])
    return shown
