"""The argument of function measures: connection, catalogue entry and steps to compute."""

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

    `window` is set only for a measure whose entry declares `window: step` or `window: onward`; any
    other measure always computes all steps.
    """

    connection: Connection  # within the build's transaction, in the city's time zone
    city: City
    indicator: Indicator
    measure: FunctionMeasure
    snapshot_at: datetime  # begin of the step from which undated records count (UTC)
    window: Period | None = None  # the steps to compute; None for all

    @property
    def span(self) -> tuple[datetime, datetime] | None:
        """Return the first instant of the window and the first after it; None for all steps."""
        if self.window is None:
            return None
        zone = self.city.timezone
        return (
            self.window.start_at(zone).astimezone(UTC),
            self.window.end_at(zone).astimezone(UTC),
        )

    def wanted(self, steps: Sequence[Period]) -> list[Period]:
        """Return those of the given calendar steps that lie in the window."""
        if self.window is None:
            return list(steps)
        first, end = self.window.first, self.window.end
        return [step for step in steps if first <= step.first and step.end <= end]
