"""Hospitals: real places where the map has them, simulated ones up to the city's beds."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import polars as pl

from geodata.space.areal import largest_remainder
from geodata.tables import NO_DISTRICT
from simulator.config import Health
from simulator.files import Written, write_csv
from simulator.ground.world import World

DEFAULT_GRADE, DEFAULT_BEDS = "二级乙等", 180
SAME_SITE_M = 250.0
COUNTY = (
    ("人民医院", "二级甲等", 900),
    ("中医院", "二级甲等", 450),
    ("妇幼保健院", "二级乙等", 180),
)
SMALL = {"seat": ("乡镇卫生院", "一级", 45), "city": ("社区卫生服务中心", "一级", 35)}
RESIDENTS_PER_SMALL = 38_000
ED_LEAST_BEDS = 400
LEAST_BEDS_PER_1000, GENERAL_BEDS = 3.4, 420


@dataclass(frozen=True)
class Hospital:
    """One hospital before its beds and doctors are assigned."""

    name: str
    grade: str
    size: float
    lon: float
    lat: float
    district_id: str
    is_simulated: bool


def _graded(rules: Health, name: str) -> tuple[str, int]:
    for grade in rules.grades:
        if grade.match in name:
            return grade.grade, grade.beds
    return DEFAULT_GRADE, DEFAULT_BEDS


def _real(world: World) -> list[Hospital]:
    rules = world.rules.health
    places = world.places.filter(pl.col("fclass") == "hospital", pl.col("name").is_not_null())
    listed: list[Hospital] = []
    for row in places.sort("osm_id").iter_rows(named=True):
        if any(word in row["name"] for word in rules.exclude):
            continue
        here = world.plane.to_metres(np.array([row["lon"]]), np.array([row["lat"]]))
        others = [(item.lon, item.lat) for item in listed]
        if others:
            there = world.plane.to_metres(*np.array(others).T)
            if np.hypot(*(there - here).T).min() < SAME_SITE_M:
                continue
        grade, beds = _graded(rules, row["name"])
        listed.append(
            Hospital(row["name"], grade, beds, row["lon"], row["lat"], row["district_id"], False)
        )
    return listed


def _in_seats(world: World, known: list[Hospital]) -> list[Hospital]:
    """Add the hospitals every county town has, where the map lacks them."""
    rng = world.rng("county hospitals")
    added = []
    for seat in (p for p in world.rules.population.settlements if p.kind == "seat"):
        centre = world.plane.to_metres(np.array([seat.lon]), np.array([seat.lat]))
        district = str(world.locator.locate(np.array([seat.lon]), np.array([seat.lat]))[0])
        here = [item.name for item in known if item.district_id == district]
        for kind, grade, beds in COUNTY:
            offset = rng.uniform(-0.4, 0.4, (1, 2)) * seat.radius_km * 1000
            if any(kind in name for name in here):
                continue
            lon, lat = world.plane.to_degrees(centre + offset)
            name = f"{seat.name}{kind}"
            added.append(Hospital(name, grade, beds, float(lon[0]), float(lat[0]), district, True))
    return added


def _in_districts(world: World, known: list[Hospital]) -> list[Hospital]:
    """Add general hospitals where a district's known ones fall far short of its people."""
    rng = world.rng("district hospitals")
    cells = world.cells
    added = []
    for row in world.districts.sort("district_id").iter_rows(named=True):
        mine = np.flatnonzero(cells.district_id == row["district_id"])
        residents = cells.residents[mine]
        there = sum(item.size for item in known if item.district_id == row["district_id"])
        short = LEAST_BEDS_PER_1000 * residents.sum() / 1000 - there
        wanted = min(max(0, int(np.ceil(short / GENERAL_BEDS))), len(mine))
        for number, cell in enumerate(
            rng.choice(mine, size=wanted, replace=False, p=residents / residents.sum()), start=1
        ):
            name = f"{row['name_zh']}综合医院{number}"
            lon, lat = float(cells.lon[cell]), float(cells.lat[cell])
            grade = "二级甲等"
            added.append(Hospital(name, grade, GENERAL_BEDS, lon, lat, row["district_id"], True))
    return added


