"""Where remembered answers lie: a folder of this machine, or a Redis that several share."""

import os
import tempfile
import time
from contextlib import suppress
from hashlib import sha256
from pathlib import Path
from threading import Lock
from typing import Protocol

import redis

DAY_S = 86_400
MOST_FILES = 5000
_LOOK_EVERY = 500  # writes: looking through the folder costs more than writing
_MARK = b"occ-answer-1\n"


class Shelf(Protocol):
    """Keeps bytes under text keys for a day."""

    def get(self, key: str) -> bytes | None:
        """Return what was kept whole under the key, None otherwise."""
        ...

    def set(self, key: str, content: bytes) -> None:
        """Keep the content."""
        ...


def seal(key: str, content: bytes) -> bytes:
    """Return the content behind a mark and a checksum of it and its key."""
    return _MARK + _checksum(key, content) + content


def unseal(key: str, sealed: bytes | None) -> bytes | None:
    """Return the content; None where it is cut off, changed or of another key."""
    if sealed is None or not sealed.startswith(_MARK):
        return None
    begin = len(_MARK) + sha256().digest_size
    content = sealed[begin:]
    return content if sealed[len(_MARK) : begin] == _checksum(key, content) else None


def _checksum(key: str, content: bytes) -> bytes:
    return sha256(sha256(key.encode()).digest() + content).digest()


class FolderShelf:
    """A file an answer; several processes may share the folder."""

    def __init__(self, folder: Path, most_files: int = MOST_FILES) -> None:
        """Make the folder where it is missing."""
        folder.mkdir(parents=True, exist_ok=True)
        self._folder = folder
        self._most_files = most_files
        self._guard = Lock()
        self._until_look = 0

    def get(self, key: str) -> bytes | None:
        """Return what was kept under the key within a day, if the file is whole."""
        path = self._path(key)
        try:
            if path.stat().st_mtime < time.time() - DAY_S:
                return None
            return unseal(key, path.read_bytes())
        except OSError:
            return None

    def set(self, key: str, content: bytes) -> None:
        """Write beside and rename: another process sees the whole file or none."""
        if self._is_time_to_look():
            self._prune()
        handle, temporary = tempfile.mkstemp(dir=self._folder, suffix=".part")
        with os.fdopen(handle, "wb") as file:
            file.write(seal(key, content))
        Path(temporary).replace(self._path(key))

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
        dead = time.time() - DAY_S
        for index, (written_at, path) in enumerate(ages):
            if index < surplus or written_at < dead:
                Path(path).unlink(missing_ok=True)


class RedisShelf:
    """A Redis server, for several machines that answer alike."""

    def __init__(self, url: str) -> None:
        """Prepare for a redis:// address; the first answer connects."""
        self._client = redis.Redis.from_url(url)

    def get(self, key: str) -> bytes | None:
        """Return what was kept under the key."""
        sealed = self._client.get(key)
        return unseal(key, sealed) if isinstance(sealed, bytes) else None

    def set(self, key: str, content: bytes) -> None:
        """Keep the content for a day."""
        self._client.set(key, seal(key, content), ex=DAY_S)
