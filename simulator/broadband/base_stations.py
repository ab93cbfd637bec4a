"""Base stations by sector, as the tower company lists them: 4G and 5G, shared masts included."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import polars as pl
from numpy.typing import NDArray

from simulator.files import Written, write_csv
from simulator.ground.planar import Floats
from simulator.ground.world import World

SECTORS = 3
GNB_ID_BITS = 24  # of the 36 bits of an NR cell identity
FIRST_NODE = {"4G": 102_400, "5G": 4_194_304}
URBAN_DENSITY = {"4G": 0.5, "5G": 1.3}  # density of the network against that of people
SHARED_MAST = 0.45
COUNTRY_PEOPLE = 0.35


@dataclass(frozen=True, eq=False)
class Masts:
    """The logical base stations of one technology."""

    technology: str
    xy_m: Floats
    node_id: NDArray[np.int64]
    operator: NDArray[np.str_]
    site: NDArray[np.int64]


def build_masts(world: World, technology: str) -> Masts:
    """Place base stations where people are by night and by day."""
    rules = world.rules.broadband
    rng = world.rng("base stations", technology)
    per_10k = rules.gnb_per_10k if technology == "5G" else rules.enb_per_10k
    cells = world.cells
    count = round(per_10k * float(cells.residents.sum()) / 10_000)
    people = 0.5 * cells.residents + 0.5 * cells.daytime
    weight = people * (COUNTRY_PEOPLE + URBAN_DENSITY[technology] * cells.urban)
    rows = rng.choice(len(cells), size=count, p=weight / weight.sum())
    shared = rng.random(count) < SHARED_MAST
    site = np.where(shared, cells.cell[rows], cells.cell[rows] * 0 - np.arange(1, count + 1))
    lon, lat = world.points_in(rows, rng)
    lon, lat = np.where(shared, cells.lon[rows], lon), np.where(shared, cells.lat[rows], lat)
    share = np.array([item.mobile_share for item in rules.operators])
    names = np.array([item.name for item in rules.operators])
    operator = names[rng.choice(len(names), size=count, p=share / share.sum())]
    node_id = FIRST_NODE[technology] + np.arange(count)
    return Masts(technology, world.plane.to_metres(lon, lat), node_id, operator, site)


def _site_codes(masts: Masts) -> list[str]:
    prefix = "GT5" if masts.technology == "5G" else "GT4"
    return [f"GT{key:x}" if key > 0 else f"{prefix}-{-key:06d}" for key in masts.site.tolist()]


def _sectors(world: World, masts: Masts) -> pl.DataFrame:
    bits = 36 - GNB_ID_BITS if masts.technology == "5G" else 8
    lon, lat = world.plane.to_degrees(masts.xy_m)
    rng = world.rng("on air", masts.technology)
    on_air = rng.integers(0, 1800, len(masts.node_id))
    frame = pl.DataFrame(
        {
            "基站标识": masts.node_id,
            "制式": masts.technology,
            "运营商": masts.operator,
            "站址编码": _site_codes(masts),
            "经度": lon.round(6),
            "纬度": lat.round(6),
            "开通日期": pl.Series(on_air).cast(pl.Int64),
        }
    ).with_columns(
        (pl.date(2021, 1, 1) + pl.duration(days=pl.col("开通日期")))
        .dt.to_string("%Y-%m-%d")
        .alias("开通日期")
    )
    sector = pl.DataFrame({"扇区": np.arange(1, SECTORS + 1)})
    return frame.join(sector, how="cross").select(
        (pl.col("基站标识") * (1 << bits) + pl.col("扇区")).alias("小区标识"),
        "基站标识", "扇区", "制式", "运营商", "站址编码", "经度", "纬度", "开通日期",
    )  # fmt: skip


def write_base_stations(world: World, folder: Path, masts: list[Masts]) -> list[Written]:
    """Write `broadband/base_stations.csv`: one row a sector, node = cell identity >> 8 (4G)."""
    frame = pl.concat(_sectors(world, item) for item in masts)
    return [write_csv(folder / "broadband" / "base_stations.csv", frame, "base_stations")]
