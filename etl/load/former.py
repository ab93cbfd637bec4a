"""Earlier loads of the same content, read as another declaration said."""

from dataclasses import dataclass
from datetime import date, datetime
from zoneinfo import ZoneInfo


@dataclass(frozen=True)
class FormerLoad:
    """Such a load, and the span of its events."""

    load_id: int
    event_from: datetime | None
    event_to: datetime | None

    def happened_on(self, day: date, zone: ZoneInfo) -> bool:
        """Return whether any of its events may have been on a local day."""
        if self.event_from is None or self.event_to is None:
            return False
        first, last = self.event_from.astimezone(zone), self.event_to.astimezone(zone)
        return first.date() <= day <= last.date()
