"""Plays the simulated city into its incoming folder, up to the time of a clock.

The files depend on the seed, the faults and the simulated time only, not on how often the player is
called or how fast the clock runs.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path

import polars as pl

from simulator.ground.world import World
from simulator.health.hospital_reports import ed_reports
from simulator.health.hospitals import build_hospitals
from simulator.live.buses import EVERY_S, LiveBuses
from simulator.live.faults import Fault
from simulator.live.incidents import LiveIncidents

FOLDER = "live"
KEPT_MESSAGES = timedelta(minutes=15)


@dataclass(frozen=True)
class DayFile:
    """The lines that a system appends to its file of one day; `at` is when, in seconds."""

    name: str
    lines: pl.DataFrame
    encoding: str = "utf-8"


class Player:
    """Writes everything due up to an instant; each call continues where the last one ended."""

    def __init__(
        self, world: World, folder: Path, starts_at: datetime, faults: Collection[Fault] = ()
    ) -> None:
        """Write below `folder`; lines from the day's begin on, buses from `starts_at` on."""
        self._world = world
        self._folder = folder / FOLDER
        self._incidents = LiveIncidents(world, faults)
        self._buses = LiveBuses(world, faults)
        self._day: date | None = None
        self._hospitals = build_hospitals(world)
        self._files: list[DayFile] = []
        self._local = starts_at.astimezone(world.city.zone)

    def play_until(self, at: datetime) -> None:
        """Write everything that is due by an instant."""
        local = at.astimezone(self._world.city.zone)
        while self._local.date() < local.date():
            following = self._local.date() + timedelta(days=1)
            midnight = datetime(
                following.year, following.month, following.day, tzinfo=self._world.city.zone
            )
            self._play_day(self._local, 86_400)
            self._local = midnight
        self._play_day(self._local, _second(local))
        self._local = local

    def _play_day(self, begin: datetime, until_s: float) -> None:
        on = begin.date()
        if self._day != on:
            self._day, self._files = on, self._files_of(on)
        for each in self._files:
            self._append(each, until_s)
        first = -(-int(_second(begin)) // EVERY_S) * EVERY_S
        for second in range(first, int(min(until_s, 86_399)) + 1, EVERY_S):
            self._send(on, second)

    def _files_of(self, on: date) -> list[DayFile]:
        stamp = f"{on:%Y%m%d}.csv"
        files = [
            DayFile(
                f"incidents_{system.key}_{stamp}",
                lines,
                "utf-8" if system.encoding == "utf-8-sig" else system.encoding,
            )
            for system, lines in self._incidents.lines(on)
        ]
        reports = ed_reports(self._world, self._hospitals, on)
        return [*files, DayFile(f"ed_presence_{stamp}", reports)]

    def _append(self, file: DayFile, until_s: float) -> None:
        """Append the lines that are due and not in the file yet."""
        path = self._folder / file.name
        path.parent.mkdir(parents=True, exist_ok=True)
        due = file.lines.filter(pl.col("at") < until_s).drop("at")
        there = path.read_bytes().count(b"\n") if path.exists() else 0
        with path.open("ab") as stream:
            if there == 0:
                stream.write(due.head(0).write_csv().encode(file.encoding))
            new = due.slice(max(there - 1, 0))
            stream.write(new.write_csv(include_header=False).encode(file.encoding))

    def _send(self, on: date, second: int) -> None:
        """Add the messages of a second to the folder, whole or not at all; remove old ones."""
        folder = self._folder / "rt"
        folder.mkdir(parents=True, exist_ok=True)
        stamp = f"{on:%Y%m%d}T{second // 3600:02d}{second // 60 % 60:02d}{second % 60:02d}"
        for name, content in self._buses.messages(on, second).items():
            part = folder / f".{name}_{stamp}.part"
            part.write_bytes(content)
            part.replace(folder / f"{name}_{stamp}.pb")
        minute = datetime(on.year, on.month, on.day) + timedelta(seconds=second)  # noqa: DTZ001 - local clock of the names
        oldest = f"{minute - KEPT_MESSAGES:%Y%m%dT%H%M%S}"
        for path in folder.glob("*.pb"):
            if path.stem.rpartition("_")[2] < oldest:
                path.unlink()


def _second(local: datetime) -> float:
    return local.hour * 3600 + local.minute * 60 + local.second + local.microsecond / 1e6
