"""What a function measure is asked: the records' connection, the entry, and the steps wanted."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from sqlalchemy import Connection

from geodata.city.configuration import City
from layers.catalogue.indicator import Indicator
from layers.catalogue.measure import FunctionMeasure
from layers.period import Period


@dataclass(frozen=True)
class MeasureRequest:
    """The one argument of every function in `layers.measures`.

    A measure whose entry says `window: step` or `window: onward` is asked for some steps only; any
    other is always asked for all of them, and need not look at `window`.
    """

    connection: Connection  # within the build's transaction, in the city's time zone
    city: City
    indicator: Indicator
    measure: FunctionMeasure
    snapshot_at: datetime  # begin of the step from which undated records count (UTC)
    window: Period | None = None  # the steps to compute; None for all

    @property
    def span(self) -> tuple[datetime, datetime] | None:
        """Return the first instant of the window and the first one after it; None for all."""
        if self.window is None:
            return None
        zone = self.city.timezone
        return (
            self.window.start_at(zone).astimezone(UTC),
            self.window.end_at(zone).astimezone(UTC),
        )

    def wanted(self, steps: Sequence[Period]) -> list[Period]:
        """Return those of some calendar steps that lie in the window."""
        if self.window is None:
            return list(steps)
        first, end = self.window.first, self.window.end
        return [step for step in steps if first <= step.first and step.end <= end]
