"""E11: Getis-Ord Gi* over the cells of a study area, with a false discovery rate of 5 %.

Weights are binary: a cell, itself included, and its direct neighbours. z is the distance of the sum
over that disk from its expectation over the whole area, in standard deviations.
"""

from dataclasses import dataclass

import numpy as np
from esda.getisord import G_Local
from libpysal.graph import Graph
from numpy.typing import NDArray
from scipy import stats

from geodata.space.grid import Cells, disk_pairs

Floats = NDArray[np.float64]
Mask = NDArray[np.bool_]

FALSE_DISCOVERIES = 0.05
FEWEST_CELLS = 30


@dataclass(frozen=True)
class HotSpots:
    """z, two-sided p and the mark of each cell; NaN and unmarked where the value is unknown."""

    z: Floats
    p: Floats
    is_significant: Mask

    @property
    def is_hot(self) -> Mask:
        """Return which cells are hot spots (FDR 5 %)."""
        return self.is_significant & (self.z > 0)

    @property
    def is_cold(self) -> Mask:
        """Return which cells are cold spots (FDR 5 %)."""
        return self.is_significant & (self.z < 0)


def gi_star(cells: Cells, values: Floats) -> Floats:
    """Return z of each cell; NaN throughout if all values are equal."""
    if len(values) < 2 or np.ptp(values) == 0:
        return np.full(len(values), np.nan)
    focal, neighbour = disk_pairs(cells)
    disks = Graph.from_arrays(focal, neighbour, np.ones(len(focal)))
    # z does not depend on where zero lies, but esda divides by the sum: keep that above zero
    found = G_Local(values - values.min(), disks, transform="B", star=True, permutations=0)
    z: Floats = np.asarray(found.Zs, dtype=np.float64)
    return z


def two_sided(z: Floats) -> Floats:
    """Return the two-sided p of z; esda's own `p_norm` is one-sided."""
    p: Floats = 2 * stats.norm.sf(np.abs(z))
    return p


def false_discovery_mask(p: Floats, rate: float = FALSE_DISCOVERIES) -> Mask:
    """Return which of all tests the Benjamini-Hochberg procedure rejects."""
    mask: Mask = stats.false_discovery_control(p) <= rate
    return mask


def compute_hot_spots(cells: Cells, values: Floats) -> HotSpots:
    """Return the hot and cold spots among the cells of a study area.

    `values` holds 0 where nothing happened and NaN where nothing is known; unknown cells are taken
    out before anything is computed. With fewer than 30 known cells there is no answer.
    """
    z, p = np.full(len(cells), np.nan), np.full(len(cells), np.nan)
    mark = np.zeros(len(cells), dtype=np.bool_)
    known = np.isfinite(values)
    if known.sum() >= FEWEST_CELLS:
        z[known] = gi_star(cells[known], values[known])
        if np.isfinite(z[known]).all():
            p[known] = two_sided(z[known])
            mark[known] = false_discovery_mask(p[known])
    return HotSpots(z, p, mark)
