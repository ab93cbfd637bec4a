"""Residents over cells: built-up settlements and villages, each district's census conserved."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from geodata.space.areal import largest_remainder
from geodata.space.districts import DistrictLocator
from geodata.space.grid import cell_centres, cell_to_parents, latlng_to_cells
from simulator.config import Population
from simulator.ground.density import Candidates, Fields, urban_candidates, village_points
from simulator.ground.planar import Floats, Plane
from simulator.randomness import stream

Integers = NDArray[np.int64]
NEIGHBOURHOOD_RES = 8
DENSE_PER_CELL = 5_500.0  # residents of a res-8 cell (0.54 km²) that count as fully urban


@dataclass(frozen=True, eq=False)
class Cells:
    """The populated cells at storage resolution; all arrays have the same order."""

    cell: Integers
    lon: Floats
    lat: Floats
    district_id: NDArray[np.str_]
    residents: Integers
    urban: Floats  # 0 open country, 1 dense city
    daytime: Floats  # residents at home plus jobs and pupils

    def __len__(self) -> int:
        """Return the number of populated cells."""
        return len(self.cell)


def _district_cells(
    total: int, urban_share: float, built: Candidates, villages: Integers, rules: Population
) -> tuple[Integers, Integers]:
    """Place one district's residents; returns cells and counts, cells may repeat."""
    urban_total = round(total * urban_share) if len(built.cell) and len(villages) else total
    if not len(villages) and not len(built.cell):
        return np.empty(0, np.int64), np.empty(0, np.int64)
    cells, counts = [], []
    if len(built.cell):
        chosen = built.strongest(urban_total, rules)
        cells.append(chosen.cell)
        counts.append(largest_remainder(urban_total, chosen.weight))
    if len(villages):
        unique, points = np.unique(villages, return_counts=True)
        cells.append(unique)
        remaining = total - urban_total if len(built.cell) else total
        counts.append(largest_remainder(remaining, points.astype(float)))
    return np.concatenate(cells), np.concatenate(counts)


def _urbanity(cell: Integers, residents: Integers) -> Floats:
    parents = cell_to_parents(cell, NEIGHBOURHOOD_RES)
    _, inverse = np.unique(parents, return_inverse=True)
    around = np.bincount(inverse, weights=residents.astype(float))
    return np.asarray(np.clip(around[inverse] / DENSE_PER_CELL, 0, 1))


def _as_cells(frame: pl.DataFrame, fields: Fields, plane: Plane) -> Cells:
    cell = frame["cell"].to_numpy()
    residents = frame["residents"].to_numpy()
    lon, lat = cell_centres(cell)
    pull = fields.raster.sample(fields.attraction, plane.to_metres(lon, lat))
    urban = _urbanity(cell, residents)
    jobs = pull * urban + 0.02 * urban
    daytime = 0.58 * residents + 0.42 * residents.sum() * jobs / max(float(jobs.sum()), 1e-9)
    return Cells(cell, lon, lat, frame["district_id"].to_numpy(), residents, urban, daytime)


def build_population(
    residents: Mapping[str, int],
    locator: DistrictLocator,
    rules: Population,
    fields: Fields,
    plane: Plane,
    seed: int,
) -> Cells:
    """Spread each district's residents (district_id -> census count) over its cells."""
    built = urban_candidates(rules, fields, plane, locator)
    points = village_points(residents, rules, fields, plane, locator, stream(seed, "villages"))
    village_cell = latlng_to_cells(points["lat"].to_numpy(), points["lon"].to_numpy())
    lon, lat = cell_centres(village_cell)
    village_district = locator.locate(lon, lat)
    parts = []
    for district_id, total in sorted(residents.items()):
        share = rules.urban_share.get(district_id, rules.default_urban_share)
        cells, counts = _district_cells(
            total,
            share,
            built.within(district_id),
            village_cell[village_district == district_id],
            rules,
        )
        parts.append(
            pl.DataFrame({"cell": cells, "residents": counts}).with_columns(
                district_id=pl.lit(district_id)
            )
        )
    frame = (
        pl.concat(parts)
        .group_by("cell", "district_id")
        .agg(pl.col("residents").sum())
        .filter(pl.col("residents") > 0)
        .sort("cell")
    )
    return _as_cells(frame, fields, plane)
