"""Measurement reports of phones, with 3GPP report index, for the last days only."""

from datetime import date, timedelta
from pathlib import Path

import numpy as np
import polars as pl
from scipy.spatial import cKDTree

from geodata.space.grid.bits import cell_to_parents
from simulator.broadband.base_stations import Masts
from simulator.broadband.speed_tests import TEST_HOURS
from simulator.files import Written, write_csv
from simulator.ground.planar import Floats
from simulator.ground.world import World
from simulator.months import months

SITE_DBM = {"4G": -60.0, "5G": -63.0}  # at 50 m
SLOPE_DB = {"4G": 24.0, "5G": 27.0}  # per decade of distance
SHADOW_DB = 7.5
INDOOR_DB, INDOOR_SHARE = 11.0, 0.55
OFFSET = {"4G": 141, "5G": 157}  # TS 36.133 9.1.4 and TS 38.133 10.1.6: index = floor(dBm) + offset
SHARE_5G = 0.55
SHADED_SHARE = (
    0.04  # of the places with weak signal: a new estate, a hollow, a street behind tall slabs
)
SHADED_DB = (22.0, 42.0)
SHADED_RES = 9
REPORTED_DBM = (-140.0, -44.5)  # the range of both report indexes


def _shade_db(world: World) -> Floats:
    """Return how much weaker every network is in each cell of the world; zero in most."""
    rng = world.rng("radio shade")
    _, place = np.unique(cell_to_parents(world.cells.cell, SHADED_RES), return_inverse=True)
    places = int(place.max()) + 1
    shade_db = rng.uniform(*SHADED_DB, places) * (rng.random(places) < SHADED_SHARE)
    return np.asarray(shade_db[place])


def _rsrp(
    technology: str, distance_m: Floats, shade_db: Floats, rng: np.random.Generator
) -> Floats:
    count = len(distance_m)
    path = SLOPE_DB[technology] * np.log10(np.maximum(distance_m, 50) / 50)
    indoor = INDOOR_DB * (rng.random(count) < INDOOR_SHARE)
    power = SITE_DBM[technology] - path - shade_db - indoor + rng.normal(0, SHADOW_DB, count)
    return np.asarray(np.clip(power, *REPORTED_DBM).round(1))


def _day(
    world: World, on: date, weight: Floats, networks: dict[tuple[str, str], cKDTree]
) -> pl.DataFrame:
    rules = world.rules.broadband
    rng = world.rng("radio", on.toordinal())
    count = int(min(rules.radio_samples_per_day, rng.poisson(rules.radio_samples_per_day * 0.985)))
    hour = rng.choice(24, size=count, p=TEST_HOURS / TEST_HOURS.sum())
    second = np.sort(hour * 3600 + rng.integers(0, 3600, count))
    rows = rng.choice(len(weight), size=count, p=weight)
    lon, lat = world.points_in(rows, rng)
    xy_m = world.plane.to_metres(lon, lat)
    technology = np.where(rng.random(count) < SHARE_5G, "5G", "4G")
    names = np.array([item.name for item in rules.operators])
    share = np.array([item.mobile_share for item in rules.operators])
    operator = names[rng.choice(len(names), size=count, p=share / share.sum())]
    shade_db = _shade_db(world)[rows]
    rsrp, index = np.zeros(count), np.zeros(count, dtype=np.int64)
    for (kind, name), tree in networks.items():
        mine = np.flatnonzero((technology == kind) & (operator == name))
        rsrp[mine] = _rsrp(kind, np.asarray(tree.query(xy_m[mine])[0]), shade_db[mine], rng)
        index[mine] = np.floor(rsrp[mine]).astype(np.int64) + OFFSET[kind]
    clock = pl.datetime(on.year, on.month, on.day) + pl.duration(seconds=pl.col("second"))
    number = pl.int_range(1, pl.len() + 1).cast(pl.String).str.zfill(6)
    return pl.DataFrame({"second": second}).select(
        pl.concat_str(pl.lit(on.strftime("R%Y%m%d")), number).alias("采样编号"),
        clock.dt.strftime("%Y-%m-%d %H:%M:%S").alias("采样时间"),
        pl.Series("制式", technology),
        pl.Series("运营商", operator),
        pl.Series("RSRP_dBm", rsrp),
        pl.Series("MR索引", index),
        pl.Series("经度", lon.round(6)),
        pl.Series("纬度", lat.round(6)),
    )


def write_radio_samples(
    world: World, folder: Path, start_on: date, days: int, masts: list[Masts]
) -> list[Written]:
    """Write `broadband/radio_samples_<YYYYMM>.csv` for the last `radio_days` days."""
    rules = world.rules.broadband
    shares = {item.name: item.shares_sites_with for item in rules.operators}
    networks = {}
    for item in masts:
        for name, partner in shares.items():
            own = np.isin(item.operator, [name, partner or name])
            if own.any():
                networks[item.technology, name] = cKDTree(item.xy_m[own])
    people = 0.5 * world.cells.residents + 0.5 * world.cells.daytime
    weight = np.asarray(people / people.sum())
    kept = min(rules.radio_days, days)
    first = start_on + timedelta(days=days - kept)
    return [
        write_csv(
            folder / "broadband" / f"radio_samples_{month}.csv",
            pl.concat(_day(world, on, weight, networks) for on in month_days),
            "radio_samples",
        )
        for month, month_days in months(first, kept)
    ]
