"""Signing in at an identity provider, when one is configured: the two addresses of it.

What the question of a browser was is kept in a cookie of that browser until the provider sends it
back. Who has no role by `OCC_OIDC_ROLES` is refused, and the refusal is written down.
"""

import base64
import json
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

from fastapi import APIRouter, Request
from fastapi.concurrency import run_in_threadpool
from starlette.responses import RedirectResponse, Response

from dashboard.gate.provider import Provider, ProviderSilentError
from dashboard.gate.table import PROVIDER, PROVIDER_BACK
from geodata.database.handle import Engine
from geodata.errors import SignInRefusedError
from geodata.http.addresses import address_of, client_of
from geodata.identity.audit import Outcome, write_audit
from geodata.identity.caller import Caller
from geodata.identity.claims import districts_of, name_of, role_of
from geodata.identity.providers import admit_provider_user
from geodata.identity.sessions import open_session
from geodata.settings import Settings

COOKIE = "occ_oidc"
_KEPT_S = 600  # to sign in at the provider
_LONGEST_PART = 2000

Step = Callable[[Request], Awaitable[Response]]


@dataclass(frozen=True)
class Door:
    """What the gate does with the outcome: it alone knows cookies, forms and where to go."""

    may_try: Callable[[Request], bool]
    let_in: Callable[[Request, Caller, str, str], Awaitable[Response]]  # session's token, next
    refuse: Callable[[str, int], Response]  # key of the words, status


def oidc_router(engine: Engine, settings: Settings, door: Door) -> APIRouter:
    """Return the routes of signing in at a provider; without one they say so."""
    router = APIRouter()
    provider = Provider(settings) if settings.has_identity_provider else None

    @router.get(PROVIDER)
    async def begin(request: Request) -> Response:
        step = partial(_lead_there, provider, settings) if provider else None
        return await _answer(door, request, step)

    @router.get(PROVIDER_BACK)
    async def come_back(request: Request) -> Response:
        step = partial(_admit_from, provider, settings, engine, door) if provider else None
        answer = await _answer(door, request, step)
        answer.delete_cookie(COOKIE, path="/", httponly=True, samesite="lax")
        return answer

    return router


async def _answer(door: Door, request: Request, step: Step | None) -> Response:
    """Take a step of signing in, or say why it cannot be taken."""
    if step is None:
        return door.refuse("gate.no_provider", 404)
    if not door.may_try(request):
        return door.refuse("gate.too_many", 429)
    try:
        return await step(request)
    except ProviderSilentError:
        return door.refuse("gate.provider_silent", 503)
    except SignInRefusedError:
        return door.refuse("gate.provider_refused", 401)


async def _lead_there(provider: Provider, settings: Settings, request: Request) -> Response:
    """Lead the browser to the provider, with what the answer must fit to in its cookie."""
    back = _back_address(request, settings)
    address, asked = await provider.ask(back)
    asked["next"] = request.query_params.get("next", "/")[:_LONGEST_PART]
    answer = RedirectResponse(address, 303, {"Cache-Control": "no-store"})
    answer.set_cookie(
        COOKIE, _packed(asked), _KEPT_S, path="/", httponly=True, samesite="lax",
        secure=back.startswith("https://"),
    )  # fmt: skip
    return answer


async def _admit_from(
    provider: Provider, settings: Settings, engine: Engine, door: Door, request: Request
) -> Response:
    """Let in whom the provider sent back; a refusal is written down and raised."""
    asked = _unpacked(request.cookies.get(COOKIE, ""))
    address = address_of(request.scope)
    said: dict[str, Any] = {}
    try:
        said = await provider.answered(request, asked)
        caller = await run_in_threadpool(admit, engine, settings, said)
        token = await run_in_threadpool(open_session, engine, caller.name, client_of(address))
    except SignInRefusedError as error:
        why = {"reason": str(error), "by": settings.oidc_issuer}
        await run_in_threadpool(
            write_audit, engine, "sign-in", name_of(said), Outcome.REFUSED, why, address
        )
        raise
    return await door.let_in(request, caller, token, asked["next"])


def admit(engine: Engine, settings: Settings, said: Mapping[str, Any]) -> Caller:
    """Return the user whom a provider's claims speak of, with the role that they give.

    Raises:
        SignInRefusedError: they give no role here, or the user may not sign in.
    """
    role = role_of(said, settings.oidc_role_claim, settings.oidc_roles)
    districts = districts_of(said, settings.oidc_district_claim, role)
    issuer, subject = str(settings.oidc_issuer), str(said["sub"])
    return admit_provider_user(engine, issuer, subject, name_of(said), role, districts)


def _back_address(request: Request, settings: Settings) -> str:
    """Return where the provider sends the browser back; behind a proxy only settings know it."""
    return (settings.public_url or str(request.base_url)).rstrip("/") + PROVIDER_BACK


def _packed(asked: Mapping[str, str]) -> str:
    return base64.urlsafe_b64encode(json.dumps(asked).encode()).decode()


def _unpacked(cookie: str) -> dict[str, str]:
    """Return what was asked; nothing if the cookie is missing or none of ours."""
    try:
        asked = json.loads(base64.urlsafe_b64decode(cookie))
        names = ("state", "nonce", "code_verifier", "back", "next")
        return {name: str(asked[name]) for name in names}
    except (ValueError, TypeError, KeyError):
        return {}
