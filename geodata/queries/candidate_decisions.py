"""What a person decides about two calls that may be one event.

A confirmed pair gets one `event_id`, and its later call counts as a repetition, so that events are
fewer than calls. That is a new version of the later call's record: the former one is retired by a
load of its own and stays readable. Versions that the department sends afterwards keep the decision.
"""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Engine, Row, and_, func, insert, literal, select, true, update

from geodata.clock import now
from geodata.database.announce import CANDIDATES, LOADS, announce
from geodata.errors import NotFoundError
from geodata.queries.candidates import State
from geodata.tables import event_candidate, incident, load

_KEPT = {"incident_id", "load_id", "retired_by", "event_id", "is_duplicate"}


@dataclass(frozen=True)
class Decision:
    """What became of a candidate."""

    candidate_id: int
    state: State
    load_id: int | None


def decide_candidate(
    engine: Engine, candidate_id: int, *, is_one_event: bool, decided_by: str
) -> Decision:
    """Confirm or reject a candidate; a decision is made once and stands.

    Raises:
        NotFoundError: there is no open candidate of that number.
    """
    state: State = "confirmed" if is_one_event else "rejected"
    c = event_candidate.c
    with engine.begin() as connection:
        row = connection.execute(
            update(event_candidate)
            .where(c.candidate_id == candidate_id, c.state == "open")
            .values(state=state, decided_at=now(), decided_by=decided_by)
            .returning(event_candidate)
        ).one_or_none()
        if row is None:
            raise NotFoundError(f"no open candidate {candidate_id}")
        load_id = _join(connection, row) if is_one_event else None
        connection.execute(
            update(event_candidate).where(c.candidate_id == candidate_id).values(load_id=load_id)
        )
        announce(connection, CANDIDATES, candidate_id=candidate_id, state=state)
    return Decision(candidate_id, state, load_id)


def _join(connection: Connection, candidate: Row[Any]) -> int | None:
    """Give the later call the event of the earlier one, as a new version of its record."""
    c = incident.c
    connection.execute(select(func.pg_advisory_xact_lock(func.hashtext(candidate.second_source))))
    second = and_(
        c.source == candidate.second_source,
        c.record_id == candidate.second_record_id,
        c.retired_by.is_(None),
    )
    call = connection.execute(select(incident).where(second)).one_or_none()
    event_id = connection.execute(_event_of(candidate)).scalar_one_or_none()
    if call is None or event_id is None:
        return None
    load_id = _open_load(connection, call, candidate)
    names = [column.name for column in c if column.name not in _KEPT]
    connection.execute(update(incident).where(second).values(retired_by=load_id))
    former = select(
        *(c[name] for name in names), literal(load_id), literal(event_id), true()
    ).where(c.incident_id == call.incident_id)
    connection.execute(
        insert(incident).from_select([*names, "load_id", "event_id", "is_duplicate"], former)
    )
    announce(
        connection, LOADS, load_id=load_id, source=candidate.second_source, table=incident.name
    )
    return load_id


def _event_of(candidate: Row[Any]) -> Any:
    c = incident.c
    return select(c.event_id).where(
        c.source == candidate.first_source,
        c.record_id == candidate.first_record_id,
        c.retired_by.is_(None),
    )


def _open_load(connection: Connection, call: Row[Any], candidate: Row[Any]) -> int:
    """Write the load that the new version belongs to, with the provenance of the old one's."""
    c = load.c
    former = connection.execute(select(load).where(c.load_id == call.load_id)).one()
    moment = now()
    statement = insert(load).values(
        source=call.source, table_name=incident.name,
        file=f"decision on candidate {candidate.candidate_id}",
        sha256=f"candidate-{candidate.candidate_id}", status="loaded",
        provenance=former.provenance, owner=former.owner, licence=former.licence,
        started_at=moment, finished_at=moment, rows_in=1, rows_loaded=1, rows_rejected=0,
        expected_s=former.expected_s, records=1,
        event_from=call.received_at, event_to=call.received_at,
    )  # fmt: skip
    return int(connection.execute(statement.returning(c.load_id)).scalar_one())
