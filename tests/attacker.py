"""An attacker who knows the rules: linear programs over everything that is published at once.

It shares no code with disclosure control: every hexagon, piece and total is an unknown by itself.
"""

from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np
from scipy.optimize import linprog
from scipy.sparse import csr_array

Span = tuple[float, float]


class Attacker:
    """Unknown counts, none below zero, and what is known of them."""

    def __init__(self) -> None:
        self.number: dict[str, int] = {}
        self.equal: list[tuple[dict[int, float], float]] = []
        self.at_most: list[tuple[dict[int, float], float]] = []
        self.programs = 0
        self.put_together: tuple[Any, dict[str, Any]] | None = None

    def add_up(self, total: str, members: Iterable[str]) -> None:
        """Know that members add up to a total."""
        terms = dict.fromkeys(members, 1.0)
        self.equal.append((self._terms({**terms, total: -1.0}), 0.0))

    def know(self, name: str, value: float) -> None:
        """Know a count."""
        self.equal.append((self._terms({name: 1.0}), value))

    def know_at_most(self, terms: Mapping[str, float], limit: float) -> None:
        """Know that a weighted sum is at most a limit."""
        self.at_most.append((self._terms(terms), limit))

    def span(self, name: str) -> Span:
        """Return the least and the most that a count can be."""
        least, most = self._extreme(name, 1.0), self._extreme(name, -1.0)
        return least, -most

    def recovered(self, names: Iterable[str], k: int) -> dict[str, Span]:
        """Return those counts that can be worked out to within less than k."""
        found = {name: self.span(name) for name in names}
        return {name: each for name, each in found.items() if each[1] - each[0] < k - 1e-6}

    def _terms(self, terms: Mapping[str, float]) -> dict[int, float]:
        return {
            self.number.setdefault(name, len(self.number)): weight for name, weight in terms.items()
        }

    def _extreme(self, name: str, sign: float) -> float:
        """Return the least of the count with a sign; minus infinity where it has no end."""
        self.programs += 1
        goal = np.zeros(len(self.number))
        goal[self.number[name]] = sign
        answer = linprog(goal, **self._known(), method="highs")
        assert answer.status in (0, 3), answer.message
        return float(answer.fun) if answer.status == 0 else -np.inf

    def _known(self) -> dict[str, Any]:
        """Return all that is known, put together once."""
        size = (len(self.number), len(self.equal), len(self.at_most))
        if self.put_together is None or self.put_together[0] != size:
            equal, sums = self._matrix(self.equal)
            above, limits = self._matrix(self.at_most)
            known = {"A_eq": equal, "b_eq": sums, "A_ub": above, "b_ub": limits}
            self.put_together = size, known
        return self.put_together[1]

    def _matrix(
        self, rows: list[tuple[dict[int, float], float]]
    ) -> tuple[csr_array | None, list[float] | None]:
        if not rows:
            return None, None
        at = [(number, column) for number, (terms, _) in enumerate(rows) for column in terms]
        weights = [weight for terms, _ in rows for weight in terms.values()]
        row, column = zip(*at, strict=True)
        shape = (len(rows), len(self.number))
        return csr_array((weights, (row, column)), shape=shape), [total for _, total in rows]
