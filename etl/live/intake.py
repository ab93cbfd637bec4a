"""`POST /intake/incidents`: records of the unified number, loaded together, answered singly."""

import json
from collections.abc import Sequence
from hmac import compare_digest
from typing import Annotated, Any

from fastapi import APIRouter, Body, Header
from fastapi.responses import JSONResponse
from sqlalchemy import Engine, select
from sqlalchemy.exc import DataError, IntegrityError

from etl.live.piece import LiveSource, Piece, load_piece
from etl.outcome import FileLoad
from etl.pipeline.run import reason_of
from etl.source.declaration import SourceDeclaration
from etl.source.live import LiveRule
from geodata.city.configuration import City
from geodata.errors import OperationsError
from geodata.space.districts import DistrictLocator, read_districts
from geodata.tables import rejected_row

MOST_RECORDS = 1000
_NAME = "intake.ndjson"


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
    engine: Engine, city: City, declarations: Sequence[SourceDeclaration], token: str | None
) -> APIRouter:
    """Return the router of the intake; without a token, or without a source, it is off.

    The answer counts what was loaded and names every record that was not, by its place from 1,
    with field and reason. The same record of the same revision may be sent again.
    """
    router = APIRouter()
    found = find_intake(declarations)
    districts = read_districts(city) if found and token else None

    @router.post("/intake/incidents")
    def take(
        records: Annotated[list[dict[str, Any]], Body(max_length=MOST_RECORDS, min_length=1)],
        authorization: Annotated[str, Header()] = "",
    ) -> JSONResponse:
        if not found or not token or districts is None:
            return JSONResponse({"error": "the intake is off"}, 404)
        if not compare_digest(authorization.encode(), f"Bearer {token}".encode()):
            return JSONResponse({"error": "the token is missing or wrong"}, 401)
        target = LiveSource(engine, city, *found, DistrictLocator(districts))
        return _load(target, records)

    return router


def _load(target: LiveSource, records: list[dict[str, Any]]) -> JSONResponse:
    lines = (json.dumps(record, ensure_ascii=False) for record in records)
    piece = Piece(_NAME, ("\n".join(lines) + "\n").encode())
    try:
        done = load_piece(target, piece, None)  # the sender keeps track of its own progress
    except (DataError, IntegrityError) as error:
        return JSONResponse({"error": reason_of(error)}, 422)
    except OperationsError as error:
        return JSONResponse({"error": str(error)}, 422)
    content = {
        "load_id": done.load_id,
        "loaded": done.rows_loaded,
        "rejected": _read_rejected(target.engine, done),
    }
    return JSONResponse(content, 200 if done.rows_loaded else 422)


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
