"""Calls to 110 and 122 that may be one event: found, decided by a person, and kept decided (E1)."""

import pytest
from sqlalchemy import delete, func, select

from geodata.errors import NotFoundError
from geodata.queries.candidate_decisions import decide_candidate
from geodata.queries.candidates import (
    CandidateRules,
    Pair,
    find_candidates,
    read_candidate_rules,
    read_candidates,
)
from geodata.tables import event_candidate, incident
from tests.integration.live.conftest import HEADER

RULES = CandidateRules(pairs=[Pair(categories={"110": ["crash"], "122": ["accident"]})])
NORTH_M = 1 / 111_100


def line(record, channel, kind, clock, north_m=0.0, revision=0) -> str:
    place = f"125.32,{43.88 + north_m * NORTH_M:.6f}"
    return f"{record},{revision},{channel},{kind},2026-11-22 {clock},,{place}\n"


@pytest.fixture
def report(calls):
    """Return a function that appends calls, follows the file and looks for candidates."""
    with calls.engine.begin() as connection:
        connection.execute(delete(event_candidate))
        connection.execute(delete(incident))  # of the tests before
    calls.append(HEADER)

    def run(*lines: str) -> int:
        calls.append("".join(lines))
        loads = [done.load_id for done in calls.poll()]
        return find_candidates(calls.engine, RULES, loads)

    return run


def events_and_calls(calls) -> tuple[int, int]:
    c = incident.c
    mine = (c.source == calls.declaration.key) & c.retired_by.is_(None)
    statement = select(
        func.count().filter(~c.is_duplicate), func.count(), func.count(c.event_id.distinct())
    ).where(mine)
    with calls.engine.connect() as connection:
        events, all_, distinct = connection.execute(statement).one()
    assert events == distinct
    return events, all_


@pytest.mark.parametrize(
    ("kind", "clock", "north_m", "found"),
    [
        ("crash", "08:15:00", 299, 1),
        ("crash", "08:15:01", 0, 0),
        ("crash", "08:05:00", 302, 0),
        ("noise", "08:05:00", 0, 0),
        ("crash", "07:50:00", 0, 1),
    ],
)
def test_only_near_calls_of_fitting_kinds_are_candidates(report, kind, clock, north_m, found):
    assert report(line("a", "122", "accident", "08:00:00")) == 0
    assert report(line("b", "110", kind, clock, north_m)) == found


def test_a_confirmed_pair_is_one_event_of_two_calls(calls, report):
    report(line("a", "122", "accident", "08:00:00"), line("b", "110", "crash", "08:03:00", 120))
    (candidate,) = read_candidates(calls.engine)
    assert (candidate.first_channel, candidate.second_channel) == ("122", "110")
    assert (round(candidate.distance_m), candidate.gap_s) == (120, 180.0)
    assert events_and_calls(calls) == (2, 2)
    done = decide_candidate(
        calls.engine, candidate.candidate_id, is_one_event=True, decided_by="王"
    )
    assert done.state == "confirmed"
    assert events_and_calls(calls) == (1, 2)
    assert calls.rows("incident", "record_id", "event_id", "is_duplicate") == [
        ("a", "a", False), ("b", "a", True)
    ]  # fmt: skip
    (kept,) = read_candidates(calls.engine, "confirmed")
    assert (kept.decided_by, kept.load_id) == ("王", done.load_id)


def test_later_versions_of_the_call_keep_the_decision(calls, report):
    report(line("a", "122", "accident", "08:00:00"), line("b", "110", "crash", "08:03:00"))
    (candidate,) = read_candidates(calls.engine)
    decide_candidate(calls.engine, candidate.candidate_id, is_one_event=True, decided_by="x")
    assert report(line("b", "110", "crash", "08:03:30", revision=1)) == 0
    assert calls.rows("incident", "record_id", "revision", "event_id") == [
        ("a", 0, "a"), ("b", 1, "a")
    ]  # fmt: skip
    assert events_and_calls(calls) == (1, 2)


def test_a_rejected_pair_stays_two_events_and_is_not_found_again(calls, report):
    report(line("a", "122", "accident", "08:00:00"), line("b", "110", "crash", "08:03:00"))
    (candidate,) = read_candidates(calls.engine)
    decide_candidate(calls.engine, candidate.candidate_id, is_one_event=False, decided_by="x")
    assert report(line("b", "110", "crash", "08:03:30", revision=1)) == 0
    assert events_and_calls(calls) == (2, 2)
    with pytest.raises(NotFoundError):
        decide_candidate(calls.engine, candidate.candidate_id, is_one_event=True, decided_by="x")


def test_the_citys_rules_can_be_read(city):
    rules = read_candidate_rules(city)
    assert (rules.within_m, rules.within_s, len(rules.pairs)) == (300, 900, 1)
