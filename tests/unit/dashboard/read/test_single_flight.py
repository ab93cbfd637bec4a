"""One work for all that ask at the same time; none gets what was begun before it asked."""

import threading

import pytest

from dashboard.read.single_flight import SingleFlight, SingleFlights
from geodata.identity.caller import Caller, Role, asked_by
from geodata.identity.readable_districts import scope_of_records

WAIT_S = 20


class Work:
    """A work that ends when it is let, and counts how often it was begun."""

    def __init__(self) -> None:
        self.runs = 0
        self.began = threading.Semaphore(0)
        self.may_end = threading.Semaphore(0)

    def __call__(self) -> int:
        self.runs += 1
        number = self.runs
        self.began.release()
        assert self.may_end.acquire(timeout=WAIT_S)
        return number


def test_those_who_ask_during_a_run_share_the_next_one() -> None:
    work, answers = Work(), []
    together = SingleFlight(work)
    asking = [threading.Thread(target=lambda: answers.append(together.get())) for _ in range(6)]
    asking[0].start()
    assert work.began.acquire(timeout=WAIT_S)
    for thread in asking[1:]:
        thread.start()
    while together.waiting < 5:
        asking[-1].join(0.01)
    for _ in range(2):
        work.may_end.release()
    for thread in asking:
        thread.join(WAIT_S)
    assert sorted(answers) == [1, 2, 2, 2, 2, 2]


def test_one_after_the_other_each_has_its_own() -> None:
    together = SingleFlight(iter([1, 2]).__next__)
    assert [together.get(), together.get()] == [1, 2]


def test_an_error_reaches_who_asked_and_the_next_run_is_not_hurt() -> None:
    outcomes = iter([None, 2])

    def work() -> int:
        found = next(outcomes)
        if found is None:
            raise ValueError("gone")
        return found

    together = SingleFlight(work)
    with pytest.raises(ValueError, match="gone"):
        together.get()
    assert together.get() == 2


def test_callers_who_may_read_other_records_share_no_run() -> None:
    flights = SingleFlights(scope_of_records)
    said = []
    for caller in (Caller(Role.DUTY), Caller(Role.DUTY, districts=("a",)), Caller(Role.WALL)):
        with asked_by(caller):
            said.append(flights.get())
    assert said == ["", "records a/", ""]
