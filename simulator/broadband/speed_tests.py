"""Speed tests of a city's own probe app: fixed and mobile, all operators."""

from datetime import date
from pathlib import Path

import numpy as np
import polars as pl
from numpy.typing import NDArray

from simulator.config import Broadband
from simulator.emergency.response import RUSH
from simulator.files import Written, write_csv
from simulator.ground.planar import Floats
from simulator.ground.world import World
from simulator.months import months

Flags = NDArray[np.bool_]
FIXED_SHARE = 0.42
MBPS_4G = 58.0
EVENING_LOAD = 0.22
TEST_HOURS = np.array([
    0.3, 0.2, 0.1, 0.1, 0.1, 0.2, 0.5, 0.9, 1.1, 1.2, 1.2, 1.2,
    1.3, 1.2, 1.1, 1.1, 1.2, 1.4, 1.6, 1.9, 2.0, 1.8, 1.3, 0.7,
])  # fmt: skip


def _evening(hour: NDArray[np.int64]) -> Floats:
    busy = np.exp(-(((hour - 20.5) / 2.5) ** 2)) + 0.3 * RUSH[hour]
    return np.asarray(1 - EVENING_LOAD * busy)


def _mobile(
    rules: Broadband, urban: Floats, best: Floats, rng: np.random.Generator
) -> pl.DataFrame:
    count = len(urban)
    share = rules.share_5g_rural + (rules.share_5g_urban - rules.share_5g_rural) * urban
    is_5g = rng.random(count) < share
    down = np.where(is_5g, best, MBPS_4G) * rng.lognormal(-0.11, 0.47, count)
    down *= np.where(is_5g, 0.72 + 0.28 * urban, 1.0)
    return pl.DataFrame(
        {
            "制式": np.where(is_5g, "5G", "4G"),
            "down": down,
            "up": down * rng.uniform(0.16, 0.3, count),
            "latency": np.where(is_5g, 19, 38) * rng.lognormal(0, 0.3, count),
            "签约带宽": np.zeros(count, dtype=np.int64),
        }
    )


def _fixed(urban: Floats, best: Floats, rng: np.random.Generator) -> pl.DataFrame:
    count = len(urban)
    plans = np.array([100, 300, 500, 1000])
    odds = np.array([0.14, 0.3, 0.31, 0.25])
    plan = plans[rng.choice(4, size=count, p=odds)]
    reached = np.minimum(1.05, rng.lognormal(-0.22, 0.28, count)) * (0.85 + 0.15 * urban)
    down = plan * reached * (best / 420) ** 0.5
    return pl.DataFrame(
        {
            "制式": np.full(count, "光纤"),
            "down": down,
            "up": np.minimum(down, plan * 0.12 * rng.lognormal(0, 0.3, count)),
            "latency": 9 * rng.lognormal(0, 0.4, count),
            "签约带宽": plan,
        }
    )


def _operators(rules: Broadband, fixed: Flags, rng: np.random.Generator) -> NDArray[np.int64]:
    """Return the operator of each test by its share of fixed or mobile users."""
    chosen = np.zeros(len(fixed), dtype=np.int64)
    fixed_share = np.array([item.fixed_share for item in rules.operators])
    mobile_share = np.array([item.mobile_share for item in rules.operators])
    for which, share in ((fixed, fixed_share), (~fixed, mobile_share)):
        chosen[which] = rng.choice(len(share), size=int(which.sum()), p=share / share.sum())
    return chosen


def _measured(
    rules: Broadband, fixed: Flags, urban: Floats, rng: np.random.Generator
) -> pl.DataFrame:
    """Return one row a test: operator, technology, Mbps down and up, ms, plan, all unloaded."""
    operator = _operators(rules, fixed, rng)
    mobile_best = np.array([item.mobile_mbps_5g for item in rules.operators])[operator]
    fixed_best = np.array([item.fixed_mbps for item in rules.operators])[operator]
    both = pl.concat([_mobile(rules, urban, mobile_best, rng), _fixed(urban, fixed_best, rng)])
    count = len(fixed)
    names = np.array([item.name for item in rules.operators])
    return both[np.arange(count) + count * fixed].with_columns(
        pl.Series("operator", names[operator]),
        pl.Series("access", np.where(fixed, "固定宽带", "移动网络")),
    )


def _as_sent(tests: pl.DataFrame, on: date) -> pl.DataFrame:
    clock = pl.datetime(on.year, on.month, on.day) + pl.duration(seconds=pl.col("second"))
    number = pl.int_range(1, pl.len() + 1).cast(pl.String).str.zfill(5)
    return tests.select(
        pl.concat_str(pl.lit(on.strftime("T%Y%m%d")), number).alias("测试编号"),
        clock.dt.strftime("%Y-%m-%d %H:%M:%S").alias("测试时间"),
        pl.col("access").alias("接入方式"),
        "制式",
        pl.col("operator").alias("运营商"),
        (pl.col("down") * pl.col("load")).round(2).alias("下行速率_Mbps"),
        (pl.col("up") * pl.col("load")).round(2).alias("上行速率_Mbps"),
        (pl.col("latency") / pl.col("load")).round(1).alias("时延_ms"),
        pl.col("签约带宽").replace(0, None).alias("签约带宽_Mbps"),
        pl.col("lon").round(6).alias("经度"),
        pl.col("lat").round(6).alias("纬度"),
    )


def _day(world: World, on: date, weight: Floats) -> pl.DataFrame:
    rules = world.rules.broadband
    rng = world.rng("speed tests", on.toordinal())
    count = int(rng.poisson(rules.speed_tests_per_day))
    hour = rng.choice(24, size=count, p=TEST_HOURS / TEST_HOURS.sum())
    second = np.sort(hour * 3600 + rng.integers(0, 3600, count))
    rows = rng.choice(len(weight), size=count, p=weight)
    fixed = rng.random(count) < FIXED_SHARE
    lon, lat = world.points_in(rows, rng)
    tests = _measured(rules, fixed, world.cells.urban[rows], rng).with_columns(
        pl.Series("second", second),
        pl.Series("load", _evening(second // 3600)),
        pl.Series("lon", lon),
        pl.Series("lat", lat),
    )
    return _as_sent(tests, on)


def write_speed_tests(world: World, folder: Path, start_on: date, days: int) -> list[Written]:
    """Write `broadband/speed_tests_<YYYYMM>.csv`."""
    people = 0.5 * world.cells.residents + 0.5 * world.cells.daytime
    weight = np.asarray(people / people.sum())
    return [
        write_csv(
            folder / "broadband" / f"speed_tests_{month}.csv",
            pl.concat(_day(world, on, weight) for on in month_days),
            "speed_tests",
        )
        for month, month_days in months(start_on, days)
    ]
