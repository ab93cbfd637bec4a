"""The gate itself: ASGI middleware that finds the caller, decides, and answers for the caller."""

import asyncio
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass

from starlette.datastructures import MutableHeaders
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from dashboard.gate import answers
from dashboard.gate.book import AuditBook
from dashboard.gate.callers import Callers, Token
from dashboard.gate.origins import is_our_host, is_our_origin, says_authorization
from dashboard.gate.table import SIGN_IN, Decision, Kind, decide, kind_of
from dashboard.page import Page
from geodata.database.handle import DATABASE_ERRORS
from geodata.http.addresses import address_of
from geodata.identity.caller import ANYONE, Caller, asked_by

LOOK_EVERY_S = 3.0  # whether the caller of an open stream is still let in
LAST_EVENT = b"event: ended\ndata: {}\n\n"
_REFUSALS = (401, 403)


@dataclass(frozen=True)
class GateKeys:
    """What the gate decides by."""

    callers: Callers
    pages: Mapping[str, Page]
    names: frozenset[str]
    book: AuditBook


class Gate:
    """ASGI middleware in front of everything; what it lets pass knows its caller."""

    def __init__(self, app: ASGIApp, keys: GateKeys) -> None:
        """Keep the application and what is decided by."""
        self._app = app
        self._keys = keys

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer the request for its caller, or refuse it."""
        if scope["type"] == "lifespan":
            await self._app(scope, receive, send)
            return
        if scope["type"] != "http":  # nothing of ours speaks by web sockets
            await send({"type": "websocket.close", "code": 1008})
            return
        if not is_our_host(scope, self._keys.names):
            await answers.foreign_host(scope)(scope, receive, send)
            return
        decision = decide(scope["path"], self._keys.pages)
        if decision is not None and decision.kind is Kind.FILE:
            await self._app(scope, receive, send)
            return
        await self._ask(scope, receive, send, decision)

    async def _ask(
        self, scope: Scope, receive: Receive, send: Send, decision: Decision | None
    ) -> None:
        """Find the caller and decide."""
        try:
            found, token = await self._keys.callers.find(scope)
        except DATABASE_ERRORS:
            if decision is None or not decision.is_public:
                kind = decision.kind if decision else kind_of(scope["path"])
                await answers.no_database(scope, kind)(scope, receive, send)
                return
            found, token = None, None
        caller = found or ANYONE
        with asked_by(caller):
            refusal = self._refusal(scope, decision, caller)
            answer = refusal or self._passed(decision, token)
            await answer(scope, receive, self._told(scope, send, decision, caller))

    def _refusal(self, scope: Scope, decision: Decision | None, caller: Caller) -> Response | None:
        """Return why the caller may not have it, None where it may."""
        by_hand = caller.is_known and not says_authorization(scope)
        is_form = decision is not None and decision.kind is Kind.PAGE
        if not is_our_origin(scope, must_tell=by_hand or is_form):
            return answers.foreign_origin(scope)
        if decision is None:
            if not caller.is_known:
                return answers.sign_in_first(scope, kind_of(scope["path"]))
            return answers.nothing_there(scope)
        if caller.role in decision.roles:
            return None
        if caller.is_known:
            return answers.refuse(scope, caller, decision.kind)
        return answers.sign_in_first(scope, decision.kind)

    def _passed(self, decision: Decision | None, token: Token | None) -> ASGIApp:
        if decision is not None and decision.kind is Kind.STREAM and token is not None:
            return Ending(self._app, self._keys.callers, token)
        return self._app

    def _told(self, scope: Scope, send: Send, decision: Decision | None, caller: Caller) -> Send:
        """Return `send` that keeps closed answers out of shared caches, and writes the book."""

        async def told(message: Message) -> None:
            if message["type"] == "http.response.start":
                if decision is not None and (caller.is_known or not decision.is_public):
                    _make_private(message)
                self._note(scope, message["status"], decision, caller)
            await send(message)

        return told

    def _note(self, scope: Scope, status: int, decision: Decision | None, caller: Caller) -> None:
        subject = decision.address if decision else "?"
        led_away = status == 303 and subject != SIGN_IN and not caller.is_known
        known_or_refused = caller.is_known or status != 200  # not who reads what is published
        client = address_of(scope) if known_or_refused else ""
        if status in _REFUSALS or led_away:
            self._keys.book.note("request", subject, "refused", client)
        elif status == 200 and decision is not None and decision.kind is Kind.EXPORT:
            self._keys.book.note("export", subject, "done", client)


class Ending:
    """A stream that ends when its caller is signed out, after a last event that says so."""

    def __init__(
        self, app: ASGIApp, callers: Callers, token: Token, every_s: float = LOOK_EVERY_S
    ) -> None:
        """Keep the application, and by what the caller was let in."""
        self._app = app
        self._callers = callers
        self._token = token
        self._every_s = every_s

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer until the application ends, or the caller is let in no more."""
        answer = asyncio.ensure_future(self._app(scope, receive, send))
        ended = asyncio.ensure_future(self._until_ended())
        try:
            await asyncio.wait({answer, ended}, return_when=asyncio.FIRST_COMPLETED)
            if not answer.done():
                answer.cancel()
                with suppress(asyncio.CancelledError):
                    await answer
                await send({"type": "http.response.body", "body": LAST_EVENT})
                return
        finally:
            for task in (answer, ended):
                task.cancel()
        await answer

    async def _until_ended(self) -> None:
        while True:
            with suppress(asyncio.TimeoutError):
                await asyncio.wait_for(self._callers.ended.wait(), self._every_s)
            try:
                if await self._callers.find_by(self._token) is None:
                    return
            except DATABASE_ERRORS:
                return  # nobody knows any more whether the caller may hear this


def _make_private(message: Message) -> None:
    """Keep an answer out of caches that others share: the browser may keep it, for its caller.

    Who comes after that caller at the same browser shows another token, or none.
    """
    headers = MutableHeaders(scope=message)
    kept = headers.get("cache-control")
    if kept is None:
        headers["Cache-Control"] = "private"
    elif "public" in kept:
        headers["Cache-Control"] = kept.replace("public", "private")
    else:  # it is asked for anew each time
        return
    headers.add_vary_header("Cookie, Authorization")
