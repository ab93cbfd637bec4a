"""Reports of hospitals: patients in the emergency departments, recognised results by month."""

from datetime import date
from pathlib import Path

import numpy as np
import polars as pl

from simulator.files import Written, write_csv
from simulator.ground.world import World
from simulator.months import complete_months_before, months

ED_HOURS = np.array([
    0.55, 0.45, 0.40, 0.38, 0.36, 0.40, 0.50, 0.65, 0.85, 1.00, 1.05, 1.00,
    0.90, 0.90, 0.95, 0.95, 0.95, 1.00, 1.10, 1.20, 1.20, 1.10, 0.90, 0.70,
])  # fmt: skip  # patients by hour of day
ED_EVERY_S = 900
MONDAY_LOAD = (1.08, 1.0, 0.98, 0.98, 1.0, 1.02, 1.05)
NOT_REPORTED = 0.01
ITEMS = (
    "血常规", "尿常规", "肝功能", "肾功能", "血糖",
    "血脂", "凝血功能", "心肌酶谱", "甲状腺功能", "乙肝五项",
    "丙肝抗体", "梅毒抗体", "艾滋病抗体", "糖化血红蛋白", "电解质",
    "C反应蛋白", "降钙素原", "肿瘤标志物", "血型", "大便常规",
    "胸部CT", "头部CT", "腹部CT", "胸部X线", "骨骼X线",
    "头部MRI", "脊柱MRI", "关节MRI", "腹部超声", "甲状腺超声",
    "乳腺超声", "心脏超声", "血管超声", "妇科超声", "心电图",
    "动态心电图", "脑电图", "肺功能", "胃镜", "肠镜",
)  # fmt: skip


def ed_reports(world: World, hospitals: pl.DataFrame, on: date) -> pl.DataFrame:
    """Return a day's reports of emergency departments, `at` (seconds of the day) when sent."""
    emergency = hospitals.filter(pl.col("ed_spaces") > 0)
    rng = world.rng("ed presence", on.toordinal())
    spaces = emergency["ed_spaces"].to_numpy().astype(float)
    usual = world.rng("ed usual").uniform(0.62, 1.08, len(spaces))
    day = MONDAY_LOAD[on.weekday()] * rng.lognormal(0, 0.1, len(spaces))
    begins_s = np.arange(0, 86_400, ED_EVERY_S)
    course = np.interp(begins_s / 3600, np.arange(24), ED_HOURS, period=24)
    present = rng.poisson((spaces * usual * day)[:, None] * course[None, :])
    staffed = np.maximum(1, spaces[:, None] - rng.poisson(spaces[:, None] * 0.05, present.shape))
    reported = rng.random(present.size) >= NOT_REPORTED
    begin = pl.datetime(on.year, on.month, on.day) + pl.duration(seconds=pl.col("begin"))
    end = begin + pl.duration(seconds=ED_EVERY_S)
    frame = pl.DataFrame(
        {
            "机构编码": np.repeat(emergency["hospital_id"].to_numpy(), len(begins_s)),
            "行政区划代码": np.repeat(emergency["district_id"].to_numpy(), len(begins_s)),
            "begin": np.tile(begins_s, len(spaces)),
            "在诊人数": present.ravel(),
            "开放诊位": staffed.ravel().astype(np.int64),
        }
    )
    return (
        frame.filter(pl.Series(reported))
        .sort("begin", maintain_order=True)
        .select(
            "机构编码",
            "行政区划代码",
            begin.dt.strftime("%Y-%m-%d %H:%M").alias("开始时间"),
            end.dt.strftime("%Y-%m-%d %H:%M").alias("结束时间"),
            "在诊人数",
            "开放诊位",
            at=pl.col("begin") + ED_EVERY_S,
        )
    )


def write_ed_presence(
    world: World, folder: Path, start_on: date, days: int, hospitals: pl.DataFrame
) -> list[Written]:
    """Write `health/ed_presence_<YYYYMM>.csv`: where there is an emergency department."""
    return [
        write_csv(
            folder / "health" / f"ed_presence_{month}.csv",
            pl.concat(ed_reports(world, hospitals, on) for on in month_days).drop("at"),
            "ed_presence",
        )
        for month, month_days in months(start_on, days)
    ]


def _recognition_month(world: World, reporting: pl.DataFrame, month: date) -> pl.DataFrame:
    rules = world.rules.health
    items = ITEMS[: rules.catalogue_items]
    rng = world.rng("recognition", month.toordinal())
    steady = world.rng("recognition habits")
    hospital_rate = steady.uniform(*rules.recognition_rate, reporting.height)
    item_lean = steady.normal(0, 0.04, len(items))
    volume = reporting["beds"].to_numpy()[:, None] * steady.uniform(0.05, 0.7, len(items))[None, :]
    existing = rng.poisson(volume)
    rate = np.clip(hospital_rate[:, None] + item_lean[None, :], 0.02, 0.95)
    recognised = rng.binomial(existing, rate)
    codes = [f"HR{number:03d}" for number in range(1, len(items) + 1)]
    return pl.DataFrame(
        {
            "机构编码": np.repeat(reporting["hospital_id"].to_numpy(), len(items)),
            "行政区划代码": np.repeat(reporting["district_id"].to_numpy(), len(items)),
            "统计月份": month.strftime("%Y-%m"),
            "项目编码": np.tile(np.array(codes), reporting.height),
            "项目名称": np.tile(np.array(items), reporting.height),
            "既有结果份数": existing.ravel(),
            "互认份数": recognised.ravel(),
        }
    )


def write_recognition(
    world: World, folder: Path, ends_on: date, hospitals: pl.DataFrame
) -> list[Written]:
    """Write `health/lab_recognition_<YYYYMM>.csv` for the complete months before `ends_on`."""
    reporting = hospitals.filter(pl.col("beds") >= 150)
    return [
        write_csv(
            folder / "health" / f"lab_recognition_{month:%Y%m}.csv",
            _recognition_month(world, reporting, month),
            "lab_recognition",
        )
        for month in complete_months_before(ends_on, world.rules.health.recognition_months)
    ]
