"""Writes the command centres' incident files: one a channel (110 and 122 share one) and month."""

from datetime import date, datetime, timedelta
from pathlib import Path

import numpy as np
import polars as pl
from scipy.spatial import cKDTree

from geodata.space.datums import wgs84_to_bd09, wgs84_to_gcj02
from simulator.config import Channel
from simulator.emergency.calls import Dispatcher, build_dispatcher, day_of_events, repeat_calls
from simulator.emergency.faults import CLOCKS, plant_faults
from simulator.emergency.incident_systems import SYSTEMS, System
from simulator.files import Written, write_csv
from simulator.ground.addresses import Gazetteer, addresses, build_gazetteer
from simulator.ground.planar import Floats
from simulator.ground.world import World
from simulator.months import months

SUBURBAN = 0.5  # of full urbanity
ACCIDENTS = ("财产损失事故", "伤人事故")


def _numbered(calls: pl.DataFrame, channel: str, on: date) -> pl.DataFrame:
    day = on.strftime("%Y%m%d")
    return calls.sort("received", "event", maintain_order=True).with_columns(
        channel=pl.lit(channel),
        record_id=pl.format(
            "{}{}{}", pl.lit(channel), pl.lit(day), _padded(pl.int_range(1, pl.len() + 1))
        ),
        event_id=pl.format("E{}{}{}", pl.lit(channel), pl.lit(day), _padded(pl.col("event"))),
    )


def _padded(number: pl.Expr) -> pl.Expr:
    return number.cast(pl.String).str.zfill(5)


def _named(calls: pl.DataFrame, dispatcher: Dispatcher) -> pl.DataFrame:
    kinds = dispatcher.rules.kinds
    return calls.with_columns(
        category=pl.col("kind").replace_strict(
            list(range(len(kinds))), [kind.name for kind in kinds], return_dtype=pl.String
        ),
        priority=pl.col("kind").replace_strict(
            list(range(len(kinds))), [kind.priority for kind in kinds], return_dtype=pl.String
        ),
    )


def channel_calls(world: World, dispatcher: Dispatcher, on: date) -> pl.DataFrame:
    """Return all calls of a channel and day as keyed, with internal names and `fault`."""
    events = day_of_events(world, dispatcher, on).with_columns(is_repeat=pl.lit(False))
    day = on.toordinal()
    repeats = repeat_calls(
        events, dispatcher.rules.calls_per_event, world.rng("repeats", dispatcher.channel, day)
    )
    calls = _named(pl.concat([events, repeats]), dispatcher)
    calls = _numbered(calls, dispatcher.channel, on)
    return plant_faults(
        calls,
        world.rules.faults,
        lambda fault: world.rng("faults", fault, dispatcher.channel, day),
    )


def crossed_calls(world: World, accidents: pl.DataFrame, on: date) -> pl.DataFrame:
    """Return calls to 110 about crashes already reported to 122: own ids, own clocks, near by."""
    rng = world.rng("crossed", on.toordinal())
    true = accidents.filter(pl.col("category").is_in(ACCIDENTS), ~pl.col("is_repeat"), fault="")
    picked = true.filter(pl.Series(rng.random(true.height) < world.rules.faults.cross_duplicate))
    later = pl.Series(np.round(rng.uniform(10, 14 * 60, picked.height)))
    moved = [pl.Series(rng.uniform(-1, 1, picked.height) * reach) for reach in (1.6e-3, 1.2e-3)]
    day = on.strftime("%Y%m%d")
    number = _padded(pl.int_range(90001, 90001 + pl.len()))
    return picked.with_columns(
        *(pl.col(clock) + later for clock in CLOCKS),
        lon=pl.col("lon") + moved[0],
        lat=pl.col("lat") + moved[1],
        channel=pl.lit("110"),
        category=pl.lit("交通事故报警"),
        unit_id=pl.concat_str([pl.lit("110-9"), pl.col("unit_id").str.slice(4)]),
        record_id=pl.format("110{}{}", pl.lit(day), number),
        event_id=pl.format("E110{}{}", pl.lit(day), number),
        fault=pl.lit("cross_duplicate;"),
    )


def _known_by(calls: pl.DataFrame, on: date, ends_on: date) -> pl.DataFrame:
    """Blank every clock that lies after the time at which the files are written."""
    limit = float(((ends_on - on).days + 1) * 86_400)
    known = calls.with_columns(
        pl.when(pl.col(clock) < limit).then(pl.col(clock)).alias(clock) for clock in CLOCKS
    ).filter(pl.col("received").is_not_null())
    return numbered(known)


def numbered(calls: pl.DataFrame) -> pl.DataFrame:
    """Number each state of a call by how many clocks after the answer are known."""
    known = pl.sum_horizontal(pl.col(clock).is_not_null() for clock in CLOCKS[2:])
    return calls.with_columns(revision=known.cast(pl.Int8))


def calls_of_day(world: World, dispatchers: list[Dispatcher], on: date) -> pl.DataFrame:
    """Return all calls of a system and day, clocks in seconds after the day's midnight."""
    parts = [channel_calls(world, dispatcher, on) for dispatcher in dispatchers]
    if any(dispatcher.channel == "122" for dispatcher in dispatchers):
        parts.append(crossed_calls(world, parts[-1], on))
    return pl.concat(parts).sort("received", "record_id")