def _small(world: World) -> list[Hospital]:
    """Add township and community health centres where people live."""
    rng = world.rng("health centres")
    cells = world.cells
    added = []
    for row in world.districts.sort("district_id").iter_rows(named=True):
        mine = np.flatnonzero(cells.district_id == row["district_id"])
        if not len(mine):
            continue
        residents = cells.residents[mine]
        wanted = max(1, round(residents.sum() / RESIDENTS_PER_SMALL))
        chosen = rng.choice(
            mine, size=min(wanted, len(mine)), replace=False, p=residents / residents.sum()
        )
        for number, cell in enumerate(chosen, start=1):
            kind, grade, beds = SMALL["city" if cells.urban[cell] > 0.4 else "seat"]
            name = f"{row['name_zh']}第{number}{kind}"
            lon, lat = float(cells.lon[cell]), float(cells.lat[cell])
            added.append(Hospital(name, grade, beds, lon, lat, row["district_id"], True))
    return added


def build_hospitals(world: World) -> pl.DataFrame:
    """Return all hospitals with beds and doctors that meet the city's totals.

    Columns: hospital_id, name, grade, district_id, beds, doctors, ed_spaces (0: no emergency
    department), lon, lat, is_simulated.
    """
    real = [item for item in _real(world) if item.district_id not in NO_DISTRICT]
    real += _in_seats(world, real)
    listed = [*real, *_in_districts(world, real), *_small(world)]
    rng = world.rng("hospital staff")
    rules = world.rules.health
    size = np.array([item.size for item in listed]) * rng.lognormal(0, 0.12, len(listed))
    people = float(world.cells.residents.sum())
    beds = largest_remainder(round(people * rules.beds_per_1000 / 1000), size)
    staff = size * np.where(size > 600, 1.15, 0.9) * rng.lognormal(0, 0.1, len(listed))
    doctors = largest_remainder(round(people * rules.doctors_per_1000 / 1000), staff)
    spaces = np.where(size >= ED_LEAST_BEDS, np.maximum(8, np.round(size / 38)), 0).astype(int)
    return pl.DataFrame(
        {
            "hospital_id": [f"H{number:04d}" for number in range(1, len(listed) + 1)],
            "name": [item.name for item in listed],
            "grade": [item.grade for item in listed],
            "district_id": [item.district_id for item in listed],
            "beds": beds,
            "doctors": doctors,
            "ed_spaces": spaces,
            "lon": [item.lon for item in listed],
            "lat": [item.lat for item in listed],
            "is_simulated": [item.is_simulated for item in listed],
        }
    )


def write_hospitals(folder: Path, hospitals: pl.DataFrame) -> list[Written]:
    """Write `health/hospitals.csv`."""
    has_ed = pl.when(pl.col("ed_spaces") > 0).then(pl.lit("是")).otherwise(pl.lit("否"))
    origin = pl.when("is_simulated").then(pl.lit("模拟")).otherwise(pl.lit("OpenStreetMap"))
    frame = hospitals.select(
        pl.col("hospital_id").alias("机构编码"),
        pl.col("name").alias("机构名称"),
        pl.col("grade").alias("等级"),
        pl.col("district_id").alias("行政区划代码"),
        pl.col("beds").alias("实有床位数"),
        pl.col("doctors").alias("执业（助理）医师数"),
        has_ed.alias("设有急诊"),
        pl.col("ed_spaces").alias("急诊诊位数"),
        pl.col("lon").round(6).alias("经度"),
        pl.col("lat").round(6).alias("纬度"),
        origin.alias("位置来源"),
    )
    return [write_csv(folder / "health" / "hospitals.csv", frame, "hospitals")]
