"""The clock of the program: the only source of the time, so that tests and replay can set it.

It reads its two settings from the environment at every call: they hold for whoever asks,
wherever, and the processes beside this one inherit them.
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, datetime, timedelta

from geodata.errors import SettingsError

_REPLAYED: ContextVar[datetime | None] = ContextVar("replayed", default=None)


@contextmanager
def replaying(at: datetime) -> Iterator[None]:
    """Set the clock to an instant for everything run inside, in this thread or task only."""
    token = _REPLAYED.set(at.astimezone(UTC))
    try:
        yield
    finally:
        _REPLAYED.reset(token)


def replayed() -> datetime | None:
    """Return the instant being replayed, None in the present."""
    return _REPLAYED.get()


def now() -> datetime:
    """Return the current instant in UTC, the one replayed, or the one that the environment sets.

    `OCC_NOW` (ISO 8601 with zone) fixes it. `OCC_CLOCK` (`<time>@<unix seconds>x<speed>`) lets it
    run: it is that time at those seconds since 1970 and runs at that speed since; processes with
    the same value have the same clock.

    Raises:
        SettingsError: one of them has another form.
    """
    at = _REPLAYED.get()
    if at is not None:
        return at
    running = os.environ.get("OCC_CLOCK")
    if running:
        return _running(running, datetime.now(UTC))
    fixed = os.environ.get("OCC_NOW")
    return _parse(fixed) if fixed else datetime.now(UTC)


def true_now() -> datetime:
    """Return the machine's own time, whatever is played or replayed.

    For what must not be moved by a played day: when a session ends, until when a name is locked,
    when somebody did something. All that the city's data tell goes by `now`.
    """
    return datetime.now(UTC)


def running_clock(at: datetime, real: datetime, speed: float) -> str:
    """Return the value of `OCC_CLOCK` that shows `at` at the instant `real` and then runs."""
    return f"{at.isoformat()}@{real.timestamp():.3f}x{speed:g}"


def _running(text: str, real: datetime) -> datetime:
    begin, _, rest = text.partition("@")
    seconds, _, speed = rest.partition("x")
    try:
        elapsed_s = (real.timestamp() - float(seconds)) * float(speed)
    except ValueError as error:
        raise SettingsError(f"OCC_CLOCK is not <time>@<seconds>x<speed>: {text!r}") from error
    return _parse(begin) + timedelta(seconds=elapsed_s)


def _parse(fixed: str) -> datetime:
    try:
        moment = datetime.fromisoformat(fixed)
    except ValueError as error:
        raise SettingsError(f"OCC_NOW is not an ISO 8601 time: {fixed!r}") from error
    if moment.tzinfo is None:
        raise SettingsError(f"OCC_NOW has no time zone: {fixed!r}")
    return moment.astimezone(UTC)
