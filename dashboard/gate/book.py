"""The gate's part of the audit record, bounded: a flood is one entry a window with its number."""

import asyncio
import logging
from collections.abc import Mapping
from dataclasses import dataclass

from fastapi.concurrency import run_in_threadpool

from geodata.database.handle import DATABASE_ERRORS, Engine
from geodata.identity.audit import write_audit
from geodata.identity.caller import Caller, asked_by, current_caller

WINDOW_S = 15.0
MOST_KINDS = 50  # of entries in a window; what is beyond is counted together
REST = "others"
_logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Entry:
    """What happened, as often as it did in a window."""

    caller: Caller
    act: str
    subject: str
    outcome: str
    client: str


class AuditBook:
    """Counts what the gate refuses and hands out, and writes each kind once a window."""

    def __init__(self, engine: Engine, window_s: float = WINDOW_S) -> None:
        """Keep the database and how long a window is."""
        self._engine = engine
        self._window_s = window_s
        self._counts: dict[Entry, int] = {}

    def note(self, act: str, subject: str, outcome: str, client: str) -> None:
        """Count an act of the current caller."""
        entry = Entry(current_caller(), act, subject, outcome, client)
        is_full = entry not in self._counts and len(self._counts) >= MOST_KINDS
        if is_full and not entry.caller.is_known:  # who is known hides no act behind a flood
            entry = Entry(Caller(entry.caller.role, REST), act, REST, outcome, "")
        self._counts[entry] = self._counts.get(entry, 0) + 1

    async def keep(self) -> None:
        """Write at the end of every window, for ever."""
        while True:
            await asyncio.sleep(self._window_s)
            await self.write_now()

    async def write_now(self) -> None:
        """Write what was counted; an outage of the database costs a window."""
        counts, self._counts = self._counts, {}
        try:
            await run_in_threadpool(self._write, counts)
        except DATABASE_ERRORS as error:
            _logger.warning("what was refused and exported was not written down: %s", error)

    def _write(self, counts: Mapping[Entry, int]) -> None:
        for entry, times in counts.items():
            with asked_by(entry.caller):
                said = (entry.act, entry.subject, entry.outcome, {"times": times}, entry.client)
                write_audit(self._engine, *said)
