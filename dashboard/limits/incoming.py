"""What arrives of one request: its body within a time, and the word that its client has gone."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from starlette.datastructures import Headers
from starlette.exceptions import HTTPException
from starlette.types import Message, Receive, Scope, Send

PAUSE_S = 10.0  # between two pieces of a body
BODY_S = 60.0  # that the server waits for a body in all
_TIMEOUT = 408
_GONE: Message = {"type": "http.disconnect"}


@dataclass(frozen=True)
class Patience:
    """How long the server waits for a body: for a piece of it, and in all."""

    pause_s: float = PAUSE_S
    body_s: float = BODY_S


class Incoming:
    """Hands the messages of a client on, and notices when it goes.

    A body is asked for only when the application asks. Once it is there whole, the next message can
    only be that the client has gone: whoever waits for `gone` hears it even if nobody else listens.
    """

    def __init__(self, scope: Scope, receive: Receive, patience: Patience) -> None:
        """Wait for nothing yet."""
        self._receive = receive
        self._patience = patience
        self._left_s = patience.body_s
        self._first: Message | None = None
        self._is_whole = asyncio.Event()
        self._gone = asyncio.Event()
        self._has_body = has_body(scope)
        self._is_answered = False
        self.is_begun = False  # the answer

    async def watch(self, when_gone: Callable[[], Awaitable[None]]) -> None:
        """Wait until the client has gone without its answer; then do what is to be done."""
        if not self._has_body:
            self._first = await self._take()
        await self._is_whole.wait()
        while not self._gone.is_set() and (await self._receive())["type"] != _GONE["type"]:
            pass
        self._gone.set()
        if not self._is_answered:
            await when_gone()

    def until_answered(self, send: Send) -> Send:
        """Return a `send` by which the end of the answer is noticed."""

        async def noticed(message: Message) -> None:
            self.is_begun = True
            if message["type"] == "http.response.body" and not message.get("more_body", False):
                self._is_answered = True
            await send(message)

        return noticed

    async def receive(self) -> Message:
        """Return the next message.

        Raises:
            HTTPException: the body does not arrive in time; status 408.
        """
        if not self._has_body and not self._is_whole.is_set():
            await self._is_whole.wait()  # the watch takes it
        if self._first is not None:
            first, self._first = self._first, None
            return first
        if self._is_whole.is_set():
            await self._gone.wait()
            return _GONE
        return await self._take()

    async def _take(self) -> Message:
        loop = asyncio.get_running_loop()
        began_at = loop.time()
        pause_s = min(self._patience.pause_s, max(self._left_s, 0.0))
        try:
            async with asyncio.timeout(pause_s):
                message = await self._receive()
        except TimeoutError as error:
            reason = "the body of the request does not arrive in time"
            raise HTTPException(_TIMEOUT, reason, {"Connection": "close"}) from error
        self._left_s -= loop.time() - began_at
        if message["type"] == _GONE["type"]:
            self._gone.set()
        if self._gone.is_set() or not message.get("more_body", False):
            self._is_whole.set()
        return message


def has_body(scope: Scope) -> bool:
    """Return whether a request announces a body."""
    headers = Headers(scope=scope)
    return "transfer-encoding" in headers or headers.get("content-length", "0") != "0"
