"""B6: populated hexagons with weak coverage, and those with too few reports to judge."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import cast

import numpy as np
import polars as pl

from geodata.queries.broadband import read_report_counts
from geodata.queries.residents import read_residents
from geodata.space.grid import STORAGE_RES, cell_to_parents, children_range
from geodata.tables import NOT_OF_CITY
from layers.build.measure_request import MeasureRequest
from layers.states.state import STATE_SCHEMA, complete_states

RES = 9  # fixed: another resolution is another indicator


@dataclass(frozen=True)
class BlindRule:
    """When a hexagon has enough reports, and when it is blind."""

    least_reports: int
    least_share: float


def blind_states(request: MeasureRequest) -> pl.DataFrame:
    """Return blind hexagons over those with enough reports, the others as missing."""
    return compute_blind(*_read(request))


def unknown_states(request: MeasureRequest) -> pl.DataFrame:
    """Return hexagons with too few reports over all that are populated."""
    states = compute_blind(*_read(request))
    return states.with_columns(
        n=pl.col("n") + pl.col("n_missing"),
        n_missing=pl.lit(0, pl.Int64),
        num=pl.col("n_missing").cast(pl.Float64),
        den=(pl.col("n") + pl.col("n_missing")).cast(pl.Float64),
    )


def _read(request: MeasureRequest) -> tuple[pl.DataFrame, pl.DataFrame, Sequence[str], BlindRule]:
    wanted = request.measure.parameters
    limits = cast("Mapping[str, float]", wanted["limits_dbm"])
    counts = read_report_counts(request.connection, RES, limits, request.city.timezone)
    rule = BlindRule(int(wanted["least_reports"]), float(wanted["least_share"]))
    return populated_cells(read_residents(request.connection)), counts, list(limits), rule


def populated_cells(people: pl.DataFrame) -> pl.DataFrame:
    """Return the hexagons where people of the city live, each with the district of most of them."""
    placed = people.filter(pl.col("cell") != 0, ~pl.col("district_id").is_in(NOT_OF_CITY))
    parents = pl.Series("cell", cell_to_parents(placed["cell"].to_numpy(), RES))
    split = placed.with_columns(parents).group_by("cell", "district_id").agg(pl.sum("residents"))
    ranked = split.sort("cell", "residents", "district_id", descending=[False, True, False])
    return ranked.group_by("cell", maintain_order=True).first().select("cell", "district_id")


def compute_blind(
    cells: pl.DataFrame, counts: pl.DataFrame, technologies: Sequence[str], rule: BlindRule
) -> pl.DataFrame:
    """Return one state a populated hexagon, technology and month that has any report (R).

    Args:
        cells: cell (at `RES`) and district_id of the populated hexagons.
        counts: cell, technology, month_s, reports, good.
        technologies: the components.
        rule: least number of reports, least share of good ones.
    """
    if cells.is_empty() or counts.is_empty():
        return pl.DataFrame(schema=STATE_SCHEMA)
    months = counts.select("month_s").unique().sort("month_s")
    named = pl.DataFrame({"technology": list(technologies)})
    every = cells.join(months, how="cross").join(named, how="cross")
    joined = every.join(counts, on=["cell", "technology", "month_s"], how="left")
    judged = (pl.col("reports") >= rule.least_reports).fill_null(value=False)
    blind = judged & (pl.col("good") < rule.least_share * pl.col("reports"))
    storage = [children_range(cell, STORAGE_RES)[0] for cell in joined["cell"].to_list()]
    states = joined.select(
        component="technology",
        starts_at=pl.from_epoch("month_s", time_unit="s").cast(pl.Datetime("us", "UTC")),
        cell=pl.Series(np.array(storage, dtype=np.int64)),
        district_id="district_id",
        n=judged.cast(pl.Int64),
        n_missing=(~judged).cast(pl.Int64),
        num=blind.fill_null(value=False).cast(pl.Float64),
        den=judged.cast(pl.Float64),
    )
    return complete_states(states)
