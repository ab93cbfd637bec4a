"""Number-plate readers on the main roads of the centre, and their reads on the last days.

Typical faults are included: a failed read, a repeated one, a read without its token, drivers who
stop on the way, a reader that is silent for some hours.
"""

from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

import numpy as np
import polars as pl
from numpy.typing import NDArray

from simulator.files import Written, write_csv
from simulator.ground.planar import Floats
from simulator.ground.world import World

TURN = np.radians(8.0)  # as the streets
JITTER = 0.12  # of the spacing
FREE_KMH = (36.0, 58.0)
DETOUR = 1.08  # road over straight line
# share of a day's trips that set out in each hour
HOURS = np.array([5, 3, 2, 2, 3, 9, 30, 70, 72, 52, 48, 47, 44, 46, 48, 50, 58, 76, 70, 50, 38, 30,
                  20, 11], dtype=float)  # fmt: skip
RUSH = {7: 1.0, 8: 0.9, 9: 0.4, 16: 0.4, 17: 1.0, 18: 0.85, 19: 0.3}
QUIET_RUSH = 0.16  # between six and ten, apart from the rush
CENTRE_DELAY = 1.35  # extra travel time in the middle of the rush, over free flow
NOISE = 0.13
STOPS, MISSED, TWICE, BLANK = 0.012, 0.02, 0.004, 0.001
SILENT_H = 3

Integers = NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Readers:
    """Readers at the crossings of a lattice and the roads from each to its neighbours."""

    side: int
    xy_m: Floats
    ends: Integers  # (m, 2) readers
    length_m: Floats
    free_s: Floats
    weight: Floats  # the road's share of the rush

    def names(self) -> list[str]:
        """Return the readers' numbers."""
        return [f"DZ{number:03d}" for number in range(1, len(self.xy_m) + 1)]


def build_readers(world: World) -> Readers:
    """Place the readers around the centre of the city."""
    rules, rng = world.rules.traffic, world.rng("readers")
    side, step = rules.readers_a_side, rules.spacing_m
    column, row = np.meshgrid(np.arange(side), np.arange(side))
    place = np.column_stack([column.ravel(), row.ravel()]) - (side - 1) / 2
    place = (place + rng.uniform(-JITTER, JITTER, place.shape)) * step
    turn = np.array([[np.cos(TURN), np.sin(TURN)], [-np.sin(TURN), np.cos(TURN)]])
    xy_m = place @ turn
    number = np.arange(side * side).reshape(side, side)
    across = np.column_stack([number[:, :-1].ravel(), number[:, 1:].ravel()])
    along = np.column_stack([number[:-1].ravel(), number[1:].ravel()])
    one_way = np.concatenate([across, along])
    ends = np.concatenate([one_way, one_way[:, ::-1]])
    length = DETOUR * np.hypot(*(xy_m[ends[:, 0]] - xy_m[ends[:, 1]]).T)
    speed = np.tile(rng.uniform(*FREE_KMH, len(one_way)), 2)
    middle = (xy_m[ends[:, 0]] + xy_m[ends[:, 1]]) / 2
    weight = np.exp(-np.hypot(*middle.T) / (step * side / 2)) * rng.uniform(0.6, 1.4, len(ends))
    return Readers(side, xy_m, ends, length, 3.6 * length / speed, weight)


def write_plate_reads(world: World, folder: Path, start_on: date, days: int) -> list[Written]:
    """Write `traffic/reader_links.csv` and a file of reads for each of the last `days` days."""
    readers = build_readers(world)
    kept = min(world.rules.traffic.days, days)
    last = [start_on + timedelta(days=days - kept + number) for number in range(kept)]
    files = [write_csv(folder / "traffic" / "reader_links.csv", _links(world, readers), "links")]
    for on in last:
        path = folder / "traffic" / f"plate_reads_{on:%Y%m%d}.csv"
        files.append(write_csv(path, _day(world, readers, on), "plate_reads"))
    return files


