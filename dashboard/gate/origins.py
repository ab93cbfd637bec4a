"""Under which names the server answers, and from where it may be asked to change anything.

A page of another site can make a visitor's browser ask us. It can neither choose the Host that the
browser names, nor hide the Origin it asks from: both are held against what is ours.
"""

from urllib.parse import urlsplit

from starlette.datastructures import Headers
from starlette.types import Scope

from geodata.http.addresses import address_of
from geodata.settings import Settings, is_loopback

SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
LOOPBACK = ("localhost", "127.0.0.1", "::1")
_PASSED_ON = frozenset({b"forwarded", b"via", b"x-real-ip"})  # what proxies add
_DEFAULT_PORTS = {"http": 80, "https": 443}


def allowed_names(settings: Settings) -> frozenset[str]:
    """Return under which host names the server answers, besides the address it is reached at."""
    public = urlsplit(settings.public_url or "").hostname
    allowed = (host_of(each.strip()) for each in settings.allowed_hosts.split(","))
    named = (*allowed, settings.host, public or "", *LOOPBACK)
    return frozenset(each.lower() for each in named if each)


def host_of(text: str) -> str:
    """Return the name of `name:port`, empty where it is none."""
    try:
        parts = urlsplit(f"//{text}")
        is_plain = parts.netloc == text and "@" not in text and (parts.port or 0) >= 0
    except ValueError:
        return ""
    return (parts.hostname or "") if is_plain else ""


def is_our_host(scope: Scope, names: frozenset[str]) -> bool:
    """Return whether a request names us.

    The address that the connection arrived at is ours in any case: only a name can be made by
    others to lead here.
    """
    hosts = Headers(scope=scope).getlist("host")
    if len(hosts) != 1:
        return False
    name = host_of(hosts[0])
    arrived_at = (scope.get("server") or ("", None))[0]
    return bool(name) and (name in names or name == arrived_at)


def comes_from_elsewhere(scope: Scope) -> bool:
    """Return whether a request comes from another machine, or was passed on by a proxy on this one.

    A proxy need not keep the name that was asked for, and is then believed to be a visitor here.
    """
    host = address_of(scope)
    is_far = host[:1].isdigit() or ":" in host  # else it is no address
    if is_far and not is_loopback(host):
        return True
    return any(
        name in _PASSED_ON or name.startswith(b"x-forwarded-") for name, _ in scope["headers"]
    )


def says_authorization(scope: Scope) -> bool:
    """Return whether a program asks: no page of another site makes a browser say this."""
    return any(name == b"authorization" for name, _ in scope["headers"])


def is_our_origin(scope: Scope, *, must_tell: bool) -> bool:
    """Return whether a request that may change something comes from a page of ours.

    `must_tell` refuses one that says no origin: browsers always do, so the rest is a program,
    which has a token and no cookie.
    """
    if scope["method"] in SAFE_METHODS:
        return True
    headers = Headers(scope=scope)
    origin = headers.get("origin") or _without_path(headers.get("referer"))
    if origin is None:
        return not must_tell
    scheme = origin.partition(":")[0]  # the page's: a proxy may end TLS, and we see another
    return _place(origin) == _place(f"{scheme}://{headers.get('host', '')}") is not None


def _without_path(address: str | None) -> str | None:
    try:
        parts = urlsplit(address or "")
    except ValueError:
        return "null"
    return f"{parts.scheme}://{parts.netloc}" if parts.netloc else None


def _place(origin: str) -> tuple[str, int | None] | None:
    """Return host and port of an origin, None where it is none, such as `null`."""
    try:
        parts = urlsplit(origin)
        port = parts.port or _DEFAULT_PORTS.get(parts.scheme)
    except ValueError:
        return None
    return (parts.hostname, port) if parts.hostname and port else None


def is_secure(scope: Scope, settings_url: str | None) -> bool:
    """Return whether the visitor's browser reached us by https, so that cookies may ask for it."""
    return scope.get("scheme") == "https" or (settings_url or "").startswith("https://")


def safe_next(asked: str | None) -> str:
    """Return where to go after signing in: a path of ours, the start for anything else."""
    path = asked or ""
    plain = path.isprintable() and "\\" not in path and len(path) <= 2000
    return path if plain and path.startswith("/") and not path.startswith("//") else "/"
