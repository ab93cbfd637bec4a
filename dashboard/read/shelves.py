"""Where remembered answers lie: a folder of this machine, or a Redis that several share.

A shelf that cannot be used, because the disk is full or the server gone, says so once and keeps
nothing; answers are then computed anew.
"""

import logging
import os
import time
from contextlib import suppress
from hashlib import sha256
from pathlib import Path
from threading import Lock
from typing import Protocol

import redis

from geodata.private_files import make_private_folder, read_own, seal, unseal, write_whole

DAY_S = 86_400
MOST_FILES = 5000
_LOOK_EVERY = 500  # writes: looking through the folder costs more than writing
_logger = logging.getLogger(__name__)


class Shelf(Protocol):
    """Keeps bytes under text keys for a day."""

    def get(self, key: str) -> bytes | None:
        """Return what was kept whole under the key, None otherwise."""
        ...

    def set(self, key: str, content: bytes) -> None:
        """Keep the content."""
        ...


class _Trouble:
    """Says that a shelf cannot be used: once, until it could be again."""

    def __init__(self, shelf: str) -> None:
        self._shelf = shelf
        self._is_told = False

    def tell(self, error: Exception) -> None:
        if not self._is_told:
            _logger.warning("answers are not kept in %s: %s", self._shelf, error)
        self._is_told = True

    def end(self) -> None:
        if self._is_told:
            _logger.warning("answers are kept in %s again", self._shelf)
        self._is_told = False


class FolderShelf:
    """A file an answer; several processes may share the folder."""

    def __init__(self, folder: Path, most_files: int = MOST_FILES) -> None:
        """Make the folder where it is missing."""
        self._folder = folder
        self._most_files = most_files
        self._guard = Lock()
        self._until_look = 0
        self._trouble = _Trouble(str(folder))
        try:
            make_private_folder(folder)
        except OSError as error:
            self._trouble.tell(error)

    def get(self, key: str) -> bytes | None:
        """Return what was kept under the key within a day, if the file is whole and our own."""
        path = self._path(key)
        try:
            sealed = read_own(path)
            if sealed is None or not _is_of_today(path.stat().st_mtime):
                return None
        except (OSError, ValueError) as error:
            _logger.warning("the kept answer %s is not believed: %s", path.name, error)
            return None
        content = unseal(key, sealed)
        if content is None:
            _logger.warning("the kept answer %s is damaged; it is computed anew", path.name)
        return content

    def set(self, key: str, content: bytes) -> None:
        """Keep the content, whole or not at all."""
        try:
            if self._is_time_to_look():
                self._prune()
            make_private_folder(self._folder)
            write_whole(self._path(key), seal(key, content))
        except OSError as error:
            self._trouble.tell(error)
        else:
            self._trouble.end()

    def _path(self, key: str) -> Path:
        return self._folder / f"{sha256(key.encode()).hexdigest()}.answer"

    def _is_time_to_look(self) -> bool:
        with self._guard:
            self._until_look = self._until_look or min(_LOOK_EVERY, self._most_files)
            self._until_look -= 1
            return self._until_look == 0

    def _prune(self) -> None:
        """Remove what is older than a day, and the oldest of what is too many."""
        ages: list[tuple[float, str]] = []
        with os.scandir(self._folder) as entries:
            for entry in entries:
                with suppress(FileNotFoundError):
                    ages.append((entry.stat().st_mtime, entry.path))
        ages.sort()
        surplus = max(len(ages) - self._most_files, 0)
        for index, (written_at, path) in enumerate(ages):
            if index < surplus or not _is_of_today(written_at):
                Path(path).unlink(missing_ok=True)


def _is_of_today(written_at: float) -> bool:
    """Return whether a file is less than a day old; of a clock that was set back, either way."""
    return abs(time.time() - written_at) <= DAY_S


class RedisShelf:
    """A Redis server, for several machines that answer alike."""

    def __init__(self, url: str) -> None:
        """Prepare for a redis:// address; the first answer connects."""
        self._client = redis.Redis.from_url(url)
        self._trouble = _Trouble("Redis")

    def get(self, key: str) -> bytes | None:
        """Return what was kept under the key."""
        try:
            sealed = self._client.get(key)
        except redis.RedisError as error:
            self._trouble.tell(error)
            return None
        return unseal(key, sealed) if isinstance(sealed, bytes) else None

    def set(self, key: str, content: bytes) -> None:
        """Keep the content for a day."""
        try:
            self._client.set(key, seal(key, content), ex=DAY_S)
        except redis.RedisError as error:
            self._trouble.tell(error)
        else:
            self._trouble.end()
