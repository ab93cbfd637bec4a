"""CSV answers begin with the mark by which a spreadsheet program knows that a text is UTF-8.

Without it Excel on a Chinese Windows reads the names as GBK.
"""

from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

MARK = b"\xef\xbb\xbf"


class MarkedCsv:
    """Puts the mark before the first bytes of every CSV answer."""

    def __init__(self, app: ASGIApp) -> None:
        """Wrap an application."""
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        waiting = False

        async def marked(message: Message) -> None:
            nonlocal waiting
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                waiting = headers.get("content-type", "").startswith("text/csv")
                if waiting and "content-length" in headers:
                    headers["content-length"] = str(int(headers["content-length"]) + len(MARK))
            elif waiting and message["type"] == "http.response.body" and scope["method"] != "HEAD":
                body = message.get("body", b"")
                if body or not message.get("more_body", False):
                    message = {**message, "body": body if body.startswith(MARK) else MARK + body}
                    waiting = False
            await send(message)

        await self._app(scope, receive, marked)
