"""The cache of answers, in a folder or a Redis; keyed on ids and versions only."""

import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import Lock
from typing import TypeVar

from dashboard.read.forms import BYTES, Form
from dashboard.read.shelves import FolderShelf, RedisShelf, Shelf
from geodata.city.configuration import City
from geodata.identity.readable_districts import scope_of_records
from geodata.settings import ROOT, Settings
from geodata.version import read_source_version

ANSWERING = ("geodata", "layers", "dashboard")  # the rooms whose code answers come from
Answer = TypeVar("Answer")
_logger = logging.getLogger(__name__)


class AnswerCache:
    """Remembers answers under text keys that contain the version of what they rest on."""

    def __init__(self, shelf: Shelf, prefix: str = "") -> None:
        """Keep the shelf, and what every key on it begins with."""
        self._shelf = shelf
        self._prefix = prefix
        self._guard = Lock()
        self._waiting: dict[str, tuple[Lock, int]] = {}  # of each key under way: who is in or waits

    def get_bytes(self, key: str, compute: Callable[[], bytes]) -> bytes:
        """Return remembered bytes, or compute and remember them."""
        return self.get_or(key, compute, BYTES)

    def get_or(self, key: str, compute: Callable[[], Answer], form: Form[Answer]) -> Answer:
        """Return the remembered answer, or compute and remember it in a form.

        Of many that ask at once, as fifty walls do for a new version, one computes. Callers who may
        read other records share no answer.
        """
        whole = self._prefix + scope_of_records() + key
        known = self._read(whole, form)
        if known is not None:
            return known
        with self._turn(whole):
            known = self._read(whole, form)
            if known is not None:
                return known
            answer = compute()
            self._shelf.set(whole, form.pack(answer))
            return answer

    def _read(self, key: str, form: Form[Answer]) -> Answer | None:
        content = self._shelf.get(key)
        if content is None:
            return None
        try:
            return form.unpack(content)
        except ValueError as error:
            _logger.warning("the answer kept under %s is not used: %s", key, error)
            return None

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


def build_cache(settings: Settings, city: City) -> AnswerCache:
    """Return the cache that the settings ask for.

    Its keys name the city, for a Redis may serve several, and the version of the program and of
    the city's declarations: an answer of older code or other targets is never shown.
    """
    folders = [ROOT / room for room in ANSWERING]
    version = read_source_version(*folders, city.folder)
    if settings.cache_url:
        shelf: Shelf = RedisShelf(settings.cache_url)
    else:
        shelf = FolderShelf(settings.data_dir / "cache" / "answers")
    return AnswerCache(shelf, f"occ:{city.code}:{version}:")
