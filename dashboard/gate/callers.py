"""Who asks: the caller of a request, by its session, its device's token or the demonstration."""

import asyncio
import time
from collections import OrderedDict
from collections.abc import Callable
from contextvars import Context
from dataclasses import dataclass
from enum import StrEnum

from fastapi.concurrency import run_in_threadpool
from starlette.requests import cookie_parser
from starlette.types import Scope

from dashboard.gate.origins import comes_from_elsewhere
from geodata.database.handle import DATABASE_ERRORS, Engine
from geodata.identity.caller import Caller
from geodata.identity.devices import find_device
from geodata.identity.sessions import find_caller
from geodata.identity.tokens import digest_of

BELIEVED_S = 2.0  # so long one look-up holds for the requests that follow
HELD_S = 900.0  # so long what was known holds while the database does not answer: walls stay
MOST_KNOWN = 4096
LONGEST_TOKEN = 200


class Means(StrEnum):
    """How a caller shows who it is; the cookies have these names."""

    SESSION = "occ_session"
    DEVICE = "occ_device"
    BEARER = "bearer"


@dataclass(frozen=True)
class Token:
    """What a caller showed."""

    means: Means
    text: str


def shown_tokens(scope: Scope) -> list[Token]:
    """Return the tokens of a request, the one that counts first."""
    cookies: dict[str, str] = {}
    found = []
    for name, value in scope["headers"]:
        if name == b"cookie":
            cookies |= cookie_parser(value.decode("latin-1"))
        elif name == b"authorization":
            scheme, _, text = value.decode("latin-1").partition(" ")
            if scheme.lower() == "bearer":
                found.append(Token(Means.BEARER, text.strip()))
    cookie_means = (Means.SESSION, Means.DEVICE)
    found = [Token(each, cookies[each]) for each in cookie_means if cookies.get(each)] + found
    return [each for each in found if 0 < len(each.text) <= LONGEST_TOKEN]


@dataclass
class _Known:
    caller: Caller | None
    asked_at: float


class Callers:
    """The callers of one server process; a look-up holds for seconds, and in an outage longer."""

    def __init__(
        self,
        engine: Engine,
        demo: Caller | None,
        *,
        binds_rows: bool = True,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """Keep the database, who asks in a demonstration, and the clock.

        Where rows are not bound to districts, nobody who is bound to some may be let in.
        """
        self._engine = engine
        self._demo = demo
        self._binds_rows = binds_rows
        self._clock = clock
        self._known: OrderedDict[tuple[Means, str], _Known] = OrderedDict()
        self._asked: dict[tuple[Means, str], asyncio.Task[Caller | None]] = {}
        self.ended = asyncio.Event()

    async def find(self, scope: Scope) -> tuple[Caller | None, Token | None]:
        """Return who asks and by which token; None for the public.

        Raises:
            DatabaseError: it does not answer, and the token is not known from before.
        """
        for token in shown_tokens(scope):
            caller = await self.find_by(token)
            if caller is not None:
                return caller, token
        return None if comes_from_elsewhere(scope) else self._demo, None

    async def find_by(self, token: Token) -> Caller | None:
        """Return whose a token is, None when it has ended or never was."""
        key = (token.means, digest_of(token.text))
        known = self._known.get(key)
        if known is not None and self._clock() - known.asked_at < BELIEVED_S:
            return known.caller
        began = self.ended
        try:
            caller = await self._look_up(key, token)
        except DATABASE_ERRORS:
            if known is None or self._clock() - known.asked_at >= HELD_S:
                raise
            return known.caller
        if began is self.ended:  # else somebody was signed out meanwhile
            self._remember(key, caller)
        return caller

    def forget(self) -> None:
        """Look everybody up anew: somebody was signed out."""
        self._known.clear()
        self._asked.clear()  # the answers that are awaited may be from before
        self.ended.set()
        self.ended = asyncio.Event()

    async def _look_up(self, key: tuple[Means, str], token: Token) -> Caller | None:
        """Ask the database, once for all who show the same token at the same time.

        It is asked for no one of them: who goes away takes nothing from the others.
        """
        task = self._asked.get(key)
        if task is None or task.get_loop() is not asyncio.get_running_loop():
            look_up = run_in_threadpool(self._read, token)
            task = asyncio.create_task(look_up, context=Context())
            self._asked[key] = task
            task.add_done_callback(lambda _: self._asked.pop(key, None))
        return await asyncio.shield(task)

    def _read(self, token: Token) -> Caller | None:
        find = find_caller if token.means == Means.SESSION else find_device
        caller = find(self._engine, token.text)
        return caller if caller is None or self.may_enter(caller) else None

    def may_enter(self, caller: Caller) -> bool:
        """Return whether what a caller may not read can be kept from that caller."""
        return self._binds_rows or not caller.districts

    def _remember(self, key: tuple[Means, str], caller: Caller | None) -> None:
        self._known[key] = _Known(caller, self._clock())
        self._known.move_to_end(key)
        while len(self._known) > MOST_KNOWN:
            self._known.popitem(last=False)
