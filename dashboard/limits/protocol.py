"""HTTP/1.1 of uvicorn with limits of time: who sends or reads too slowly is cut off.

uvicorn itself waits for ever for the end of a request's headers, and for a client to take its
answer. Once a second each connection is looked at; what is refused is told in the one shape.
"""

import asyncio
import json
import socket
import struct
import sys
from collections.abc import Iterator
from typing import ClassVar

import h11
from uvicorn.middleware.proxy_headers import ProxyHeadersMiddleware
from uvicorn.protocols.http.h11_impl import H11Protocol

from geodata.http.addresses import client_of
from geodata.http.problems import PROBLEM_JSON, describe_problem, title_of

LOOK_S = 1.0
IS_STREAM = "is_stream"  # in the state of a request
_TIMEOUT, _BAD, _UNAVAILABLE = 408, 400, 503
_NO_TIME_LEFT = "the headers of a request must arrive within {:g} s"
_MALFORMED = "this is no HTTP request, or its headers are too large"
_TOO_MANY = "too many connections are open: close some, or come back later"


class TimedProtocol(H11Protocol):
    """A connection that ends when its client is too slow, or when there are too many."""

    HEADERS_S: ClassVar[float] = 15.0  # from the first byte, or from connecting, to the last header
    REST_S: ClassVar[float] = 5.0  # for what is still sent of a request that was answered
    READER_S: ClassVar[float] = 30.0  # for a client to take anything of what is due to it
    MOST_A_CLIENT: ClassVar[int] = 256  # open connections of one address, unless it is a proxy
    MOST: ClassVar[int] = 2000  # of one process

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Begin to watch the connection, or refuse it."""
        super().connection_made(transport)
        now = self.loop.time()
        self._began_at: float | None = now  # to wait for headers; None while a request is served
        self._answered_at: float | None = None
        self._unread = 0  # bytes of answers that the client has not taken
        self._taken_at = now
        self._watch: asyncio.TimerHandle | None = self.loop.call_later(LOOK_S, self._look)
        if self._is_one_too_many():
            self._refuse(_UNAVAILABLE, _TOO_MANY)

    def connection_lost(self, exc: Exception | None) -> None:
        """Stop watching."""
        super().connection_lost(exc)
        if self._watch is not None:
            self._watch.cancel()
            self._watch = None

    def data_received(self, data: bytes) -> None:
        """Take what arrived; the first bytes of a request begin the time for its headers."""
        if self._began_at is None and self.conn.their_state is h11.IDLE:
            self._began_at = self.loop.time()
        super().data_received(data)
        if self.conn.their_state is not h11.IDLE:
            self._began_at = None

    def on_response_complete(self) -> None:
        """Go on with the next request; the rest of one that was not read whole has little time."""
        self._answered_at = self.loop.time()
        super().on_response_complete()

    def send_400_response(self, msg: str) -> None:
        """Answer what could not be parsed."""
        error = sys.exc_info()[1]  # uvicorn calls this where it caught the error
        hint = error.error_status_hint if isinstance(error, h11.RemoteProtocolError) else _BAD
        self._refuse(hint, _MALFORMED)

    def _unsupported_upgrade_warning(self) -> None:
        """Say nothing in the log of what every client can ask for."""

    def shutdown(self) -> None:
        """Let what is asked be answered; a stream of pushes would never end by itself."""
        super().shutdown()
        if self.cycle is not None and self.cycle.scope.get("state", {}).get(IS_STREAM):
            self.transport.close()

    def _look(self) -> None:
        now = self.loop.time()
        if self._is_slow_reader(now) or self._is_endless(now):
            self._reset()
        elif self._began_at is not None and now - self._began_at >= self.HEADERS_S:
            self._refuse(_TIMEOUT, _NO_TIME_LEFT.format(self.HEADERS_S))
            self._began_at = None
        self._watch = self.loop.call_later(LOOK_S, self._look)

    def _reset(self) -> None:
        """End the connection at once: what the client did not take is not kept for it."""
        line: socket.socket | None = self.transport.get_extra_info("socket")
        if line is not None:
            line.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.transport.abort()

    def _is_slow_reader(self, now: float) -> bool:
        """Return whether bytes are due to the client and it took none of them for too long."""
        unread = self.transport.get_write_buffer_size()
        if unread == 0 or unread < self._unread:
            self._taken_at = now
        self._unread = unread
        return now - self._taken_at >= self.READER_S

    def _is_endless(self, now: float) -> bool:
        """Return whether a request is still being sent long after it was answered."""
        is_over = self.conn.their_state is not h11.SEND_BODY or self.conn.our_state is not h11.DONE
        if is_over or self._answered_at is None:
            return False
        return now - self._answered_at >= self.REST_S

    def _is_one_too_many(self) -> bool:
        if len(self.connections) > self.MOST:
            return True
        if self.client is None or self._is_of_proxy(self.client[0]):
            return False
        own = client_of(self.client[0])
        hosts = [each.client[0] for each in self._others() if each.client]
        return sum(client_of(host) == own for host in hosts) > self.MOST_A_CLIENT

    def _others(self) -> Iterator[H11Protocol]:
        return (each for each in self.connections if isinstance(each, H11Protocol))

    def _is_of_proxy(self, host: str) -> bool:
        return isinstance(self.app, ProxyHeadersMiddleware) and host in self.app.trusted_hosts

    def _refuse(self, status: int, detail: str) -> None:
        """Tell the client why, where that is still possible, and close."""
        if self.conn.our_state in (h11.IDLE, h11.SEND_RESPONSE) and not self.transport.is_closing():
            content = json.dumps(describe_problem(status, detail, "")).encode()
            headers = [
                ("content-type", PROBLEM_JSON),
                ("content-length", str(len(content))),
                ("cache-control", "no-store"),
                ("connection", "close"),
            ]
            if status == _UNAVAILABLE:
                headers.append(("retry-after", "5"))
            reason = title_of(status).encode()
            start = h11.Response(status_code=status, headers=headers, reason=reason)
            for event in (start, h11.Data(data=content), h11.EndOfMessage()):
                self.transport.write(self.conn.send(event) or b"")
        if self.cycle is not None:  # whoever still answers it answers nobody
            self.cycle.disconnected = True
            self.cycle.message_event.set()
        self.transport.close()
