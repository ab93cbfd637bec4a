"""A plausible street grid over the built-up area: its crossings are the bus stops."""

from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray
from scipy.sparse import csr_matrix
from scipy.sparse.csgraph import connected_components

from simulator.ground.planar import Floats
from simulator.ground.world import World

TURN = np.radians(8.0)  # the grid is not aligned with the meridian
LONGEST_LINK = 4  # steps of open ground that a street still crosses
LEAST_RESIDENTS = 120  # of a crossing's surroundings
LEAST_URBAN = 0.15
_ROTATION = np.array([[np.cos(TURN), -np.sin(TURN)], [np.sin(TURN), np.cos(TURN)]])
Links = NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class StreetGrid:
    """Crossings with the residents around them, and the streets between them."""

    xy_m: Floats
    residents: Floats
    links: Links  # (m, 2) crossings
    appeal: Floats  # per link: arterial roads are cheaper than their length
    component: NDArray[np.int64]
    along: NDArray[np.bool_]  # per link: on a street along the lattice's rows

    @property
    def length_m(self) -> Floats:
        """Length of each link."""
        return np.asarray(np.hypot(*(self.xy_m[self.links[:, 0]] - self.xy_m[self.links[:, 1]]).T))

    def graph(self, factor: Floats) -> csr_matrix:
        """Return the symmetric cost matrix; `factor` multiplies each link's cost."""
        cost = self.length_m * self.appeal * factor
        ends = np.concatenate([self.links, self.links[:, ::-1]])
        size = len(self.xy_m)
        return csr_matrix((np.tile(cost, 2), (ends[:, 0], ends[:, 1])), shape=(size, size))

    def nearest(self, xy_m: Floats) -> int:
        """Return the crossing nearest to one point."""
        return int(np.argmin(((self.xy_m - xy_m) ** 2).sum(axis=1)))


def _crossings(world: World, step_m: float) -> pl.DataFrame:
    """Return lattice places (`column`, `row`) with enough residents around them."""
    cells = world.cells
    built = cells.urban > LEAST_URBAN
    xy_m = world.plane.to_metres(cells.lon[built], cells.lat[built]) @ _ROTATION
    place = np.round(xy_m / step_m).astype(np.int64)
    counted = pl.DataFrame(
        {"column": place[:, 0], "row": place[:, 1], "residents": cells.residents[built]}
    )
    return (
        counted.group_by("column", "row")
        .agg(pl.col("residents").sum())
        .filter(pl.col("residents") >= LEAST_RESIDENTS)
        .sort("column", "row")
        .with_row_index("node")
    )


def _links(crossings: pl.DataFrame, along: str, across: str) -> pl.DataFrame:
    """Link each crossing to the next on its street; `street` says which one it is."""
    return (
        crossings.sort(across, along)
        .with_columns(
            next_node=pl.col("node").shift(-1).over(across),
            gap=pl.col(along).shift(-1).over(across) - pl.col(along),
            street=pl.col(across),
        )
        .filter(pl.col("gap") <= LONGEST_LINK)
        .select("node", "next_node", "street", "gap")
    )


def build_street_grid(world: World) -> StreetGrid:
    """Lay a grid of streets over the populated, built-up cells."""
    step_m = world.rules.transit.stop_spacing_m
    rng = world.rng("streets")
    crossings = _crossings(world, step_m)
    parts, appeal, along_rows = [], [], []
    for along, across in (("column", "row"), ("row", "column")):
        links = _links(crossings, along, across)
        streets, index = np.unique(links["street"].to_numpy(), return_inverse=True)
        parts.append(links.select("node", "next_node").to_numpy().astype(np.int64))
        appeal.append(rng.uniform(0.7, 1.4, len(streets))[index])
        along_rows.append(np.full(links.height, along == "column"))
    lattice = crossings.select("column", "row").to_numpy() * step_m
    jitter = rng.uniform(-0.14, 0.14, lattice.shape) * step_m
    ends = np.concatenate(parts)
    size = crossings.height
    joined = csr_matrix((np.ones(len(ends)), (ends[:, 0], ends[:, 1])), shape=(size, size))
    _, component = connected_components(joined, directed=False)
    return StreetGrid(
        (lattice + jitter) @ _ROTATION.T,
        crossings["residents"].to_numpy().astype(float),
        ends,
        np.concatenate(appeal),
        component.astype(np.int64),
        np.concatenate(along_rows),
    )
