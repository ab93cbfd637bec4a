"""Candidates: calls to two services that may be one event; a person decides.

A confirmed pair gets one `event_id`, and its later call counts as a repetition, so events are fewer
than calls. It is a new version of the later call's record: a load of its own retires the former
one, which stays readable. Versions that the department sends afterwards keep the decision.
"""

from collections.abc import Collection
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
    literal,
    or_,
    select,
)
from sqlalchemy.dialects.postgresql import insert as upsert

from geodata.city.configuration import City
from geodata.clock import now
from geodata.database.announce import CANDIDATES, announce
from geodata.declared import Declared, read_declared
from geodata.errors import CityError, NotFoundError
from geodata.tables import NOT_OF_CITY, event_candidate, incident
from geodata.tables.counted import NOT_SHOWN, is_current

RULES_FILE = "event_candidates.yaml"
State = Literal["open", "confirmed", "rejected"]
CandidateRow = Row[Any]  # the columns of event_candidate, and `first_` and `second_` of the calls


class Pair(Declared):
    """Two channels, and the categories of each that may report one event."""

    categories: dict[str, list[str]] = Field(min_length=2, max_length=2)


class CandidateRules(Declared):
    """How near in place and time two calls must be (METHODS 4), and the pairs."""

    within_m: float = Field(default=300, gt=0)
    within_s: float = Field(default=900, gt=0)
    pairs: list[Pair] = Field(default_factory=list)


def read_candidate_rules(city: City) -> CandidateRules:
    """Return the city's rules; none where it has no file of them.

    Raises:
        CityError: the file does not fit.
    """
    path = city.folder / RULES_FILE
    if not path.exists():
        return CandidateRules()
    return read_declared(path, CandidateRules, error=CityError)


def check_candidate(engine: Engine, candidate_id: int) -> None:
    """Check that the caller may read a candidate, before the writer acts for the caller.

    Raises:
        NotFoundError: there is no such candidate, or it is of another's districts.
    """
    c = event_candidate.c
    with engine.connect() as connection:
        found = connection.execute(select(c.candidate_id).where(c.candidate_id == candidate_id))
        if found.one_or_none() is None:
            raise NotFoundError(f"no open candidate {candidate_id}")


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
                is_current(each, NOT_SHOWN), each.c.geom.is_not(None),
            )
        ),
        new.c.event_id != other.c.event_id,
        or_(*(each.c.district_id.not_in(NOT_OF_CITY) for each in (new, other))),
        other.c.received_at.between(new.c.received_at - span, new.c.received_at + span),
    )  # fmt: skip


def read_candidates(engine: Engine, state: State = "open", limit: int = 100) -> list[CandidateRow]:
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
