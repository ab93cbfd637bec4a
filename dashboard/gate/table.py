"""The one table of the gate: every address that is answered, and the roles that may have it.

An address is written as its route declares it. What is not here, and is no page's, is closed to
everybody. Pages say themselves who may open them, and their callbacks are decided with them.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from types import MappingProxyType

from starlette.routing import compile_path

from dashboard.page import EVERYONE, Page, Roles, find_page
from geodata.identity.caller import USERS, Role
from layers.maps import urls


class Kind(Enum):
    """How the gate treats an address that a caller may have, and how it refuses one."""

    DATA = "data"  # refused in the one shape of problems
    FILE = "file"  # a file of ours, the same for all: nobody is asked who they are
    EXPORT = "export"  # data to take away: who took it is written down
    STREAM = "stream"  # ends when its caller is signed out
    PAGE = "page"  # refused with a page, or led to the sign-in


@dataclass(frozen=True)
class Decision:
    """Who may have an address."""

    address: str
    roles: Roles
    kind: Kind = Kind.DATA

    @property
    def is_public(self) -> bool:
        """Return whether nobody needs to be known for it."""
        return self.roles == EVERYONE


SCREENS: Roles = frozenset({Role.WALL, *USERS})
ANALYSTS: Roles = frozenset({Role.PLANNER, Role.LEADER, Role.ADMINISTRATOR})
PROGRAMS: Roles = frozenset({Role.PROGRAM, Role.ADMINISTRATOR})
SIGN_IN, SIGN_OUT, DEVICE = "/sign-in", "/sign-out", "/device"
PROVIDER, PROVIDER_BACK = "/sign-in/provider", "/sign-in/provider/back"
CALLBACKS = "/_dash-update-component"

_DECISIONS = (
    # what shows nothing but the program itself
    Decision("/assets/{path:path}", EVERYONE, Kind.FILE),
    Decision("/_dash-component-suites/{path:path}", EVERYONE, Kind.FILE),
    Decision("/_favicon.ico", EVERYONE, Kind.FILE),
    Decision("/_reload-hash", EVERYONE, Kind.FILE),
    Decision("/_dash-dependencies", EVERYONE),
    Decision("/_dash-layout", EVERYONE),  # the empty shell
    Decision(CALLBACKS, EVERYONE),  # each callback is decided: callbacks.py
    Decision(SIGN_IN, EVERYONE, Kind.PAGE),
    Decision(PROVIDER, EVERYONE, Kind.PAGE),
    Decision(PROVIDER_BACK, EVERYONE, Kind.PAGE),
    Decision(SIGN_OUT, EVERYONE, Kind.PAGE),
    Decision(DEVICE, EVERYONE, Kind.PAGE),
    Decision("/healthz", EVERYONE),  # its details are for callers that are known
    Decision("/metrics", PROGRAMS),
    # what is published
    Decision("/ogc", EVERYONE, Kind.EXPORT),
    Decision("/ogc/{path:path}", EVERYONE, Kind.EXPORT),
    Decision(urls.PREFIX + urls.DISTRICTS, EVERYONE),  # outlines and names
    # what is not
    Decision(urls.PREFIX + urls.CELLS, SCREENS),
    Decision(urls.PREFIX + urls.VALUES, SCREENS),
    Decision(urls.PREFIX + urls.ANALYSIS, ANALYSTS),
    Decision(urls.PREFIX + urls.CELL, ANALYSTS),
    Decision(urls.PREFIX + urls.VALUES_ARROW, ANALYSTS, Kind.EXPORT),
    Decision("/live/vehicles", SCREENS),
    Decision("/live/sources", SCREENS),
    Decision("/live/points/{names}.json", SCREENS),
    Decision("/events", SCREENS, Kind.STREAM),
    Decision("/intake/incidents", EVERYONE),  # it asks for a token of its own before the body
)
TABLE: Mapping[str, Decision] = MappingProxyType({each.address: each for each in _DECISIONS})
_FIRST_OF_DATA = {each.address.split("/")[1] for each in _DECISIONS if each.kind is not Kind.PAGE}
_PATTERNS = tuple((compile_path(each.address)[0], each) for each in _DECISIONS)


def decide(path: str, pages: Mapping[str, Page]) -> Decision | None:
    """Return the decision on a path, None where there is none: it is closed."""
    for pattern, decision in _PATTERNS:
        if pattern.match(path):
            return decision
    if path.startswith("/_"):
        return None
    page, _ = find_page(pages, path)
    return None if page is None else Decision(f"/{page.route}", page.roles, Kind.PAGE)


def kind_of(path: str) -> Kind:
    """Return how a path on which nothing is decided is refused: like what lies beside it."""
    first = path.split("/")[1] if path.startswith("/") else ""
    return Kind.DATA if first in _FIRST_OF_DATA or first.startswith("_") else Kind.PAGE
