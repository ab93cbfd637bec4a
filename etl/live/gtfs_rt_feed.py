"""Follows a GTFS-RT feed, as files added to a folder or at an address: one message, one load."""

import hashlib
import logging
from collections.abc import Iterator
from functools import partial
from pathlib import Path

from sqlalchemy import Connection

from etl.gtfs_rt.message import read_message
from etl.gtfs_rt.trip_book import TripBook
from etl.ledger.findings import Finding
from etl.live.data_faults import is_of_data
from etl.live.inbox import Arrived, Inbox, read_known
from etl.live.look import FileLook, look_at
from etl.live.message_outcome import MessageCounts, outcome_of
from etl.live.missed import MissedDepartures
from etl.live.piece import LiveSource, Piece, load_piece, refuse_piece
from etl.live.position_load import load_positions
from etl.live.progress import Advance, OvertakenError, read_progress
from etl.live.trip_update_load import load_updates
from etl.outcome import FileLoad, LoadOutcome
from etl.pipeline.fetch import NOTHING_KNOWN, fetch_message
from etl.pipeline.loads import reason_of
from etl.source.declaration import SourceDeclaration
from etl.source.file import SourceFile
from etl.transform.locate import Locator
from geodata.city.configuration import City
from geodata.errors import OperationsError
from geodata.traces import trace_of

_PASSED_OVER = {
    "older": "older than a message that was read before it",
    "future": "its time has not come yet",
}
_logger = logging.getLogger(__name__)


class FollowedFeed:
    """One declared feed of vehicle positions or trip updates."""

    def __init__(self, live_source: LiveSource, folder: Path) -> None:
        """Follow the address, or the files that the rule names below `folder`."""
        self.live_source = live_source
        self._folder = folder
        self._inbox = Inbox(folder, live_source.rule.path or "")
        self._book = TripBook(live_source.rule.timetable or "")
        self._missed = MissedDepartures(live_source, self._book)
        self._last = ""
        self._known = NOTHING_KNOWN

    def poll(self) -> Iterator[FileLoad]:
        """Load the messages that came since the last time, in the order of their own times.

        Before that, departures missed until some time ago are written, even if the feed is silent.

        Raises:
            ExtractError: the address does not answer.
            SQLAlchemyError: the database is gone; the next poll begins there.
        """
        if self._tells_what_ran:
            yield from self._missed.sweep()
        source, file = self.live_source.declaration.key, f"@{self.live_source.rule.feed}"
        with self.live_source.engine.connect() as connection:
            kept = read_progress(connection, source, file)
        for arrived in self._arrivals():
            advance = Advance(source, file, kept, arrived.after(kept))
            try:
                done = self._take(arrived, advance)
            except OvertakenError:
                return  # another process loads these messages
            if done:
                yield done
                kept = advance.after
            if not self.live_source.rule.url:
                self._inbox.finish(arrived)

    @property
    def _tells_what_ran(self) -> bool:
        """Whether it is this feed that what was missed is concluded from: one of a source's two."""
        feeds = {rule.feed for rule in self.live_source.declaration.live}
        return self.live_source.rule.feed == "positions" or "positions" not in feeds

    def glance(self) -> list[FileLook]:
        """Return name, size and time of the messages in the folder; nothing for an address.

        Raises:
            OSError: the folder cannot be read.
        """
        return look_at(self._folder, self.live_source.rule.path)

    def _arrivals(self) -> Iterator[Arrived]:
        rule = self.live_source.rule
        if rule.url:
            yield from self._newest(rule.url)
        else:
            yield from self._inbox.unread()

    def _newest(self, url: str) -> Iterator[Arrived]:
        """Yield what the address answers, unless it is the same as the last time."""
        answer = fetch_message(url, self._known)
        if answer is None:
            return
        content, validators = answer
        digest = hashlib.sha256(content).hexdigest()
        if digest != self._last:
            yield Arrived.of(url.rpartition("/")[2] or "message.pb", content)
        self._last, self._known = digest, validators  # once it is loaded

    def _take(self, arrived: Arrived, advance: Advance) -> FileLoad | None:
        """Load a message, or say why it is passed over; None for one that was dealt with before."""
        heard_at = arrived.sent_at if arrived.is_empty else None
        piece = Piece(arrived.name, arrived.content, heard_at=heard_at)
        known: set[tuple[str, str]] = set()
        if not self.live_source.rule.url:  # an address may say the same thing twice
            with self.live_source.engine.connect() as connection:
                known = read_known(connection, advance.source, arrived)
        standing = arrived.standing(advance.before, known)
        if standing == "known":
            return None
        if standing in _PASSED_OVER:
            return self._pass_over(arrived, piece, advance, _PASSED_OVER[standing])
        load = partial(self._load, arrived=arrived, is_repeated=standing == "repeated")
        try:
            return load_piece(self.live_source, piece, advance, load)
        except OperationsError as error:
            return refuse_piece(self.live_source, piece, advance, str(error))
        except OvertakenError:
            raise
        except Exception as error:  # one message must not stop those after it
            if not is_of_data(error):
                raise
            _logger.error("loading %s failed: %s", arrived.name, trace_of(error))
            return refuse_piece(self.live_source, piece, advance, reason_of(error))

    def _pass_over(self, arrived: Arrived, piece: Piece, advance: Advance, reason: str) -> FileLoad:
        message = f"passed over: {reason} ({arrived.sent_at:%Y-%m-%d %H:%M:%S} UTC)"
        found = Finding("message_passed_over", arrived.name, detail=message)
        return refuse_piece(self.live_source, piece, advance, message, (found,))

    def _load(
        self, connection: Connection, city: City, declaration: SourceDeclaration,
        file: SourceFile, load_id: int, locator: Locator, *, arrived: Arrived, is_repeated: bool,
    ) -> LoadOutcome:  # fmt: skip
        message = arrived.message or read_message(arrived.content, file.name)  # raises why not
        if is_repeated:
            rows = len(message.feed.entity)
            counts = MessageCounts(rows, notes={"the same message again": rows})
            found = Finding("repeated_message", file.name, rows=rows)
            return outcome_of(file.name, counts, 0, (), (found,))
        load = load_positions if self.live_source.rule.feed == "positions" else load_updates
        return load(connection, self.live_source, self._book, message, load_id, file.name)
