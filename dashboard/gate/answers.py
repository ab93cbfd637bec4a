"""What the gate answers itself: refusals, in the one shape for data and as a page for people."""

from urllib.parse import quote

from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.types import Scope

from dashboard.gate.table import SIGN_IN, Kind, kind_of
from dashboard.problems import NO_PAGE, REFUSED, problem_document
from geodata.http.problems import UNAVAILABLE, answer_problem
from geodata.identity.caller import Caller

UNKNOWN_HOST = 421
_NOT_STORED = {"Cache-Control": "no-store"}
_CHALLENGE = {"WWW-Authenticate": "Bearer"}
_NOTHING = "there is nothing at this address"


def sign_in_first(scope: Scope, kind: Kind) -> Response:
    """Answer one who is not known: a person is led to the sign-in, a program is told."""
    path = scope["path"]
    if kind is Kind.PAGE and scope["method"] in ("GET", "HEAD"):
        query = scope["query_string"].decode("latin-1")
        back = quote(path) + (f"?{query}" if query else "")
        address = f"{SIGN_IN}?next={quote(back, safe='/')}"
        return RedirectResponse(address, 303, _NOT_STORED)
    return answer_problem(401, "sign in, or show a token", path, _CHALLENGE)


def refuse(scope: Scope, caller: Caller, kind: Kind) -> Response:
    """Answer one who is known and may not have this."""
    if kind is Kind.PAGE:
        return HTMLResponse(problem_document(REFUSED), 403, _NOT_STORED)
    return answer_problem(403, f"this is not open to the role {caller.role}", scope["path"])


def nothing_there(scope: Scope) -> Response:
    """Answer that there is nothing: a route without a decision is none."""
    if kind_of(scope["path"]) is Kind.PAGE:
        return HTMLResponse(problem_document(NO_PAGE), 404, _NOT_STORED)
    return answer_problem(404, _NOTHING, scope["path"])


def foreign_origin(scope: Scope) -> Response:
    """Answer what was sent from a page that is not ours, or does not say from where."""
    return answer_problem(403, "this was not sent from a page of this server", scope["path"])


def foreign_host(scope: Scope) -> Response:
    """Answer one who calls us by a name that is not ours."""
    detail = "this server does not answer under this name: see OCC_ALLOWED_HOSTS, OCC_PUBLIC_URL"
    return answer_problem(UNKNOWN_HOST, detail, scope["path"])


def no_database(scope: Scope, kind: Kind) -> Response:
    """Answer that nobody can be looked up now."""
    if kind is Kind.PAGE:
        wait = {**_NOT_STORED, "Retry-After": "5"}
        return HTMLResponse(problem_document("problem.database"), UNAVAILABLE, wait)
    return answer_problem(UNAVAILABLE, "the database does not answer", scope["path"])
