"""Monthly returns: occupied bed-days of hospitals, health records of community centres."""

from datetime import date, timedelta
from pathlib import Path

import numpy as np
import polars as pl

from simulator.files import Written, write_csv
from simulator.ground.world import World
from simulator.months import complete_months_before

OCCUPANCY = (0.62, 1.04)  # above 1 with extra beds in the corridor
RECORDS, ACTIVE = (0.80, 0.97), (0.48, 0.68)
RECORDS_TOO_MANY = 1.06  # above 1 where those who moved away stay on the register
COMMUNITY_GRADE = "一级"
NOT_REPORTED = 0.02


def write_bed_days(
    world: World, folder: Path, ends_on: date, hospitals: pl.DataFrame
) -> list[Written]:
    """Write `health/bed_days_<YYYYMM>.csv` for the complete months before `ends_on`."""
    usual = world.rng("occupancy").uniform(*OCCUPANCY, hospitals.height)
    written = []
    for month in complete_months_before(ends_on, world.rules.health.recognition_months):
        rng = world.rng("bed days", month.toordinal())
        days = ((month + timedelta(days=32)).replace(day=1) - month).days
        opened = hospitals["beds"].to_numpy() * days
        occupied = np.round(opened * usual * rng.normal(1, 0.03, len(opened))).astype(np.int64)
        kept = rng.random(len(opened)) >= NOT_REPORTED
        frame = hospitals.select(
            pl.col("hospital_id").alias("机构编码"),
            pl.col("district_id").alias("行政区划代码"),
            pl.lit(f"{month:%Y-%m}").alias("统计月份"),
            pl.Series("实际开放总床日数", opened),
            pl.Series("实际占用总床日数", np.maximum(occupied, 0)),
        ).filter(pl.Series(kept))
        path = folder / "health" / f"bed_days_{month:%Y%m}.csv"
        written.append(write_csv(path, frame, "bed_days"))
    return written


def write_health_records(
    world: World, folder: Path, ends_on: date, hospitals: pl.DataFrame
) -> list[Written]:
    """Write `health/health_records_<YYYYMM>.csv`: records of each community centre, and used."""
    centres = hospitals.filter(pl.col("grade") == COMMUNITY_GRADE)
    cells = world.cells
    living = dict(
        pl.DataFrame({"district": cells.district_id, "residents": cells.residents})
        .group_by("district")
        .agg(pl.col("residents").sum())
        .iter_rows()
    )
    here = centres["district_id"]
    served = np.array([living.get(name, 0) / (here == name).sum() for name in here])
    steady = world.rng("health records")
    share = steady.uniform(*RECORDS, centres.height)
    too_many = sorted(living)[0]
    share = np.where(here == too_many, RECORDS_TOO_MANY, share)
    used = steady.uniform(*ACTIVE, centres.height)
    written = []
    months = complete_months_before(ends_on, world.rules.health.recognition_months)
    for age, month in enumerate(reversed(months)):
        records = np.floor(served * share * (1 - 0.002 * age)).astype(np.int64)
        active = np.floor(records * used * (1 - 0.01 * age)).astype(np.int64)
        frame = centres.select(
            pl.col("hospital_id").alias("机构编码"),
            pl.col("district_id").alias("行政区划代码"),
            pl.lit(f"{month:%Y-%m}").alias("统计月份"),
            pl.Series("建档份数", records),
            pl.Series("本年有动态记录份数", active),
        )
        path = folder / "health" / f"health_records_{month:%Y%m}.csv"
        written.append(write_csv(path, frame, "health_records"))
    return written
