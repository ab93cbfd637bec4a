"""Hot-spot venues (real places, simulated outlines) and the free Wi-Fi points in them."""

from datetime import date, datetime, timedelta
from pathlib import Path

import numpy as np
import polars as pl

from geodata.space.datums import wgs84_to_gcj02
from simulator.files import Written, write_csv, write_geojson
from simulator.ground.planar import Floats
from simulator.ground.world import World

KINDS = {
    "hospital": "医院", "mall": "商圈", "department_store": "商圈", "attraction": "景区",
    "museum": "景区", "town_hall": "政务大厅", "theme_park": "景区", "zoo": "景区",
}  # fmt: skip
HALF_SIDE_M = {"医院": 90, "商圈": 75, "景区": 110, "政务大厅": 45, "车站": 55}
SAME_PLACE_M = 120.0
WITHOUT_WIFI, ALL_SILENT = 0.19, 0.08
SILENT_SHARE = 0.07


def build_venues(world: World) -> pl.DataFrame:
    """Return the listed venues: venue_id, name, kind, lon, lat; near duplicates merged."""
    places = world.places.filter(pl.col("fclass").is_in(KINDS), pl.col("name").is_not_null())
    listed = pl.concat(
        [
            places.select(
                "name", pl.col("fclass").replace_strict(KINDS).alias("kind"), "lon", "lat"
            ),
            world.stations.unique("name", keep="first", maintain_order=True).select(
                "name", pl.lit("车站").alias("kind"), "lon", "lat"
            ),
        ]
    )
    xy_m = world.plane.to_metres(listed["lon"].to_numpy(), listed["lat"].to_numpy())
    kept: list[int] = []
    for row, place in enumerate(xy_m):
        if not kept or np.hypot(*(xy_m[kept] - place).T).min() > SAME_PLACE_M:
            kept.append(row)
    return listed[kept].with_columns(venue_id=pl.format("V{}", _number(4)))


def _number(width: int) -> pl.Expr:
    return pl.int_range(1, pl.len() + 1).cast(pl.String).str.zfill(width)


def _ring(world: World, lon: float, lat: float, half_m: float) -> list[list[float]]:
    centre = world.plane.to_metres(np.array([lon]), np.array([lat]))
    corners = np.array([[-1, -1], [1, -1], [1, 1], [-1, 1], [-1, -1]]) * half_m
    x, y = world.plane.to_degrees(centre + corners)
    return [[round(float(a), 6), round(float(b), 6)] for a, b in zip(x, y, strict=True)]


def write_venues(world: World, folder: Path, venues: pl.DataFrame) -> list[Written]:
    """Write `broadband/hotspot_venues.geojson`: one square outline a venue."""
    features = [
        {
            "type": "Feature",
            "properties": {"venue_id": row["venue_id"], "name": row["name"], "kind": row["kind"]},
            "geometry": {
                "type": "Polygon",
                "coordinates": [_ring(world, row["lon"], row["lat"], HALF_SIDE_M[row["kind"]])],
            },
        }
        for row in venues.iter_rows(named=True)
    ]
    path = folder / "broadband" / "hotspot_venues.geojson"
    return [write_geojson(path, features, "hotspot_venues")]


def _last_seen(
    silent: np.ndarray[tuple[int], np.dtype[np.bool_]], ends_on: date, rng: np.random.Generator
) -> list[str]:
    end = datetime(ends_on.year, ends_on.month, ends_on.day) + timedelta(days=1)  # noqa: DTZ001 - local clock of the file
    ago_s = np.where(
        silent, rng.uniform(25, 900, len(silent)) * 3600, rng.uniform(5, 3000, len(silent))
    )
    return [(end - timedelta(seconds=int(ago))).strftime("%Y-%m-%d %H:%M:%S") for ago in ago_s]


def _spread(world: World, venues: pl.DataFrame, count: int, rng: np.random.Generator) -> tuple[
    np.ndarray[tuple[int], np.dtype[np.int64]], Floats
]:  # fmt: skip
    equipped = np.flatnonzero(rng.random(venues.height) >= WITHOUT_WIFI)
    first = equipped[:count]
    more = rng.choice(equipped, size=max(0, count - len(first)))
    rows = np.sort(np.concatenate([first, more]))
    half = np.array([HALF_SIDE_M[kind] for kind in venues["kind"]])[rows]
    xy_m = world.plane.to_metres(venues["lon"].to_numpy()[rows], venues["lat"].to_numpy()[rows])
    return rows, xy_m + rng.uniform(-0.9, 0.9, xy_m.shape) * half[:, None]


def write_access_points(
    world: World, folder: Path, venues: pl.DataFrame, ends_on: date
) -> list[Written]:
    """Write `broadband/wifi_access_points.csv` (GCJ-02); some points are long silent."""
    rng = world.rng("access points")
    count = world.rules.broadband.access_points
    rows, xy_m = _spread(world, venues, count, rng)
    lon, lat = wgs84_to_gcj02(*world.plane.to_degrees(xy_m))
    dead_venue = rng.random(venues.height) < ALL_SILENT
    silent = dead_venue[rows] | (rng.random(len(rows)) < SILENT_SHARE)
    names = np.array([item.name for item in world.rules.broadband.operators])
    frame = pl.DataFrame({"场所编号": venues["venue_id"].to_numpy()[rows]}).select(
        pl.format("AP{}", _number(5)).alias("AP编号"),
        "场所编号",
        pl.Series("场所名称", venues["name"].to_numpy()[rows]),
        pl.Series("运营商", names[rng.choice(len(names), size=len(rows))]),
        pl.lit("i-City-Free").alias("SSID"),
        pl.Series("状态", np.where(silent, "离线", "在线")),
        pl.Series("最后在线时间", _last_seen(silent, ends_on, rng)),
        pl.Series("经度", lon.round(6)),
        pl.Series("纬度", lat.round(6)),
    )
    return [write_csv(folder / "broadband" / "wifi_access_points.csv", frame, "wifi_access_points")]
