"""Follows the record files of a live source: every poll loads what was appended since the last."""

import logging
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

from etl.live.data_faults import is_of_data
from etl.live.look import FileLook, look_at
from etl.live.piece import LiveSource, Piece, load_piece, refuse_piece
from etl.live.progress import Advance, OvertakenError, read_progress
from etl.live.tail import Chunk, Progress, read_new
from etl.outcome import FileLoad
from etl.pipeline.loads import reason_of
from geodata.errors import OperationsError
from geodata.traces import trace_of

_logger = logging.getLogger(__name__)


class FollowedRecords:
    """One declared source whose records are appended to files of the incoming folder."""

    def __init__(self, live_source: LiveSource, folder: Path) -> None:
        """Follow the files that the declaration names below `folder`."""
        self.live_source = live_source
        self._folder = folder

    def poll(self) -> Iterator[FileLoad]:
        """Load new data, piece by piece, and yield the result of each.

        Raises:
            OSError: a file cannot be read.
            SQLAlchemyError: the database is gone; nothing is lost, the next poll begins there.
        """
        for path in by_age(self._folder.glob(self.live_source.rule.path or "")):
            with suppress(OvertakenError):  # another process reads this file
                while (found := self._next(path)) is not None:
                    yield from self._load(*found)

    def glance(self) -> list[FileLook]:
        """Return name, size and time of the files, which change when something is appended.

        Raises:
            OSError: the folder cannot be read.
        """
        return look_at(self._folder, self.live_source.rule.path)

    def _next(self, path: Path) -> tuple[Chunk, Progress] | None:
        """Return the next lines, and the stored progress."""
        with self.live_source.engine.connect() as connection:
            progress = read_progress(connection, self.live_source.declaration.key, path.name)
        chunk = read_new(path, progress, self.live_source.declaration.reading.lines)
        return None if chunk is None else (chunk, progress)

    def _load(self, chunk: Chunk, kept: Progress) -> Iterator[FileLoad]:
        """Load a chunk; if it is refused as a whole, halve it until the faulty line is isolated."""
        advance = Advance(self.live_source.declaration.key, chunk.name, kept, chunk.after)
        header_lines = 1 if chunk.header else 0
        piece = Piece(chunk.name, chunk.content, chunk.before.lines - header_lines)
        try:
            yield load_piece(self.live_source, piece, advance)
            return
        except OperationsError as error:
            message = str(error)
        except OvertakenError:
            raise
        except Exception as error:  # one line must not stop those after it
            if not is_of_data(error):
                raise
            _logger.warning("%s: %s", chunk.name, trace_of(error))
            message = reason_of(error)
        if len(chunk.lines) > 1:
            first, second = chunk.halves()
            yield from self._load(first, kept)
            yield from self._load(second, first.after)
            return
        alone = replace(piece, content=chunk.lines[0], lines_before=chunk.before.lines)
        yield refuse_piece(self.live_source, alone, advance, message)


def by_age(paths: Iterable[Path]) -> list[Path]:
    """Return files in the order of their last changes: the one that is written to comes last.

    Names say nothing of it: `calls_9` comes after `calls_10` in the order of the alphabet.
    """
    aged = []
    for path in paths:
        with suppress(FileNotFoundError):  # rotated away meanwhile
            aged.append((path.stat().st_mtime_ns, path.name, path))
    return [path for *_, path in sorted(aged)]
