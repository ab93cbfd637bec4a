"""Links in the service's documents."""

from fastapi import Request

LINK = "http://www.opengis.net/def/rel/ogc/1.0/"


def base_url(request: Request) -> str:
    """Return the service's own address as this client sees it, without a slash at the end."""
    host = f"{request.url.scheme}://{request.url.netloc}"
    return host + str(request.scope.get("root_path", "")).rstrip("/")


def link(href: str, rel: str, kind: str = "application/json", title: str = "") -> dict[str, str]:
    """Return one link."""
    return {"href": href, "rel": rel, "type": kind} | ({"title": title} if title else {})
