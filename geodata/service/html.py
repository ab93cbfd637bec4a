"""Pages for people: our own templates, both languages side by side, no script and nothing foreign.

Whoever opens an address of the service in a browser reads what a program reads there.
"""

from pathlib import Path
from typing import Any

from fastapi import Request
from jinja2 import Environment, FileSystemLoader

from geodata.service.links import base_url

TEMPLATES = Path(__file__).with_name("templates")
_ENVIRONMENT = Environment(
    loader=FileSystemLoader(TEMPLATES),
    autoescape=True,
    trim_blocks=True,
    lstrip_blocks=True,
)


def render(request: Request, template: str, content: dict[str, Any]) -> str:
    """Return a page; the template finds the document in `it`."""
    base = base_url(request)
    return _ENVIRONMENT.get_template(f"{template}.html").render(
        it=content, base=base, path=_steps(request, base), json_url=_as_json(request)
    )


def _as_json(request: Request) -> str:
    """Return the address of the same document for programs."""
    return str(request.url.include_query_params(f="json"))


def _steps(request: Request, base: str) -> list[tuple[str, str]]:
    """Return name and address of each step from the landing page to this one."""
    rest = request.url.path.removeprefix(str(request.scope.get("root_path", ""))).strip("/")
    names = [each for each in rest.split("/") if each]
    return [(name, f"{base}/" + "/".join(names[: at + 1])) for at, name in enumerate(names)]
