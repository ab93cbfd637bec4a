"""Mounts the GIS service so that its address answers with a slash at the end and without.

A redirect from one to the other would do for a browser, but QGIS gives up at it.
"""

from fastapi import FastAPI
from starlette._utils import get_route_path
from starlette.routing import Match, Mount
from starlette.types import Scope


class WholeMount(Mount):
    """A mount that takes its bare prefix, and addresses with a line break, too."""

    def matches(self, scope: Scope) -> tuple[Match, Scope]:
        """Tell whether an address is at the prefix or below it."""
        if scope["type"] not in ("http", "websocket"):
            return Match.NONE, {}
        path = get_route_path(scope)
        if path != self.path and not path.startswith(self.path + "/"):
            return Match.NONE, {}
        root = scope.get("root_path", "")
        inner = {
            "path_params": dict(scope.get("path_params", {})),
            "app_root_path": scope.get("app_root_path", root),
            "root_path": root + self.path,
            "endpoint": self.app,
        }
        if path == self.path:
            inner["path"] = scope["path"] + "/"
        return Match.FULL, inner


def mount_service(server: FastAPI, service: FastAPI, prefix: str) -> None:
    """Make `server` answer with `service` at the prefix and below it."""
    server.router.routes.append(WholeMount(prefix, app=service))
