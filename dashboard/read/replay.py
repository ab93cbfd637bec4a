"""The context of a page as of a moment: the database of then, and cached answers kept apart."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from typing import TypeVar

from dashboard.read.cache import AnswerCache
from dashboard.read.context import ScreenContext
from dashboard.read.forms import Form
from geodata.database.replay import open_as_of

Answer = TypeVar("Answer")


class MomentCache(AnswerCache):
    """Caches the answers of one moment in the cache of the present, under separate keys."""

    def __init__(self, present: AnswerCache, at: datetime) -> None:
        """Keep the cache and the moment."""
        self._present = present
        self._moment = f"at{int(at.timestamp())}/"

    def get_or(self, key: str, compute: Callable[[], Answer], form: Form[Answer]) -> Answer:
        """Return the cached answer, or compute and cache it."""
        return self._present.get_or(self._moment + key, compute, form)


def context_as_of(context: ScreenContext, at: datetime) -> ScreenContext:
    """Return the context of a moment; what it reads also needs `geodata.clock.replaying`.

    Raises:
        FutureError: the moment has not come.
        BeforeFirstLoadError: nothing had been loaded.
        ForgottenError: what was shown then is not kept any more.
    """
    then = open_as_of(context.engine, at)
    return replace(context, engine=then, acting=then, cache=MomentCache(context.cache, at))
