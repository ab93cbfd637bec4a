"""Fibre in a sample of the address register: homes passed and connected by each operator."""

from pathlib import Path

import numpy as np
import polars as pl

from simulator.files import Written, write_csv
from simulator.ground.world import World

RESIDENTS_PER_PREMISE = 480  # 2.4 a home, one home in two hundred
PASSED_RURAL, PASSED_URBAN = 0.55, 0.92  # by the first operator; the others pass fewer
CONNECTED = 0.62


def write_premises(world: World, folder: Path) -> list[Written]:
    """Write `broadband/premises.csv`: a row for each sampled home and operator that passes it."""
    rng = world.rng("premises")
    cells, operators = world.cells, world.rules.broadband.operators
    people = cells.residents / cells.residents.sum()
    count = round(float(cells.residents.sum()) / RESIDENTS_PER_PREMISE)
    rows = np.sort(rng.choice(len(cells), size=count, p=people))
    lon, lat = world.points_in(rows, rng)
    share = np.array([item.fixed_share for item in operators])
    odds = PASSED_RURAL + (PASSED_URBAN - PASSED_RURAL) * cells.urban[rows]
    passed = rng.random((count, len(operators))) < odds[:, None] * (share / share.max()) ** 0.6
    chosen = np.argmax(passed * share * rng.random(passed.shape), axis=1)
    connected = passed.any(axis=1) & (rng.random(count) < CONNECTED)
    parts = []
    for at, operator in enumerate(operators):
        reach = np.where(passed[:, at], "已覆盖", "未覆盖")
        reach = np.where(connected & (chosen == at), "已装", reach)
        parts.append(
            pl.DataFrame(
                {
                    "地址编码": [f"D{number:07d}" for number in range(1, count + 1)],
                    "运营商": operator.name,
                    "光纤状态": reach,
                    "经度": lon.round(6),
                    "纬度": lat.round(6),
                }
            ).filter(pl.lit(at == 0) | (pl.col("光纤状态") != "未覆盖"))  # the first lists all
        )
    frame = pl.concat(parts).sort("地址编码", maintain_order=True)
    return [write_csv(folder / "broadband" / "premises.csv", frame, "premises")]
