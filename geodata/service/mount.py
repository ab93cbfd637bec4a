"""Mounts the GIS service so that its address answers with a slash at the end and without.

A redirect from one to the other would do for a browser, but QGIS gives up at it.
"""

from fastapi import FastAPI
from starlette.routing import Route
from starlette.types import Receive, Scope, Send


class _Root:
    """Answers the bare prefix as the landing page."""

    def __init__(self, service: FastAPI, prefix: str) -> None:
        self._service = service
        self._prefix = prefix

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        root = str(scope.get("root_path", "")) + self._prefix
        inner = {**scope, "root_path": root, "app_root_path": root, "path": root + "/"}
        await self._service(inner, receive, send)


def mount_service(server: FastAPI, service: FastAPI, prefix: str) -> None:
    """Make `server` answer with `service` at the prefix and below it."""
    server.router.routes.append(Route(prefix, _Root(service, prefix), include_in_schema=False))
    server.mount(prefix, service)
