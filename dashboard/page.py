"""What a page declares, and how the pages are found: a file or folder of `dashboard/pages` each."""

import pkgutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from importlib import import_module
from types import MappingProxyType
from typing import NamedTuple

from dash import Dash
from dash.development.base_component import Component

from dashboard.read.context import ScreenContext
from geodata.errors import DeclarationError, NotFoundError
from geodata.identity.caller import Caller, Role

FOLDER = "dashboard.pages"

Layout = Callable[[ScreenContext, str, str], Component]
Register = Callable[[Dash, ScreenContext], None]
Check = Callable[[ScreenContext, str], None]


Roles = frozenset[Role]
EVERYONE: Roles = frozenset(Role)
ADMINISTRATORS: Roles = frozenset({Role.ADMINISTRATOR})


class Words(NamedTuple):
    """A text in both languages."""

    zh: str
    en: str


def without_callbacks(_app: Dash, _context: ScreenContext) -> None:
    """Register nothing: every control of the page is a link."""


def refuse_more(_context: ScreenContext, rest: str) -> None:
    """Refuse whatever follows the route in the address.

    Raises:
        NotFoundError: something does.
    """
    if rest:
        raise NotFoundError(f"there is no page {rest!r} here")


@dataclass(frozen=True)
class Page:
    """A page's declaration; its module names it `PAGE`.

    `layout` is given what follows the route and the query of the address; `check` raises
    NotFoundError where what follows names nothing. `question` is what the page answers: with one,
    the page stands among the screens of the chooser, in the order of `position`. `roles` are those
    of the callers to whom the page, its callbacks included, is open: a page that does not say is
    the administrator's alone.
    """

    route: str  # first part of the path; empty for the start
    title: Words
    layout: Layout
    register: Register = without_callbacks
    check: Check = refuse_more
    question: Words | None = None
    position: int = 100
    roles: Roles = ADMINISTRATORS

    def is_open_to(self, caller: Caller) -> bool:
        """Return whether a caller may have the page."""
        return caller.role in self.roles


def discover() -> Mapping[str, Page]:
    """Return all pages by route, in the order of their positions.

    Raises:
        DeclarationError: a module declares no page, or two declare the same route.
    """
    pages = import_module(FOLDER)
    names = [f"{FOLDER}.{each.name}" for each in pkgutil.iter_modules(pages.__path__)]
    found: dict[str, Page] = {}
    for page in sorted(map(_declared_by, names), key=lambda page: (page.position, page.route)):
        if page.route in found:
            raise DeclarationError(f"two pages have the route /{page.route}")
        found[page.route] = page
    return MappingProxyType(found)


def _declared_by(name: str) -> Page:
    page = getattr(import_module(name), "PAGE", None)
    if not isinstance(page, Page):
        raise DeclarationError(f"{name}: declares no PAGE")
    return page


def find_page(known: Mapping[str, Page], pathname: str | None) -> tuple[Page | None, str]:
    """Return the page of a path, None where there is none, and what follows its route."""
    route, _, rest = (pathname or "/").strip("/").partition("/")
    return known.get(route), rest