def _links(world: World, readers: Readers) -> pl.DataFrame:
    lon, lat = world.plane.to_degrees(readers.xy_m)
    names = readers.names()
    rows = [
        {
            "路段编号": f"{names[a]}-{names[b]}",
            "起点": names[a],
            "终点": names[b],
            "道路等级": "快速路" if free > 1.25 else "主干路",
            "长度_m": round(float(length), 1),
            "线形": f"LINESTRING ({lon[a]:.6f} {lat[a]:.6f}, {lon[b]:.6f} {lat[b]:.6f})",
        }
        for (a, b), length, free in zip(
            readers.ends, readers.length_m, readers.length_m / readers.free_s / 10, strict=True
        )
    ]
    return pl.DataFrame(rows)


def _day(world: World, readers: Readers, on: date) -> pl.DataFrame:
    """Return the reads of one day in the order of time."""
    rng = world.rng("plates", on.toordinal())
    weekend = on.weekday() >= 5
    trips = int(world.rules.traffic.trips_per_day * (0.86 if weekend else 1.0))
    token = rng.integers(0, 2**63, trips)[rng.integers(0, int(trips * 0.7), trips)]
    hour = rng.choice(24, size=trips, p=HOURS / HOURS.sum())
    clock = hour * 3600.0 + rng.uniform(0, 3600, trips)
    reads = _drive(readers, clock, 0.45 if weekend else 1.0, rng)
    reader, at, trip = (np.concatenate(part) for part in zip(*reads, strict=True))
    silent, since = int(rng.integers(len(readers.xy_m))), rng.uniform(6, 20) * 3600
    is_silent = (reader == silent) & (at >= since) & (at < since + SILENT_H * 3600)
    seen = (rng.random(len(at)) >= MISSED) & ~is_silent & (at < 86_400)
    twice = np.flatnonzero(seen & (rng.random(len(at)) < TWICE))
    rows = np.concatenate([np.flatnonzero(seen), twice])
    at = np.concatenate([at[seen], at[twice] + 1])
    blank = rng.random(len(rows)) < BLANK
    text = pl.Series([f"{value:016x}" for value in token[trip[rows]]])
    frame = pl.DataFrame(
        {
            "second": np.minimum(at, 86_399).astype(np.int64),
            "读取点编号": np.array(readers.names())[reader[rows]],
            "当日令牌": text.set(pl.Series(blank), None),
        }
    )
    moment = pl.datetime(on.year, on.month, on.day) + pl.duration(seconds=pl.col("second"))
    return frame.sort("second", "读取点编号", "当日令牌").select(
        "读取点编号", "当日令牌", moment.dt.strftime("%Y-%m-%d %H:%M:%S").alias("过车时间")
    )


def _drive(
    readers: Readers, clock: Floats, rush: float, rng: np.random.Generator
) -> list[tuple[Integers, Floats, Integers]]:
    """Let every trip go straight, turn once, arrive; return reader, second, trip of each read."""
    side, trips = readers.side, len(clock)
    link_of = np.full((side * side, side * side), -1, dtype=np.int64)
    link_of[readers.ends[:, 0], readers.ends[:, 1]] = np.arange(len(readers.ends))
    here, goal = rng.integers(0, side, (trips, 2)), rng.integers(0, side, (trips, 2))
    first = rng.integers(0, 2, trips)  # the axis along which it begins
    level = np.array([RUSH.get(hour, QUIET_RUSH if 6 <= hour < 22 else 0.0) for hour in range(25)])
    at, moving = clock.copy(), np.arange(trips)
    node = here[:, 1] * side + here[:, 0]
    reads = [(node.copy(), at.copy(), moving)]
    while len(moving):
        gap = goal[moving] - here[moving]
        axis = np.where(gap[np.arange(len(moving)), first[moving]] != 0, first[moving],
                        1 - first[moving])  # fmt: skip
        step = np.sign(gap[np.arange(len(moving)), axis])
        moving, axis, step = (part[step != 0] for part in (moving, axis, step))
        before = here[moving, 1] * side + here[moving, 0]
        here[moving, axis] += step
        after = here[moving, 1] * side + here[moving, 0]
        link = link_of[before, after]
        share = rush * level[np.minimum(at[moving] // 3600, 24).astype(int)] * readers.weight[link]
        took = readers.free_s[link] * (1 + CENTRE_DELAY * share)
        took = took * np.exp(rng.normal(0, NOISE, len(moving)))
        took = took + np.where(rng.random(len(moving)) < STOPS, rng.uniform(400, 2400), 0)
        at[moving] += took
        reads.append((after, at[moving].copy(), moving))
    return reads
