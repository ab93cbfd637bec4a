"""Work that is given up: which connections are cancelled, and which are left alone."""

from contextvars import copy_context
from threading import Event, Thread
from typing import Any, cast

import pytest
from sqlalchemy import create_engine
from sqlalchemy.pool import StaticPool

from dashboard.read.single_flight import SingleFlight
from geodata.database.work import Work, follow_work, working
from geodata.errors import AbandonedError


class Line:
    """A connection that counts how often it was cancelled."""

    def __init__(self) -> None:
        self.cancelled = 0

    def cancel_safe(self, timeout: float) -> None:
        assert timeout > 0
        self.cancelled += 1


def test_what_is_held_is_cancelled_and_what_was_given_back_is_not() -> None:
    work, held, returned = Work(), Line(), Line()
    for each in (held, returned):
        work.take(cast(Any, each))
    work.give_back(cast(Any, returned))
    work.cancel()
    assert (held.cancelled, returned.cancelled) == (1, 0)
    with pytest.raises(AbandonedError):
        work.take(cast(Any, Line()))


def test_an_engine_counts_its_connections_to_the_work_at_hand() -> None:
    engine = create_engine("sqlite://", poolclass=StaticPool)
    follow_work(engine)
    work = Work()
    with working(work), engine.connect():
        assert len(work._held) == 1
    assert work._held == []
    work.cancel()
    with working(work), pytest.raises(AbandonedError):
        engine.connect()
    with engine.connect() as connection:  # that of another is as good as before
        assert connection.exec_driver_sql("SELECT 1").scalar_one() == 1
    engine.dispose()


def test_who_leaves_does_not_end_what_others_wait_for() -> None:
    """A drawing that is made for one who leaves is the answer of those that wait for it."""
    begun, may_end = Event(), Event()
    found: list[str] = []
    shared = Work()

    def draw() -> str:
        begun.set()
        assert may_end.wait(20)
        shared.take(cast(Any, Line()))  # of the work of all, which goes on
        return "drawn"

    flight = SingleFlight(draw)
    leaving = Work(shared)

    def ask(work: Work) -> None:
        with working(work):
            found.append(flight.get())

    threads = [Thread(target=copy_context().run, args=(ask, leaving))]
    threads[0].start()
    assert begun.wait(20)
    leaving.cancel()
    threads.append(Thread(target=copy_context().run, args=(ask, Work(shared))))
    threads[1].start()
    may_end.set()
    for each in threads:
        each.join(20)
    assert found == ["drawn", "drawn"]
