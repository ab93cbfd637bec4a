"""`POST /intake/incidents`: records of the unified number, loaded together, answered singly."""

import json
from collections.abc import Sequence
from hmac import compare_digest
from typing import Any

from fastapi import APIRouter, Request
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import JSONResponse
from sqlalchemy import Engine, select
from sqlalchemy.exc import DBAPIError
from starlette.exceptions import HTTPException

from etl.live.data_faults import is_of_data
from etl.live.piece import LiveSource, Piece, load_piece
from etl.outcome import FileLoad
from etl.pipeline.loads import reason_of
from etl.source.data_places import NOWHERE, DataPlaces
from etl.source.declaration import SourceDeclaration
from etl.source.live import LiveRule
from geodata.city.configuration import City
from geodata.errors import LoadError, NotFoundError
from geodata.http.problems import answer_problem
from geodata.space.districts import DistrictLocator, read_districts
from geodata.tables import rejected_row

MOST_RECORDS = 1000
ADDRESS = "/intake/incidents"
_NAME = "intake.ndjson"
_ASK_FOR_TOKEN = {"WWW-Authenticate": "Bearer"}


def find_intake(
    declarations: Sequence[SourceDeclaration],
) -> tuple[SourceDeclaration, LiveRule] | None:
    """Return the source with an intake, if the city declares one."""
    for each in declarations:
        for rule in each.live:
            if rule.intake:
                return each, rule
    return None


def intake_router(
    engine: Engine,
    city: City,
    declarations: Sequence[SourceDeclaration],
    token: str | None,
    places: DataPlaces = NOWHERE,
) -> APIRouter:
    """Return the router of the intake; without a token, or without a source, it is off.

    The answer counts what was loaded and names every record that was not, by its place from 1,
    with field and reason. The same record of the same revision may be sent again.
    """
    router = APIRouter()
    found = find_intake(declarations)
    districts = read_districts(city) if found and token else None

    @router.post(ADDRESS)
    async def take(request: Request) -> JSONResponse:
        if not found or not token or districts is None:
            raise NotFoundError("the intake is off")
        given = request.headers.get("authorization", "")
        if not compare_digest(given.encode(), f"Bearer {token}".encode()):
            raise HTTPException(401, "the token is missing or wrong", _ASK_FOR_TOKEN)
        body = await request.body()  # only now: who has no token sends nothing
        live_source = LiveSource(
            engine, city, *found, DistrictLocator.of_city(city, districts), places
        )
        return await run_in_threadpool(_take, live_source, body)

    return router


def _take(live_source: LiveSource, body: bytes) -> JSONResponse:
    return _load(live_source, read_records(body))


def read_records(body: bytes) -> list[dict[str, Any]]:
    """Return the records of a body.

    Raises:
        LoadError: it is no list of 1 to `MOST_RECORDS` objects.
    """
    try:
        records = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise LoadError("the body is no JSON, or too deep") from error
    if not isinstance(records, list) or not all(isinstance(each, dict) for each in records):
        raise LoadError("the body is no list of records")
    if not 1 <= len(records) <= MOST_RECORDS:
        raise LoadError(f"the body has {len(records)} records, not 1 to {MOST_RECORDS}")
    return records


def _load(live_source: LiveSource, records: list[dict[str, Any]]) -> JSONResponse:
    piece = Piece(_NAME, ("\n".join(_line(each) for each in records) + "\n").encode())
    try:
        done = load_piece(live_source, piece, None)  # the sender keeps track of its own progress
    except DBAPIError as error:
        if not is_of_data(error):
            raise
        raise LoadError(reason_of(error)) from error
    content: dict[str, Any] = {
        "load_id": done.load_id,
        "loaded": done.rows_loaded,
        "rejected": _read_rejected(live_source.engine, done),
    }
    if not done.rows_loaded:
        return answer_problem(422, "no record was loaded", ADDRESS, **content)
    return JSONResponse(content)


def _line(record: dict[str, Any]) -> str:
    """Return a record as a line; a lone surrogate becomes the mark of a lost letter."""
    line = json.dumps(record, ensure_ascii=False)
    return line.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def _read_rejected(engine: Engine, done: FileLoad) -> list[dict[str, Any]]:
    c = rejected_row.c
    statement = (
        select(c.row_number, c.field, c.reason)
        .where(c.load_id == done.load_id)
        .order_by(c.row_number)
    )
    with engine.connect() as connection:
        return [
            {"record": row.row_number, "field": row.field, "reason": row.reason}
            for row in connection.execute(statement)
        ]
