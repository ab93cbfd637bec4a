"""Two worker processes with one answer, run as a program: what matters is who is there."""

import os

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.routing import Route

from dashboard.limits.serving import serve
from geodata.settings import Settings


async def _who(_: Request) -> PlainTextResponse:
    return PlainTextResponse(str(os.getpid()))


def create() -> Starlette:
    return Starlette(routes=[Route("/who", _who)])


if __name__ == "__main__":
    settings = Settings(port=int(os.environ["OCC_PORT"]), workers=2)
    serve("tests.integration.dashboard.small_site:create", settings)