def _day(
    world: World, dispatchers: list[Dispatcher], gazetteer: Gazetteer, on: date, ends_on: date
) -> pl.DataFrame:
    calls = _known_by(calls_of_day(world, dispatchers, on), on, ends_on)
    return with_words(world, gazetteer, calls, on)


def with_words(world: World, gazetteer: Gazetteer, calls: pl.DataFrame, on: date) -> pl.DataFrame:
    """Return the calls with local clock times and a textual address."""
    midnight = datetime(on.year, on.month, on.day)  # noqa: DTZ001 - local clocks, as departments write
    return calls.with_columns(
        (pl.lit(midnight) + pl.duration(seconds=pl.col(clock).cast(pl.Int64))).alias(clock)
        for clock in CLOCKS
    ).with_columns(address=pl.Series(addresses(world, gazetteer, calls["cell_row"].to_numpy())))


def _shifted(calls: pl.DataFrame, datum: str) -> pl.DataFrame:
    """Express valid coordinates in the department's datum; faulty ones stay as keyed."""
    if datum == "wgs84":
        return calls
    shift = {"gcj02": wgs84_to_gcj02, "bd09": wgs84_to_bd09}[datum]
    sound = ~calls["fault"].str.contains("coordinates|outside").to_numpy()
    lon, lat = (calls[name].to_numpy().astype(float) for name in ("lon", "lat"))
    moved = shift(lon[sound], lat[sound])
    columns = {}
    for name, given, shifted in zip(("lon", "lat"), (lon, lat), moved, strict=True):
        column = given.copy()
        column[sound] = shifted
        columns[name] = pl.Series(column).fill_nan(None)
    return calls.with_columns(**columns)


def as_sent(calls: pl.DataFrame, system: System) -> pl.DataFrame:
    """Return the calls as a department writes them: its datum, its times, its column names."""
    yes_no = {"repeat": "is_repeat", "aid": "is_mutual_aid"}
    frame = _shifted(calls, system.datum).with_columns(
        *(pl.col(clock).dt.strftime(system.time_format) for clock in CLOCKS),
        *(
            pl.when(pl.col(column)).then(pl.lit("是")).otherwise(pl.lit("否")).alias(name)
            for name, column in yes_no.items()
        ),
        pl.col("lon", "lat").round(6),
    )
    return frame.select(pl.col(name).alias(header) for name, header in system.headers.items())


def build_dispatchers(world: World, channels: tuple[Channel, ...]) -> list[Dispatcher]:
    """Return the dispatchers of channels; 119 starts from the fire stations on the map."""
    known = world.places.filter(pl.col("fclass") == "fire_station").sort("osm_id")
    stations = world.plane.to_metres(known["lon"].to_numpy(), known["lat"].to_numpy())
    nowhere = np.empty((0, 2))
    return [
        build_dispatcher(world, channel, stations if channel == "119" else nowhere)
        for channel in channels
    ]


def write_stations(world: World, folder: Path) -> list[Written]:
    """Write `emergency/fire_stations.csv` and, of the same form, `ambulance_stations.csv`."""
    written = []
    for channel, stem, name in (
        ("119", "fire_stations", "消防救援{}站"),
        ("120", "ambulance_stations", "急救{}分站"),
    ):
        if channel not in world.rules.channels:
            continue
        (dispatcher,) = build_dispatchers(world, (channel,))
        xy_m = dispatcher.responders.xy_m
        lon, lat = world.plane.to_degrees(xy_m)
        columns: dict[str, object] = {
            "站点编号": dispatcher.responders.unit_ids,
            "站点名称": [name.format(number) for number in range(1, len(lon) + 1)],
            "经度": lon.round(6),
            "纬度": lat.round(6),
        }
        if channel == "119":
            columns["站点等级"] = _station_classes(world, xy_m)
        path = folder / "emergency" / f"{stem}.csv"
        written.append(write_csv(path, pl.DataFrame(columns), stem))
    return written


def _station_classes(world: World, xy_m: Floats) -> list[str]:
    """Return the class of each fire station: 近郊 on the edge, else by turns of the larger two."""
    cells = world.plane.to_metres(world.cells.lon, world.cells.lat)
    _, nearest = cKDTree(cells).query(xy_m)
    urban = world.cells.urban[nearest]
    return [
        "近郊" if share < SUBURBAN else ("一级", "二级", "二级", "小型")[number % 4]
        for number, share in enumerate(urban)
    ]


def write_incidents(world: World, folder: Path, start_on: date, days: int) -> list[Written]:
    """Write `emergency/incidents_<system>_<YYYYMM>.csv`."""
    gazetteer = build_gazetteer(world)
    ends_on = start_on + timedelta(days=days - 1)
    written = []
    for system in SYSTEMS:
        if not set(system.channels) <= set(world.rules.channels):
            continue
        dispatchers = build_dispatchers(world, system.channels)
        for month, month_days in months(start_on, days):
            calls = pl.concat(_day(world, dispatchers, gazetteer, on, ends_on) for on in month_days)
            path = folder / "emergency" / f"incidents_{system.key}_{month}.csv"
            written.append(
                write_csv(path, as_sent(calls, system), f"incidents_{system.key}", system.encoding)
            )
    return written
