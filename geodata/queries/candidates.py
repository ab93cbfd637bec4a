"""Candidates: calls to two services that may be one event; a person decides.

A confirmed pair gets one `event_id`, and its later call counts as a repetition, so events are fewer
than calls. It is a new version of the later call's record: a load of its own retires the former
one, which stays readable. Versions that the department sends afterwards keep the decision.
"""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any, Literal

from geoalchemy2 import Geography
from pydantic import Field
from sqlalchemy import (
    Connection,
    Engine,
    Row,
    and_,
    case,
    cast,
    func,
    insert,
    literal,
    or_,
    select,
    true,
    update,
)
from sqlalchemy.dialects.postgresql import insert as upsert

from geodata.city.configuration import City
from geodata.clock import now
from geodata.database.announce import CANDIDATES, LOADS, announce
from geodata.declared import Declared, read_declared
from geodata.errors import CityError, NotFoundError
from geodata.tables import event_candidate, incident, load

RULES_FILE = "event_candidates.yaml"
_KEPT = {"incident_id", "load_id", "retired_by", "event_id", "is_duplicate"}
State = Literal["open", "confirmed", "rejected"]


class Pair(Declared):
    """Two channels, and the categories of each that may report one event."""

    categories: dict[str, list[str]] = Field(min_length=2, max_length=2)


class CandidateRules(Declared):
    """How near in place and time two calls must be (METHODS 4), and the pairs."""

    within_m: float = Field(default=300, gt=0)
    within_s: float = Field(default=900, gt=0)
    pairs: list[Pair] = Field(default_factory=list)


@dataclass(frozen=True)
class Decision:
    """The state of a candidate."""

    candidate_id: int
    state: State
    load_id: int | None


def read_candidate_rules(city: City) -> CandidateRules:
    """Return the city's rules; none where it has no file of them.

    Raises:
        CityError: the file does not fit.
    """
    path = city.folder / RULES_FILE
    if not path.exists():
        return CandidateRules()
    return read_declared(path, CandidateRules, error=CityError)


def find_candidates(engine: Engine, rules: CandidateRules, load_ids: Collection[int]) -> int:
    """Find pairs among the calls that these loads brought; return the number of new ones."""
    if not rules.pairs or not load_ids:
        return 0
    new, other = incident.alias("new"), incident.alias("other")
    new_place, other_place = (cast(each.c.geom, Geography) for each in (new, other))
    gap = func.abs(func.extract("epoch", new.c.received_at - other.c.received_at))
    is_later = or_(
        new.c.received_at > other.c.received_at,
        and_(new.c.received_at == other.c.received_at, new.c.record_id > other.c.record_id),
    )

    def first_or_second(name: str) -> tuple[Any, Any]:
        mine, theirs = new.c[name], other.c[name]
        return (
            case((is_later, theirs), else_=mine),
            case((is_later, mine), else_=theirs),
        )

    (first_source, second_source), (first_record, second_record) = (
        first_or_second(name) for name in ("source", "record_id")
    )
    statement = (
        select(
            first_source, first_record, second_source, second_record,
            func.ST_Distance(new_place, other_place), gap, literal(now()),
        )
        .join(other, _may_be_one(rules, new, other))
        .where(
            new.c.load_id.in_(load_ids), gap <= rules.within_s,
            func.ST_DWithin(new_place, other_place, rules.within_m),
        )
        .distinct()
    )  # fmt: skip
    names = ["first_source", "first_record_id", "second_source", "second_record_id",
             "distance_m", "gap_s", "found_at"]  # fmt: skip
    with engine.begin() as connection:
        found = connection.execute(
            upsert(event_candidate)
            .from_select(names, statement, include_defaults=False)
            .on_conflict_do_nothing()
            .returning(event_candidate.c.candidate_id)
        ).all()
        if found:
            announce(connection, CANDIDATES, found=len(found))
    return len(found)


def _may_be_one(rules: CandidateRules, new: Any, other: Any) -> Any:
    """Return the clause that two current calls of different channels may be one event."""
    ways = []
    for pair in rules.pairs:
        (one, ones), (two, twos) = pair.categories.items()
        for (mine, my_kinds), (theirs, their_kinds) in (
            ((one, ones), (two, twos)), ((two, twos), (one, ones))
        ):  # fmt: skip
            ways.append(
                and_(
                    new.c.channel == mine, new.c.category.in_(my_kinds),
                    other.c.channel == theirs, other.c.category.in_(their_kinds),
                )
            )  # fmt: skip
    span = func.make_interval(0, 0, 0, 0, 0, 0, rules.within_s)
    return and_(
        or_(*ways),
        *(
            condition
            for each in (new, other)
            for condition in (
                each.c.retired_by.is_(None), ~each.c.is_test, ~each.c.is_duplicate,
                each.c.geom.is_not(None),
            )
        ),
        new.c.event_id != other.c.event_id,
        other.c.received_at.between(new.c.received_at - span, new.c.received_at + span),
    )  # fmt: skip


def read_candidates(engine: Engine, state: State = "open", limit: int = 100) -> list[Row[Any]]:
    """Return candidates, newest first, with the records of both calls."""
    one, two = incident.alias("one"), incident.alias("two")
    c = event_candidate.c

    def is_call(call: Any, which: str) -> Any:
        return and_(
            call.c.source == c[f"{which}_source"],
            call.c.record_id == c[f"{which}_record_id"],
            call.c.retired_by.is_(None),
        )

    shown = ("channel", "category", "received_at", "district_id")
    statement = (
        select(
            event_candidate,
            *(one.c[name].label(f"first_{name}") for name in shown),
            *(two.c[name].label(f"second_{name}") for name in shown),
        )
        .join(one, is_call(one, "first"))
        .join(two, is_call(two, "second"))
        .where(c.state == state)
        .order_by(c.found_at.desc(), c.candidate_id.desc())
        .limit(limit)
    )
    with engine.connect() as connection:
        return list(connection.execute(statement))


def decide_candidate(
    engine: Engine, candidate_id: int, *, is_one_event: bool, decided_by: str
) -> Decision:
    """Confirm or reject a candidate; a decision is final.

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
    """Give the later call the event of the earlier one, by a new version of its record."""
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
    """Write the load of the new version, with the provenance of the former one's."""
    c = load.c
    former = connection.execute(select(load).where(c.load_id == call.load_id)).one()
    moment = now()
    statement = insert(load).values(
        source=call.source, table_name=incident.name,
        file=f"decision on candidate {candidate.candidate_id}",
        sha256=f"candidate-{candidate.candidate_id}", status="loaded",
        provenance=former.provenance, owner=former.owner, licence=former.licence,
        started_at=moment, finished_at=moment, rows_in=1, rows_loaded=1, rows_rejected=0,
        records=1, event_from=call.received_at, event_to=call.received_at,
    )  # fmt: skip
    return int(connection.execute(statement.returning(c.load_id)).scalar_one())


def read_joined(connection: Connection, source: str) -> dict[str, str]:
    """Return the records of a source confirmed as repetitions, with the event they repeat."""
    c, first = event_candidate.c, incident.alias("first")
    statement = select(c.second_record_id, first.c.event_id).join(
        first,
        and_(
            first.c.source == c.first_source,
            first.c.record_id == c.first_record_id,
            first.c.retired_by.is_(None),
        ),
    )
    rows = connection.execute(statement.where(c.second_source == source, c.state == "confirmed"))
    return {row.second_record_id: row.event_id for row in rows}
