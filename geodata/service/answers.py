"""What every answer of the service shares: HEAD, OPTIONS, other origins, validators and packing.

What is published is public, so a page of any origin may read it.
"""

import asyncio
import gzip
import hashlib
from http import HTTPMethod

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

_ALLOWED = "GET, HEAD, OPTIONS"
_SMALLEST_PACKED = 1000
_LEVEL = 5
_PACKED_ALREADY = ("application/vnd.apache.parquet",)
_EXPOSED = "Content-Encoding, ETag, Link, OGC-NumberMatched, OGC-NumberReturned"
_CORS = {"Access-Control-Allow-Origin": "*", "Access-Control-Expose-Headers": _EXPOSED}


class PublicAnswers:
    """ASGI middleware around the whole service."""

    def __init__(self, app: ASGIApp) -> None:
        """Wrap an application."""
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        if scope["method"] == HTTPMethod.OPTIONS:
            await _options()(scope, receive, send)
            return
        answer = _Answer(Headers(scope=scope), send, is_head=scope["method"] == HTTPMethod.HEAD)
        inner = {**scope, "method": "GET"} if answer.is_head else scope
        await self._app(inner, receive, answer.take)


def _options() -> Response:
    headers = {
        **_CORS,
        "Allow": _ALLOWED,
        "Access-Control-Allow-Methods": _ALLOWED,
        "Access-Control-Allow-Headers": "Accept, Accept-Language, If-None-Match, Content-Type",
        "Access-Control-Max-Age": "86400",
    }
    return Response(status_code=204, headers=headers)


class _Answer:
    """Collects one answer, and sends it whole: only then its validator and length are known."""

    def __init__(self, asked: Headers, send: Send, *, is_head: bool) -> None:
        self._asked = asked
        self._send = send
        self.is_head = is_head
        self._start: Message = {}
        self._body = bytearray()

    async def take(self, message: Message) -> None:
        """Take one message of the application."""
        if message["type"] == "http.response.start":
            self._start = message
        elif message["type"] == "http.response.body":
            self._body += message.get("body", b"")
            if not message.get("more_body", False):
                await self._finish()

    async def _finish(self) -> None:
        headers = MutableHeaders(raw=list(self._start["headers"]))
        headers.update(_CORS)
        body, status = bytes(self._body), self._start["status"]
        if status == 200:
            tag = f'W/"{hashlib.blake2b(body, digest_size=12).hexdigest()}"'
            headers.update({"ETag": tag})
            headers.setdefault("Cache-Control", "no-cache")  # kept, and asked for anew each time
            headers.add_vary_header("Accept, Accept-Encoding")
            if _matches(self._asked.get("if-none-match", ""), tag):
                status, body = 304, b""
                del headers["content-length"]
            else:
                body = await self._packed(headers, body)
        await self._send({**self._start, "status": status, "headers": headers.raw})
        await self._send({"type": "http.response.body", "body": b"" if self.is_head else body})

    async def _packed(self, headers: MutableHeaders, body: bytes) -> bytes:
        is_packed = headers.get("content-type", "").startswith(_PACKED_ALREADY)
        takes = "gzip" in self._asked.get("accept-encoding", "").lower()
        if not takes or is_packed or len(body) < _SMALLEST_PACKED:
            headers["content-length"] = str(len(body))
            return body
        packed = await asyncio.to_thread(gzip.compress, body, _LEVEL, mtime=0)
        headers["content-encoding"] = "gzip"
        headers["content-length"] = str(len(packed))
        return packed


def _matches(header: str, tag: str) -> bool:
    known = {each.strip().removeprefix("W/") for each in header.split(",")}
    return "*" in known or tag.removeprefix("W/") in known
