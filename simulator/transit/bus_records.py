"""The bus company's records: stop events of the vehicle location system and the dispatch log."""

from collections.abc import Iterable, Sequence
from datetime import date, datetime, timedelta
from pathlib import Path

import numpy as np
import polars as pl
from numpy.typing import NDArray

from simulator.files import Written, write_csv
from simulator.ground.world import World
from simulator.months import months
from simulator.transit.bus_days import DayOfLine, day_of_line
from simulator.transit.bus_feed import BusTimetable

MISSED = 0.025  # of passages: no fix near the stop
SILENT = 0.02  # of trips: the on-board unit sent nothing
OUTAGE = 0.10  # of days: the location system is down for a while
OUTAGE_S = (7_200, 18_000)
NO_DISTANCE = 0.006  # of dispatched trips: the odometer was not read
FILE_COLUMNS = {
    "service_on": "运营日期", "trip_id": "班次编号", "route_id": "线路", "direction_id": "方向",
    "stop_sequence": "站序", "stop_id": "站点编号", "vehicle_id": "车辆自编号",
    "scheduled": "计划发车", "observed": "实际发车", "state": "状态", "lon": "经度", "lat": "纬度",
}  # fmt: skip
LOG_COLUMNS = {
    "service_on": "运营日期", "dispatch_id": "路单号", "trip_id": "班次编号", "route_id": "线路",
    "vehicle_id": "车辆自编号", "scheduled": "计划发车", "observed": "实际发车",
    "scheduled_km": "计划里程", "run_km": "运营里程", "lon": "经度", "lat": "纬度",
}  # fmt: skip


def write_bus_records(
    world: World, folder: Path, timetable: BusTimetable, start_on: date, days: int
) -> list[Written]:
    """Write `transit/stop_events_<YYYYMM>.csv` and `transit/dispatch_<YYYYMM>.csv`.

    Both cover the last `log_days` of the period; the first of them the `avl_lines` first lines.
    """
    rules = world.rules.transit
    kept = min(days, rules.log_days)
    first_on = start_on + timedelta(days=days - kept)
    logged = [line for line in timetable.lines if line.line_class in rules.logged_classes]
    located = sorted({line.pattern.route_id for line in logged})[: rules.avl_lines]
    written = []
    for month, dates in months(first_on, kept):
        went = [day_of_line(world, line, on) for on in dates for line in logged]
        seen = [day for day in went if day.line.pattern.route_id in located]
        written += [
            _write(folder, f"stop_events_{month}", _stop_events(world, seen), FILE_COLUMNS),
            _write(folder, f"dispatch_{month}", _dispatch_log(world, went), LOG_COLUMNS),
        ]
    return [item for item in written if item.rows]


def _write(folder: Path, name: str, frame: pl.DataFrame, columns: dict[str, str]) -> Written:
    ordered = frame.sort("service_on", "scheduled", "trip_id") if frame.height else frame
    sent = ordered.select(pl.col(name).alias(header) for name, header in columns.items())
    return write_csv(folder / "transit" / f"{name}.csv", sent, name.rpartition("_")[0])


def _stop_events(world: World, days: Iterable[DayOfLine]) -> pl.DataFrame:
    """Return one row a trip and timepoint where one may board, seen or not."""
    parts = [_passages(world, day) for day in days]
    return pl.concat(parts) if parts else pl.DataFrame(schema=dict.fromkeys(FILE_COLUMNS))


def _passages(world: World, day: DayOfLine) -> pl.DataFrame:
    rng = world.rng("bus fixes", day.line.pattern.shape_id, day.on.toordinal())
    scheduled, delay = day.scheduled_s[:, :-1], day.delay_s[:, :-1]  # nobody boards at the last
    actual = scheduled + delay
    missed = rng.random(actual.shape) < MISSED
    missed |= (rng.random(len(actual)) < SILENT)[:, None]
    missed |= _is_down(world, day.on, actual)
    missed |= day.is_cancelled[:, None]
    trips, stops = actual.shape
    cancelled = np.repeat(day.is_cancelled, stops)
    return _trip_columns(
        world, day, np.repeat(np.arange(trips), stops), np.tile(day.at[:-1], trips)
    ).with_columns(
        scheduled=_clock(day.on, scheduled.ravel()),
        observed=pl.when(pl.Series(~missed.ravel())).then(_clock(day.on, actual.ravel())),
        state=pl.when(pl.Series(cancelled)).then(pl.lit("取消")).otherwise(pl.lit("正常")),
    )


