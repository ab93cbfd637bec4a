"""The block `live` of a declaration: how a source arrives live."""

from datetime import timedelta
from typing import Annotated, Literal, Self

from pydantic import BeforeValidator, Field, model_validator

from etl.source.freshness import parse_cadence
from geodata.declared import Declared

_DURATION = r"^PT(\d+[HMS])+$"


class LiveRule(Declared):
    """Where new records come from, how often to poll, and how often they are expected.

    `path` is a file or glob in the city's incoming folder: records are appended to it, realtime
    messages are added to it as files, taken in the order of their headers' times. `url` answers
    with the newest message. `intake` takes records by `POST /intake/incidents`.
    """

    path: str | None = Field(default=None, description="file or glob in the incoming folder")
    url: str | None = Field(
        default=None, pattern=r"^https?://", description="answers with the newest message"
    )
    intake: bool = Field(default=False, description="records come by `POST /intake/incidents`")
    feed: Literal["records", "positions", "trip_updates"] = Field(
        default="records", description="records as in the source's files, or GTFS-RT messages"
    )
    timetable: str | None = Field(
        default=None, description="GTFS-RT: key of the feed whose trips they refer to"
    )
    poll: str = Field(default="PT2S", pattern=_DURATION, description="from one look to the next")
    expected: str = Field(pattern=_DURATION, description="stale after three of these")

    @property
    def poll_s(self) -> float:
        """Seconds from one poll to the next."""
        return _seconds(self.poll)

    @property
    def expected_s(self) -> float:
        """Seconds within which something new is expected."""
        return _seconds(self.expected)

    @model_validator(mode="after")
    def _one_way(self) -> Self:
        if sum([self.path is not None, self.url is not None, self.intake]) != 1:
            raise ValueError("give exactly one of path, url and intake")
        if (self.feed == "records") != (self.timetable is None):
            raise ValueError("GTFS-RT messages need the key of their timetable, records have none")
        if self.feed == "records" and self.url:
            raise ValueError("records are followed in files or taken in, not fetched")
        return self


def _seconds(duration: str) -> float:
    return (parse_cadence(duration) or timedelta()).total_seconds()


def _as_list(value: object) -> object:
    return value if isinstance(value, list) else [value]


# A source may have several live rules; a single one may be written without a list.
LiveRules = Annotated[list[LiveRule], BeforeValidator(_as_list)]
