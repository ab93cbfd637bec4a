"""Stays in the resuscitation rooms of the emergency departments."""

from datetime import date
from pathlib import Path

import numpy as np
import polars as pl

from simulator.files import Written, write_csv
from simulator.ground.world import World
from simulator.health.hospital_reports import ED_HOURS
from simulator.months import months

PER_SPACE = 0.22  # patients a day in the room for each treatment space
STAY_MIN, SPREAD = (70.0, 190.0), 0.8
OUTCOMES = ("收入院", "离院", "转院", "死亡")
OUTCOME_ODDS = (0.62, 0.28, 0.06, 0.04)
NOT_CLOSED, CLOCK_WRONG = 0.012, 0.004
TRIAGE_ODDS = (0.35, 0.5, 0.15)


def _day(world: World, rooms: pl.DataFrame, on: date) -> pl.DataFrame:
    rng = world.rng("rescue rooms", on.toordinal())
    usual = world.rng("rescue rooms usual").uniform(*STAY_MIN, rooms.height)
    room = np.repeat(
        np.arange(rooms.height), rng.poisson(rooms["ed_spaces"].to_numpy() * PER_SPACE)
    )
    count = len(room)
    hour = rng.choice(24, size=count, p=ED_HOURS / ED_HOURS.sum())
    second = hour * 3600 + rng.integers(0, 3600, count)
    stay_s = (usual[room] * 60 * rng.lognormal(0, SPREAD, count)).astype(np.int64)
    stay_s = np.where(rng.random(count) < CLOCK_WRONG, -stay_s, stay_s)
    is_open = rng.random(count) < NOT_CLOSED
    midnight = pl.datetime(on.year, on.month, on.day)
    entered = midnight + pl.duration(seconds=pl.col("second"))
    left = entered + pl.duration(seconds=pl.col("stay"))
    stamp = "%Y-%m-%d %H:%M:%S"
    return pl.DataFrame({"second": second, "stay": stay_s, "open": is_open}).select(
        pl.Series("机构编码", rooms["hospital_id"].to_numpy()[room]),
        pl.Series("行政区划代码", rooms["district_id"].to_numpy()[room]),
        pl.format("E{}{}", pl.lit(f"{on:%Y%m%d}"), pl.int_range(1, pl.len() + 1)).alias("就诊号"),
        pl.Series("分诊级别", rng.choice(3, count, p=TRIAGE_ODDS) + 1),
        (entered - pl.duration(minutes=9)).dt.strftime(stamp).alias("到达时间"),
        entered.dt.strftime(stamp).alias("进入抢救室时间"),
        pl.when(~pl.col("open")).then(left.dt.strftime(stamp)).alias("离开抢救室时间"),
        pl.Series("去向", np.array(OUTCOMES)[rng.choice(4, count, p=OUTCOME_ODDS)]),
    )


def write_rescue_rooms(
    world: World, folder: Path, start_on: date, days: int, hospitals: pl.DataFrame
) -> list[Written]:
    """Write `health/rescue_rooms_<YYYYMM>.csv`: a row a patient."""
    rooms = hospitals.filter(pl.col("ed_spaces") > 0)
    return [
        write_csv(
            folder / "health" / f"rescue_rooms_{month}.csv",
            pl.concat(_day(world, rooms, on) for on in month_days),
            "rescue_rooms",
        )
        for month, month_days in months(start_on, days)
    ]
