"""Schools: real places where the map has them, simulated ones where people live."""

from pathlib import Path

import numpy as np
import polars as pl

from geodata.tables import NO_DISTRICT
from simulator.files import Written, write_csv
from simulator.ground.world import World

RESIDENTS_PER_SCHOOL = 15_000
PLANS_MBPS = (50, 100, 200, 500, 1000)
PLAN_ODDS = (0.22, 0.3, 0.24, 0.16, 0.08)
NOT_MEASURED, NOT_KNOWN = 0.15, 0.04


def write_schools(world: World, folder: Path) -> list[Written]:
    """Write `broadband/schools.csv`: pupils, contracted and measured speed."""
    rng = world.rng("schools")
    real = world.places.filter(
        pl.col("fclass") == "school",
        pl.col("name").is_not_null(),
        ~pl.col("district_id").is_in(NO_DISTRICT),
    ).sort("osm_id")
    cells = world.cells
    count = max(1, round(float(cells.residents.sum()) / RESIDENTS_PER_SCHOOL) - real.height)
    rows = rng.choice(len(cells), size=count, p=cells.residents / cells.residents.sum())
    lon, lat = world.points_in(rows, rng)
    invented = pl.DataFrame({"lon": lon, "lat": lat}).with_columns(
        name=pl.format("第{}学校（模拟）", pl.int_range(1, pl.len() + 1)), origin=pl.lit("模拟")
    )
    listed = pl.concat(
        [
            real.select("name", "lon", "lat", origin=pl.lit("OpenStreetMap")),
            invented.select("name", "lon", "lat", "origin"),
        ]
    )
    students = np.clip(rng.lognormal(6.6, 0.65, listed.height), 60, 4500).astype(np.int64)
    plan = np.array(PLANS_MBPS)[rng.choice(len(PLANS_MBPS), listed.height, p=PLAN_ODDS)]
    measured = (plan * np.minimum(1.0, rng.lognormal(-0.2, 0.25, listed.height))).round(1)
    unknown = rng.random(listed.height) < NOT_KNOWN
    unmeasured = unknown | (rng.random(listed.height) < NOT_MEASURED)
    frame = listed.select(
        pl.format("S{}", pl.int_range(1, pl.len() + 1).cast(pl.String).str.zfill(4)).alias(
            "学校编码"
        ),
        pl.col("name").alias("学校名称"),
        pl.Series("学生数", students),
        pl.when(~pl.Series(unknown)).then(pl.Series(plan)).alias("签约带宽_Mbps"),
        pl.Series("实测下行_Mbps", np.where(unmeasured, np.nan, measured)).fill_nan(None),
        pl.col("lon").round(6).alias("经度"),
        pl.col("lat").round(6).alias("纬度"),
        pl.col("origin").alias("位置来源"),
    )
    return [write_csv(folder / "broadband" / "schools.csv", frame, "schools")]
