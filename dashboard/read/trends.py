"""A trend: the last values of a headline, with what is known of each step."""

from dataclasses import dataclass
from datetime import date

from dashboard.read.context import ScreenContext
from dashboard.read.headlines import HeadlineValue, ResolvedHeadline, read_steps, shown_values
from dashboard.read.values import read_days
from layers.period import Period
from layers.states.status import Status
from layers.values.covered_days import PeriodCoverage

SHORTEST = 2  # one value is a number, no trend

Shown = tuple[float | None, ...]


@dataclass(frozen=True)
class Trend:
    """The values of consecutive steps, oldest first; None where nothing may be drawn.

    `is_weak` says which rest on too few observations, `counted_on` when a stock was last counted.
    """

    values: Shown = ()
    low: Shown = ()
    high: Shown = ()
    is_weak: tuple[bool, ...] = ()
    coverage: tuple[PeriodCoverage, ...] = ()
    is_stock: bool = False
    counted_on: date | None = None

    @property
    def is_trend(self) -> bool:
        """Return whether there is a course to draw: a stock that stayed the same has none."""
        known = [value for value in self.values if value is not None]
        return len(known) >= SHORTEST and not (self.is_stock and len(set(known)) == 1)

    @property
    def is_dated(self) -> bool:
        """Return whether the day of its count stands in the place of a course."""
        return self.is_stock and not self.is_trend and self.counted_on is not None

    @property
    def is_partial(self) -> tuple[bool, ...]:
        """Return which values speak of a part of their step; a stock's hold when counted."""
        return tuple(each.is_partial and not self.is_stock for each in self.coverage)

    @property
    def solid(self) -> Shown:
        """Return the values to rely on, for a whole line; the others lie on a broken one."""
        marks = zip(self.values, self.is_weak, self.is_partial, strict=True)
        return tuple(None if weak or partial else value for value, weak, partial in marks)

    def known(self) -> "Trend":
        """Return the trend from its first known value to its last."""
        at = [index for index, value in enumerate(self.values) if value is not None]
        span = slice(at[0], at[-1] + 1) if at else slice(0)
        return Trend(
            self.values[span],
            self.low[span],
            self.high[span],
            self.is_weak[span],
            self.coverage[span],
            self.is_stock,
            self.counted_on,
        )


def read_trend(
    context: ScreenContext,
    shown: HeadlineValue | ResolvedHeadline,
    steps: int,
    district_id: str | None = None,
    cell: int | None = None,
) -> Trend:
    """Return the last steps up to the headline's period."""
    frame = read_steps(context, shown, steps, district_id, cell)
    days = read_days(context, shown.build, shown.component, district_id=district_id)
    values = shown_values(frame)
    is_known = [value is not None for value in values]
    low, high = (
        tuple(b if known else None for b, known in zip(frame[name], is_known, strict=True))
        for name in ("lo", "hi")
    )
    return Trend(
        values,
        low,
        high,
        tuple(status == Status.LOW_N for status in frame["status"]),
        tuple(days.of(Period.parse(key)) for key in frame["key"]),
        days.is_stock,
        days.count_before(shown.period.end),
    )
