"""The clock: everything that asks for the time asks here, so that tests and replay can set it."""

import os
from datetime import UTC, datetime

from geodata.errors import SettingsError


def now() -> datetime:
    """Return the current instant in UTC, or the one that `OCC_NOW` (ISO 8601 with zone) fixes.

    Raises:
        SettingsError: `OCC_NOW` is not an ISO 8601 time with a zone.
    """
    fixed = os.environ.get("OCC_NOW")
    if not fixed:
        return datetime.now(UTC)
    try:
        moment = datetime.fromisoformat(fixed)
    except ValueError as error:
        raise SettingsError(f"OCC_NOW is not an ISO 8601 time: {fixed!r}") from error
    if moment.tzinfo is None:
        raise SettingsError(f"OCC_NOW has no time zone: {fixed!r}")
    return moment.astimezone(UTC)
