"""How a source arrives live: the block `live` of its declaration."""

from datetime import timedelta
from typing import Literal, Self

from pydantic import Field, model_validator

from etl.freshness import parse_cadence
from etl.mapping import Strict

_DURATION = r"^PT(\d+[HMS])+$"


class LiveRule(Strict):
    """Where new records come from, how often they are looked for and how often they should come.

    `path` is a file or glob in the city's incoming folder: records are appended to it, realtime
    messages are added to it as files in order of their names. `url` answers with the newest
    message. `intake` takes records by `POST /intake/incidents`.
    """

    path: str | None = None
    url: str | None = Field(default=None, pattern=r"^https?://")
    intake: bool = False
    feed: Literal["positions", "trip_updates"] | None = Field(
        default=None, description="gtfs_rt: what the messages tell of"
    )
    timetable: str | None = Field(
        default=None, description="gtfs_rt: key of the source whose trips they refer to"
    )
    poll: str = Field(default="PT2S", pattern=_DURATION)
    expected: str = Field(pattern=_DURATION, description="stale after three of these")

    @property
    def poll_s(self) -> float:
        """Seconds from one look to the next."""
        return _seconds(self.poll)

    @property
    def expected_s(self) -> float:
        """Seconds within which something new is expected."""
        return _seconds(self.expected)

    @model_validator(mode="after")
    def _one_way(self) -> Self:
        if sum([self.path is not None, self.url is not None, self.intake]) != 1:
            raise ValueError("give exactly one of path, url and intake")
        return self


def _seconds(duration: str) -> float:
    return (parse_cadence(duration) or timedelta()).total_seconds()
