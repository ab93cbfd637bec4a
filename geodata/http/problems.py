"""The one table from errors to HTTP, and the one shape in which a program is told of an error.

The shape is that of RFC 9457, `application/problem+json`: `type`, `title`, `status`, `detail`,
`instance`. Programs decide by `status` or `type`; `detail` is for people.
"""

import logging
from collections.abc import Mapping
from http import HTTPStatus
from types import MappingProxyType
from typing import Any

import asyncpg
import tipg.errors
from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from sqlalchemy.exc import DBAPIError, InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as NoFreeConnectionError
from starlette.exceptions import HTTPException
from starlette.requests import Request

from geodata.errors import (
    DatabaseError,
    ExtractError,
    GeographyError,
    LoadError,
    NotFoundError,
    OperationsError,
    RequestError,
    SignInRefusedError,
)

PROBLEM_JSON = "application/problem+json"
MOST_FAULTS = 20
UNAVAILABLE = 503
_TYPE = "urn:problem-type:occ:"
_RETRY_AFTER_S = "5"
_logger = logging.getLogger(__name__)

# The nearest class of an error's family counts. What is not here is a fault of ours: 500.
STATUS: Mapping[type[Exception], int] = MappingProxyType(
    {
        NotFoundError: 404,
        RequestError: 400,
        SignInRefusedError: 401,
        GeographyError: 400,
        LoadError: 422,
        ExtractError: 422,
        RequestValidationError: 422,
        DatabaseError: UNAVAILABLE,
        OperationalError: UNAVAILABLE,
        InterfaceError: UNAVAILABLE,
        NoFreeConnectionError: UNAVAILABLE,
        tipg.errors.NotFound: 404,
        tipg.errors.InvalidPropertyName: 404,
        tipg.errors.InvalidGeometryColumnName: 404,
        tipg.errors.InvalidDatetimeColumnName: 404,
        tipg.errors.InvalidBBox: 422,
        tipg.errors.InvalidDatetime: 422,
        tipg.errors.InvalidLimit: 422,
        tipg.errors.NoPrimaryKey: 422,
        tipg.errors.MissingFunctionParameter: 422,
        asyncpg.DataError: 400,  # a filter compares a number with a word
        asyncpg.UndefinedFunctionError: 400,  # or adds two words
        asyncpg.DatatypeMismatchError: 400,
        asyncpg.QueryCanceledError: UNAVAILABLE,  # it took too long
    }
)
# These have other names in later versions of Python.
_TITLES = MappingProxyType({413: "Content Too Large", 422: "Unprocessable Content"})
_FAULTS_OF_OURS = MappingProxyType(
    {500: "the reason is in the server's log", UNAVAILABLE: "the database does not answer"}
)


def status_of(error: BaseException) -> int:
    """Return the HTTP status of an error."""
    if isinstance(error, HTTPException):
        return error.status_code
    return next((STATUS[each] for each in type(error).__mro__ if each in STATUS), 500)


def title_of(status: int) -> str:
    """Return the name of a status."""
    return _TITLES.get(status) or HTTPStatus(status).phrase


def detail_of(error: BaseException) -> str:
    """Return what a client may read of an error; the words of a driver stay in the log."""
    if isinstance(error, HTTPException):
        return str(error.detail)
    status = status_of(error)
    if isinstance(error, RequestValidationError):
        return "; ".join(f"{each['at']}: {each['message']}" for each in faults_of(error))
    return _FAULTS_OF_OURS.get(status) or str(error)


def first_line(error: BaseException) -> str:
    """Return what the log is told of an error: its kind and cause, without what was asked."""
    cause = error.orig if isinstance(error, DBAPIError) and error.orig else error
    return f"{type(cause).__name__}: {str(cause).strip().partition(chr(10))[0]}"


def faults_of(error: RequestValidationError) -> list[dict[str, str]]:
    """Return where a request is malformed and how, never what stood there: it may be long."""
    return [
        {
            "at": ".".join(str(part) for part in each["loc"]),
            "message": each["msg"],
            "code": each["type"],
        }
        for each in error.errors()[:MOST_FAULTS]
    ]


def describe_problem(status: int, detail: str, instance: str, **more: Any) -> dict[str, Any]:
    """Return an error in the one shape; `more` are members of this kind of error alone."""
    title = title_of(status)
    return {
        "type": _TYPE + title.lower().replace(" ", "-"),
        "title": title,
        "status": status,
        "detail": detail,
        "instance": instance,
        **more,
    }


def answer_problem(
    status: int,
    detail: str,
    instance: str,
    headers: Mapping[str, str] | None = None,
    **more: Any,
) -> JSONResponse:
    """Return the answer that tells of an error."""
    known = {"Cache-Control": "no-store", **(headers or {})}
    if status == UNAVAILABLE:
        known.setdefault("Retry-After", _RETRY_AFTER_S)
    content = describe_problem(status, detail, instance, **more)
    return JSONResponse(content, status, known, PROBLEM_JSON)


def add_problem_handlers(app: FastAPI) -> None:
    """Make an application answer every error in the one shape."""
    families = (HTTPException, OperationsError, tipg.errors.TiPgError, Exception)
    for each in (*families, *STATUS):
        app.add_exception_handler(each, _answer)


async def _answer(request: Request, error: Exception) -> JSONResponse:
    """Answer on the event loop: there is nothing to wait for, and a thread may not be free."""
    status = status_of(error)
    headers = error.headers if isinstance(error, HTTPException) else None
    more = {"faults": faults_of(error)} if isinstance(error, RequestValidationError) else {}
    if status >= 500 and not isinstance(error, HTTPException):
        _logger.error("%r not answered: %s", request.url.path, first_line(error))
    return answer_problem(status, detail_of(error), request.url.path, headers, **more)
