"""Single-flight: concurrent callers share one run."""

from collections.abc import Callable
from threading import Condition, Lock
from typing import Generic, TypeVar

from geodata.database.work import working_for_many
from geodata.identity.readable_districts import scope_of_records

Answer = TypeVar("Answer")


class SingleFlight(Generic[Answer]):
    """Single-flight: concurrent callers share one run of a function.

    A caller gets the answer of a run that began after its call, so the answer includes everything
    that had happened by then: the fifty walls that a push wakes cost two runs, not fifty.
    """

    def __init__(self, work: Callable[[], Answer]) -> None:
        """Keep the function to run."""
        self._work = work
        self._turn = Condition()
        self._begun = 0
        self._over = 0
        self.waiting = 0
        self._take: Callable[[], Answer] = work  # the outcome of the last run: answer or error

    def get(self) -> Answer:
        """Return the answer of a run that begins from now on, or raise its error."""
        with self._turn:
            wanted = self._begun + 1
            self.waiting += 1
            self._turn.wait_for(lambda: self._over >= wanted or self._over == self._begun)
            self.waiting -= 1
            if self._over >= wanted:
                take = self._take
            else:
                self._begun += 1
                take = self._run
        return take()

    def _run(self) -> Answer:
        take = self._outcome()
        with self._turn:
            self._take = take
            self._over = self._begun
            self._turn.notify_all()
        return take()

    def _outcome(self) -> Callable[[], Answer]:
        try:
            with working_for_many():
                answer = self._work()
        except Exception as error:  # raised for every caller that waits for this run
            caught = error

            def fail() -> Answer:
                raise caught

            return fail
        return lambda: answer


class SingleFlights(Generic[Answer]):
    """A single-flight for each scope of records: callers who may read others share no run."""

    def __init__(self, work: Callable[[], Answer]) -> None:
        """Keep the function to run."""
        self._work = work
        self._guard = Lock()
        self._flights: dict[str, SingleFlight[Answer]] = {}

    def get(self) -> Answer:
        """Return the answer of a run, for the caller's scope, that begins from now on."""
        with self._guard:
            flight = self._flights.setdefault(scope_of_records(), SingleFlight(self._work))
        return flight.get()
