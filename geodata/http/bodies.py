"""The limit of what a client may send: a body is refused before it is read whole."""

from starlette.datastructures import Headers
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from geodata.http.problems import answer_problem

LARGEST_BODY = 4 * 1024 * 1024  # a thousand records with every field filled are less
_TOO_LARGE = 413


class BodyLimit:
    """ASGI middleware that refuses a body above a number of bytes.

    The length that a client states is believed, and refused at once; what arrives is counted. The
    application may look at headers, a token say, before it takes the first piece.
    """

    def __init__(self, app: ASGIApp, largest: int = LARGEST_BODY) -> None:
        """Keep the application and the limit in bytes."""
        self._app = app
        self._largest = largest
        self._reason = f"a body has at most {largest} bytes"

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer 413, or give the application its body piece by piece."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        stated = Headers(scope=scope).get("content-length", "")
        if stated.isdigit() and int(stated) > self._largest:
            refusal = answer_problem(_TOO_LARGE, self._reason, scope["path"])
            await refusal(scope, receive, send)
            return
        await self._app(scope, self._counted(receive), send)

    def _counted(self, receive: Receive) -> Receive:
        taken = 0

        async def take() -> Message:
            nonlocal taken
            message = await receive()
            taken += len(message.get("body", b""))
            if taken > self._largest:
                raise HTTPException(_TOO_LARGE, self._reason)
            return message

        return take
