"""The cache of answers: a folder, or Redis for several machines; keyed on ids and versions only."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import Lock
from typing import TypeVar

from flask import Flask
from flask_caching import Cache

from geodata.settings import Settings

DAY_S = 86_400
Answer = TypeVar("Answer")


class AnswerCache:
    """Remembers answers under text keys that contain the version of what they rest on."""

    def __init__(self, backend: Cache) -> None:
        """Keep the backend."""
        self._backend = backend
        self._guard = Lock()
        self._waiting: dict[str, tuple[Lock, int]] = {}  # of each key under way: who is in or waits

    def get_or(self, key: str, compute: Callable[[], Answer]) -> Answer:
        """Return the remembered answer, or compute and remember it.

        Of many that ask at once, as fifty walls do for a new version, one computes.
        """
        known: Answer | None = self._backend.get(key)
        if known is not None:
            return known
        with self._turn(key):
            known = self._backend.get(key)
            if known is not None:
                return known
            answer = compute()
            self._backend.set(key, answer)
            return answer

    @contextmanager
    def _turn(self, key: str) -> Iterator[None]:
        with self._guard:
            lock, users = self._waiting.get(key, (Lock(), 0))
            self._waiting[key] = (lock, users + 1)
        try:
            with lock:
                yield
        finally:
            with self._guard:
                lock, users = self._waiting.pop(key)
                if users > 1:
                    self._waiting[key] = (lock, users - 1)


def build_cache(server: Flask, settings: Settings) -> AnswerCache:
    """Attach the cache that the settings ask for to a Flask server."""
    options: dict[str, object] = {
        "CACHE_DEFAULT_TIMEOUT": DAY_S,
        "CACHE_KEY_PREFIX": f"occ:{settings.city}:",  # a Redis may serve several cities
    }
    if settings.cache_url:
        options |= {"CACHE_TYPE": "RedisCache", "CACHE_REDIS_URL": settings.cache_url}
    else:
        folder = settings.data_dir / "cache" / "answers"
        folder.mkdir(parents=True, exist_ok=True)
        options |= {"CACHE_TYPE": "FileSystemCache", "CACHE_DIR": str(folder)}
        options["CACHE_THRESHOLD"] = 5000
    return AnswerCache(Cache(server, config=options))
