"""The forms of the gate, complete without a script: signing in, and letting a device in."""

from collections.abc import Mapping
from html import escape
from pathlib import Path
from string import Template
from urllib.parse import parse_qsl, urlencode

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import HTMLResponse

from dashboard.components.markup import to_html
from dashboard.components.text import bilingual
from dashboard.gate.table import DEVICE, PROVIDER, SIGN_IN
from dashboard.wording.i18n import html_language, translate
from geodata.city.configuration import City

LONGEST_FORM = 8192
LONGEST_FIELD = 2000
_TEMPLATE = Template(Path(__file__).with_name("sign_in.html").read_text(encoding="utf-8"))
_FIELDS: Mapping[str, tuple[tuple[str, str, str], ...]] = {  # name, type, what browsers fill in
    SIGN_IN: (("name", "text", "username"), ("password", "password", "current-password")),
    DEVICE: (("token", "password", "off"),),
}
_OTHERS = {SIGN_IN: (("gate.device", DEVICE),), DEVICE: (("gate.sign_in", SIGN_IN),)}
_WAIT = {429: {"Retry-After": "60"}, 503: {"Retry-After": "5"}}
_PROVIDER = "gate.provider"


def answer_form(
    city: City,
    address: str,
    back: str = "/",
    message: str = "",
    status: int = 200,
    *,
    has_provider: bool = False,
) -> HTMLResponse:
    """Return the form of an address; `message` is the key of what is said above it."""
    key = "gate.sign_in" if address == SIGN_IN else "gate.device"
    others = list(_OTHERS[address])
    if has_provider and address == SIGN_IN:
        others.insert(0, (_PROVIDER, f"{PROVIDER}?{urlencode({'next': back})}"))
    said = to_html(bilingual(message, class_name="sign-in-message")) if message else ""
    text = _TEMPLATE.substitute(
        html_language=html_language("zh"),
        city_zh=escape(city.title_zh),
        city_en=escape(city.title_en),
        title_zh=escape(translate(f"{key}.title", "zh")),
        title_en=escape(translate(f"{key}.title", "en")),
        do_zh=escape(translate(f"{key}.do", "zh")),
        do_en=escape(translate(f"{key}.do", "en")),
        message=said,
        action=address,
        next=escape(back),
        fields="\n".join(_field(*each) for each in _FIELDS[address]),
        others=" · ".join(_link(*each) for each in others),
    )
    return HTMLResponse(text, status, {"Cache-Control": "no-store", **_WAIT.get(status, {})})


def _field(name: str, kind: str, filled: str) -> str:
    words = to_html(bilingual(f"gate.{name}"))
    return (
        f'<label>{words}<input name="{name}" type="{kind}" autocomplete="{filled}" '
        f'maxlength="200" required></label>'
    )


def _link(key: str, address: str) -> str:
    words = " ".join(escape(translate(f"{key}.title", code)) for code in ("zh", "en"))
    return f'<a href="{escape(address)}">{words}</a>'


async def read_form(request: Request) -> dict[str, str]:
    """Return the fields of a form that was sent.

    Raises:
        HTTPException: it is too long, or no form.
    """
    body = b""
    async for piece in request.stream():
        body += piece
        if len(body) > LONGEST_FORM:
            raise HTTPException(413, f"a form has at most {LONGEST_FORM} bytes")
    try:
        fields = parse_qsl(body.decode(), keep_blank_values=True, max_num_fields=10)
    except ValueError as error:
        raise HTTPException(400, "this is no form") from error
    if any(len(value) > LONGEST_FIELD or "\0" in value for _, value in fields):
        raise HTTPException(400, f"a field has at most {LONGEST_FIELD} letters")
    return dict(fields)
