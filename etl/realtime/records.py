"""Follows the record files of a live source: every poll loads what was appended since the last."""

from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Literal

from sqlalchemy.exc import DataError, DBAPIError, IntegrityError

from etl.pipeline import reason_of
from etl.realtime.piece import LiveTarget, Piece, load_piece, refuse_piece
from etl.realtime.progress import keep_progress, read_progress
from etl.realtime.tail import Chunk, read_new
from etl.result import FileLoad
from geodata.errors import OperationsError

# The database is there and says no to these rows; any other of its errors is tried again.
_FAULTY_ROWS = (DataError, IntegrityError)


class FollowedRecords:
    """One declared source whose records are appended to files of the incoming folder."""

    def __init__(self, target: LiveTarget, folder: Path) -> None:
        """Follow the files that the declaration names below `folder`."""
        self.target = target
        self._folder = folder

    def poll(self) -> Iterator[FileLoad]:
        """Load what is new, piece by piece, and yield what became of each.

        Raises:
            OSError: a file cannot be read.
            SQLAlchemyError: the database is gone; nothing is lost, the next poll begins there.
        """
        for path in sorted(self._folder.glob(self.target.rule.path or "")):
            while (chunk := self._next(path)) is not None:
                yield from self._load(chunk)

    def _next(self, path: Path) -> Chunk | None:
        kind: Literal["csv", "ndjson"] = (
            "csv" if self.target.declaration.format == "csv" else "ndjson"
        )
        with self.target.engine.connect() as connection:
            progress = read_progress(connection, self.target.declaration.key, path.name)
        return read_new(path, progress, kind)

    def _load(self, chunk: Chunk) -> Iterator[FileLoad]:
        """Load a chunk; where it is refused as a whole, halve it until the fault stands alone."""
        keep = partial(
            keep_progress, source=self.target.declaration.key, file=chunk.name, progress=chunk.after
        )
        header_lines = 1 if chunk.header else 0
        piece = Piece(chunk.name, chunk.content, chunk.before.lines - header_lines)
        try:
            yield load_piece(self.target, piece, keep)
            return
        except DBAPIError as error:
            if not isinstance(error, _FAULTY_ROWS):
                raise
            message = reason_of(error)
        except OperationsError as error:
            message = str(error)
        if len(chunk.lines) > 1:
            for half in chunk.halves():
                yield from self._load(half)
            return
        alone = replace(piece, content=chunk.lines[0], lines_before=chunk.before.lines)
        yield refuse_piece(self.target, alone, keep, message)
