"""Links in the service's documents."""

from collections.abc import Sequence
from typing import Any

from fastapi import Request

LINK = "http://www.opengis.net/def/rel/ogc/1.0/"


def base_url(request: Request) -> str:
    """Return the service's own address as this client sees it, without a slash at the end."""
    host = f"{request.url.scheme}://{request.url.netloc}"
    return host + str(request.scope.get("root_path", "")).rstrip("/")


def link(href: str, rel: str, kind: str = "application/json", title: str = "") -> dict[str, str]:
    """Return one link."""
    return {"href": href, "rel": rel, "type": kind} | ({"title": title} if title else {})


def own_links(
    address: str, kinds: Sequence[tuple[str, str]], current: str | None = None
) -> list[dict[str, Any]]:
    """Return the link of a document to itself and to its other forms.

    `kinds` holds the name and the media type of each form, the default one first.
    """
    joint = "&" if "?" in address else "?"
    chosen = current or kinds[0][0]
    return [
        link(
            address if name == chosen and current is None else f"{address}{joint}f={name}",
            "self" if name == chosen else "alternate",
            media,
        )
        for name, media in kinds
    ]
