"""`/sign-in`, `/sign-out` and `/device`: how a caller becomes known, and stops being so."""

import asyncio
from collections.abc import Awaitable, Mapping
from dataclasses import dataclass, field

from fastapi import APIRouter, Request
from fastapi.concurrency import run_in_threadpool
from starlette.responses import RedirectResponse, Response

from dashboard.gate.callers import Callers, Means, Token
from dashboard.gate.forms import answer_form, read_form
from dashboard.gate.oidc import Door
from dashboard.gate.origins import is_secure, safe_next
from dashboard.gate.rates import SignInRates
from dashboard.gate.table import DEVICE, SIGN_IN, SIGN_OUT
from geodata.city.configuration import City
from geodata.database.handle import DATABASE_ERRORS, Engine
from geodata.errors import SignInRefusedError
from geodata.http.addresses import address_of, client_of
from geodata.identity.audit import Outcome, write_audit
from geodata.identity.caller import Caller, Role, asked_by, current_caller
from geodata.identity.sessions import end_session, open_session
from geodata.identity.sign_in import check_password

PAUSE_S = 0.5  # before a refusal is told
AT_ONCE = 2  # passwords verified side by side: each takes memory and a core for a while
DEVICE_KEPT_S = 400 * 86_400  # the longest that browsers keep a cookie
SCREEN_OF: Mapping[Role, str] = {Role.WALL: "/wall", Role.KIOSK: "/kiosk"}
_TOO_MANY = 429


@dataclass
class Desk:
    """What signing in needs."""

    engine: Engine
    city: City
    callers: Callers
    public_url: str | None
    has_provider: bool = False
    rates: SignInRates = field(default_factory=SignInRates)
    turns: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(AT_ONCE))

    def form(self, address: str, back: str = "/", message: str = "", status: int = 200) -> Response:
        """Return the form of an address, with what is said above it."""
        return answer_form(
            self.city, address, back, message, status, has_provider=self.has_provider
        )

    def keep(self, request: Request, answer: Response, means: Means, token: str) -> None:
        """Give the browser a token that no script can read."""
        answer.set_cookie(
            means, token, path="/", httponly=True, samesite="lax",
            secure=is_secure(request.scope, self.public_url),
            max_age=DEVICE_KEPT_S if means is Means.DEVICE else None,
        )  # fmt: skip

    def drop(self, answer: Response, means: Means) -> None:
        """Make the browser forget a token."""
        answer.delete_cookie(means, path="/", httponly=True, samesite="lax")


def sign_in_router(desk: Desk) -> APIRouter:
    """Return the routes of the gate itself."""
    router = APIRouter()

    @router.get(SIGN_IN)
    def show_sign_in(request: Request) -> Response:
        return desk.form(SIGN_IN, safe_next(request.query_params.get("next")))

    @router.post(SIGN_IN)
    async def sign_in(request: Request) -> Response:
        form = await read_form(request)
        return await _in_outages_too(desk, SIGN_IN, _sign_in(desk, request, form))

    @router.post(SIGN_OUT)
    async def sign_out(request: Request) -> Response:
        return await _sign_out(desk, request)

    @router.get(DEVICE)
    async def show_device(request: Request) -> Response:
        token = request.query_params.get("token")
        if token is None:
            return desk.form(DEVICE)
        return await _in_outages_too(desk, DEVICE, _let_device_in(desk, request, token))

    @router.post(DEVICE)
    async def take_device(request: Request) -> Response:
        token = (await read_form(request)).get("token", "")
        return await _in_outages_too(desk, DEVICE, _let_device_in(desk, request, token))

    return router


async def _in_outages_too(desk: Desk, address: str, step: Awaitable[Response]) -> Response:
    """Say in the form itself that the database does not answer."""
    try:
        return await step
    except DATABASE_ERRORS:
        return desk.form(address, message="problem.database.title", status=503)


async def _sign_in(desk: Desk, request: Request, given: Mapping[str, str]) -> Response:
    name, password = given.get("name", ""), given.get("password", "")
    back, address = safe_next(given.get("next")), address_of(request.scope)
    client = client_of(address)
    if not desk.rates.take(client, name):
        return desk.form(SIGN_IN, back, "gate.too_many", _TOO_MANY)
    try:
        async with desk.turns:
            caller = await run_in_threadpool(check_password, desk.engine, name, password, client)
            token = await run_in_threadpool(open_session, desk.engine, caller.name, client)
    except SignInRefusedError:
        await asyncio.sleep(PAUSE_S)
        await _write(desk, "sign-in", name, Outcome.REFUSED, address)
        return desk.form(SIGN_IN, back, "gate.refused", 401)
    return await _let_in(desk, request, caller, token, back)


async def _let_in(desk: Desk, request: Request, caller: Caller, token: str, back: str) -> Response:
    """Give the browser its new session and lead it where it wanted to go."""
    if not desk.callers.may_enter(caller):
        return desk.form(SIGN_IN, back, "gate.rows_not_bound", 503)
    await _end_former(desk, request)
    with asked_by(caller):
        await _write(desk, "sign-in", caller.name, Outcome.DONE, address_of(request.scope))
    answer = RedirectResponse(back, 303)
    desk.keep(request, answer, Means.SESSION, token)
    return answer


def door_of(desk: Desk) -> Door:
    """Return what happens here to those whom an identity provider sends back."""

    async def let_in(request: Request, caller: Caller, token: str, back: str) -> Response:
        return await _let_in(desk, request, caller, token, safe_next(back))

    def refuse(message: str, status: int) -> Response:
        return desk.form(SIGN_IN, message=message, status=status)

    return Door(
        may_try=lambda request: desk.rates.take(client_of(address_of(request.scope))),
        let_in=let_in,
        refuse=refuse,
    )


async def _sign_out(desk: Desk, request: Request) -> Response:
    await _end_former(desk, request)
    if current_caller().is_known:  # nobody else fills the record
        await _write(desk, "sign-out", "", Outcome.DONE, address_of(request.scope))
    answer = RedirectResponse("/", 303)
    # a screen that somebody signed in at stays let in as the screen that it is
    desk.drop(answer, Means.SESSION if Means.SESSION in request.cookies else Means.DEVICE)
    return answer


async def _end_former(desk: Desk, request: Request) -> None:
    """End the session that the browser had: a token never outlives a change of who signs in."""
    former = request.cookies.get(Means.SESSION)
    if not former:
        return
    was_open = await run_in_threadpool(end_session, desk.engine, former)
    if was_open:
        desk.callers.forget()


async def _let_device_in(desk: Desk, request: Request, token: str) -> Response:
    address = address_of(request.scope)
    if not desk.rates.take(client_of(address)):
        return desk.form(DEVICE, message="gate.too_many", status=_TOO_MANY)
    caller = await desk.callers.find_by(Token(Means.DEVICE, token)) if _is_likely(token) else None
    screen = SCREEN_OF.get(caller.role) if caller else None
    if caller is None or screen is None:
        await _write(desk, "device", "", Outcome.REFUSED, address)
        return desk.form(DEVICE, message="gate.no_device", status=401)
    with asked_by(caller):
        await _write(desk, "device", caller.name, Outcome.DONE, address)
    answer = RedirectResponse(screen, 303, {"Cache-Control": "no-store"})
    desk.keep(request, answer, Means.DEVICE, token)
    return answer


def _is_likely(token: str) -> bool:
    return 20 <= len(token) <= 200 and token.isascii() and token.isprintable()


async def _write(desk: Desk, act: str, subject: str, outcome: Outcome, address: str) -> None:
    await run_in_threadpool(write_audit, desk.engine, act, subject, outcome, None, address)
