"""Two-step floating catchments (METHODS H3): supply a head, shared by all who can reach it."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Weight = Callable[[Floats], Floats]


@dataclass(frozen=True, eq=False)
class Catchment:
    """The supply a head at each facility, and the sum of it at each place.

    `ratio` is NaN for a facility without anybody in reach.
    """

    ratio: Floats
    access: Floats

    @property
    def undefined(self) -> npt.NDArray[np.int64]:
        """Row numbers of the facilities without anybody in reach."""
        return np.flatnonzero(np.isnan(self.ratio))


def gaussian(limit: float) -> Weight:
    """Return the weight that falls from 1 at cost 0 to 0 at the limit, and is 0 beyond."""

    def weight(cost: Floats) -> Floats:
        bell = np.exp(-0.5 * np.square(np.minimum(cost, limit) / limit))
        return np.asarray((bell - np.exp(-0.5)) / (1 - np.exp(-0.5)))

    return weight


def steps(*bounds: tuple[float, float]) -> Weight:
    """Return a weight that is constant up to each limit of the (limit, weight) pairs, then 0."""
    edges = np.array([cost for cost, _ in bounds])
    values = np.array([*(value for _, value in bounds), 0.0])
    return lambda cost: np.asarray(values[np.searchsorted(edges, cost, side="left")])


def e2sfca(demand: Floats, supply: Floats, cost: Floats, weight: Weight) -> Catchment:
    """Share each facility's supply among the people in reach; sum up the shares at each place.

    `cost` has a row a place of demand and a column a facility, infinite where out of reach. The
    same sums as `access.fca.two_stage_fca` on a table of pairs, a matrix at a time.
    """
    share = weight(cost)
    reach = demand @ share
    with np.errstate(divide="ignore", invalid="ignore"):
        ratio = np.where(reach > 0, supply / reach, np.nan)
    return Catchment(ratio, share @ np.nan_to_num(ratio))