def _is_down(world: World, on: date, actual_s: NDArray[np.float64]) -> NDArray[np.bool_]:
    rng = world.rng("avl outage", on.toordinal())
    begin, length = rng.uniform(6 * 3600, 20 * 3600), rng.uniform(*OUTAGE_S)
    down = rng.random() < OUTAGE
    return np.asarray(down & (actual_s >= begin) & (actual_s < begin + length))


def _dispatch_log(world: World, days: Iterable[DayOfLine]) -> pl.DataFrame:
    """Return one row a planned trip: its departure from the first stop and its distance run."""
    parts = [_dispatched(world, day) for day in days]
    return pl.concat(parts) if parts else pl.DataFrame(schema=dict.fromkeys(LOG_COLUMNS))


def _dispatched(world: World, day: DayOfLine) -> pl.DataFrame:
    pattern = day.line.pattern
    rng = world.rng("bus odometers", pattern.shape_id, day.on.toordinal())
    trips = len(day.trip_ids)
    planned_km = float(pattern.distance_m[-1]) / 1000
    run_km = planned_km * day.run_share * rng.normal(1.004, 0.004, trips)
    unread = (rng.random(trips) < NO_DISTANCE) & ~day.is_cancelled
    left = _clock(day.on, day.scheduled_s[:, 0] + day.delay_s[:, 0])
    rows = np.arange(trips)
    return _trip_columns(world, day, rows, np.zeros(trips, dtype=np.int64)).with_columns(
        dispatch_id=pl.format("{}-{}", pl.lit(day.on.strftime("%Y%m%d")), pl.col("trip_id")),
        scheduled=_clock(day.on, day.scheduled_s[:, 0]),
        observed=pl.when(pl.Series(~day.is_cancelled)).then(left),
        scheduled_km=pl.lit(round(planned_km, 2)),
        run_km=pl.when(pl.Series(~unread)).then(pl.Series(run_km.round(2))),
    )


def _trip_columns(
    world: World, day: DayOfLine, rows: NDArray[np.int64], stops: NDArray[np.int64]
) -> pl.DataFrame:
    """Return the columns that both files share, for trips `rows` at stops `stops`."""
    pattern = day.line.pattern
    lon, lat = world.plane.to_degrees(pattern.xy_m[stops])
    return pl.DataFrame(
        {
            "trip_id": _pick(day.trip_ids, rows),
            "stop_sequence": stops + 1,
            "stop_id": _pick(pattern.stop_ids, stops),
            "fleet": day.fleet[rows],
            "lon": lon.round(6),
            "lat": lat.round(6),
        }
    ).with_columns(
        service_on=pl.lit(day.on.isoformat()),
        route_id=pl.lit(pattern.route_id),
        direction_id=pl.lit(pattern.direction_id),
        vehicle_id=pl.format("{}-{}", pl.lit(pattern.route_id), pl.col("fleet")),
    )


def _pick(names: Sequence[str], rows: NDArray[np.int64]) -> NDArray[np.str_]:
    return np.asarray(names)[rows]


def _clock(on: date, second: NDArray[np.int64] | NDArray[np.float64]) -> pl.Series:
    """Return local clock times; a service day may run past midnight."""
    midnight = datetime(on.year, on.month, on.day)  # noqa: DTZ001 - local clocks, as departments write
    frame = pl.DataFrame({"second": second.astype(np.int64)})
    clock = pl.lit(midnight) + pl.duration(seconds=pl.col("second"))
    return frame.select(clock.dt.strftime("%Y-%m-%d %H:%M:%S")).to_series()
