"""The eight statuses of a value; their codes are sent to the browser as one byte."""

from enum import IntEnum


class Status(IntEnum):
    """How far a value can be relied on. A missing value is never turned into 0."""

    OK = 0
    ZERO_TRUE = 1  # nothing happened, and the source covers the place and time
    NO_DATA = 2
    NA_DENOMINATOR = 3  # the denominator is 0, missing or too small to divide by
    LOW_N = 4  # too few observations for the number to be relied on
    ESTIMATED = 5
    STALE = 6  # the newest record is older than three expected intervals
    SUPPRESSED = 7

    @property
    def key(self) -> str:
        """Return the name used in files and on the screen, for example `zero_true`."""
        return self.name.lower()

    @property
    def has_value(self) -> bool:
        """Return whether a value with this status is a number."""
        return self not in (Status.NO_DATA, Status.NA_DENOMINATOR, Status.SUPPRESSED)

    @property
    def is_evidence(self) -> bool:
        """Return whether a value with this status may be judged: what is out of date may not."""
        return self.has_value and self is not Status.STALE
