"""The screens' WSGI application in threads that wait for no client.

A thread is taken once a body is there whole, and is free before its answer is sent: a client that
sends or reads slowly holds none.
"""

import io
from collections.abc import Callable, Iterable
from typing import Any

import anyio.to_thread
from a2wsgi.wsgi import build_environ
from anyio import CapacityLimiter
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

WsgiApp = Callable[[dict[str, Any], Callable[..., Any]], Iterable[bytes]]


class WsgiScreens:
    """An ASGI application that answers by a WSGI one."""

    def __init__(self, app: WsgiApp, threads: int) -> None:
        """Keep the application and how many requests it answers at once."""
        self._app = app
        self._threads = threads
        self._limiter: CapacityLimiter | None = None  # belongs to a running event loop

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request."""
        try:
            body = await Request(scope, receive).body()
        except ClientDisconnect:
            return
        if self._limiter is None:
            self._limiter = CapacityLimiter(self._threads)
        response = await anyio.to_thread.run_sync(self._run, scope, body, limiter=self._limiter)
        await response(scope, receive, send)

    def _run(self, scope: Scope, body: bytes) -> Response:
        described: Any = build_environ(scope, io.BytesIO(body))  # type: ignore[arg-type]
        told: list[tuple[str, list[tuple[str, str]]]] = []

        def start_response(status: str, headers: list[tuple[str, str]], *_: Any) -> None:
            told.append((status, headers))

        parts = self._app(described, start_response)
        try:
            content = b"".join(parts)
        finally:
            getattr(parts, "close", lambda: None)()
        status, headers = told[-1]
        response = Response(content, int(status.partition(" ")[0]))
        response.raw_headers = [
            (name.strip().lower().encode("latin-1"), value.strip().encode("latin-1"))
            for name, value in headers
        ]
        return response
