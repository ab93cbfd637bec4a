"""Timing: the best of a few runs, and the rows of a benchmark's table."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Measure:
    """One method: how many rows it processed in how many seconds, and a note."""

    name: str
    rows: int
    seconds: float
    note: str = ""

    @property
    def rows_per_s(self) -> float:
        """Rows a second."""
        return self.rows / self.seconds


@dataclass(frozen=True)
class Table:
    """A benchmark: the first measure is ours, the others are compared with it."""

    title: str
    measures: tuple[Measure, ...]


def time_best(name: str, rows: int, work: Callable[[], Any], runs: int = 3) -> Measure:
    """Return the fastest of some runs: other load on the machine only adds time."""
    seconds = []
    for _ in range(runs):
        started = time.perf_counter()
        work()
        seconds.append(time.perf_counter() - started)
    return Measure(name, rows, min(seconds))
