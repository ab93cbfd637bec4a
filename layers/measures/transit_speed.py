"""T5: scheduled speed; the path between stops is cut at the cells it crosses.

A path follows the trip's shape where the feed gives distances along it, else the straight line
between the stops, which is shorter than the path: such speeds are estimated. Feeds measure
distances in any unit; the unit is found by comparing with the lengths of the shapes.
"""

import numpy as np
import polars as pl
import shapely
from numpy.typing import NDArray
from shapely.ops import substring

from geodata.city.configuration import City
from geodata.queries.timetable import (
    read_running_dates,
    read_running_services,
    read_segments,
    read_shapes,
    read_stop_places,
)
from geodata.space.crs import to_metric
from geodata.space.districts import DistrictLocator
from geodata.space.lines import metric_lines, split_lines
from layers.build.measure_request import MeasureRequest
from layers.catalogue.indicator import TOTAL
from layers.period import Grain, Period
from layers.states.state import KEYS, complete_states

MAX_KMH = 120.0
_UNITS_M = (1.0, 1000.0, 1609.344, 0.3048)  # metres, kilometres, miles, feet
_UNIT_TOLERANCE = 0.1
_WAY = ("source", "shape_id", "from_stop_id", "to_stop_id", "from_dist", "to_dist")


def speed_states(request: MeasureRequest) -> pl.DataFrame:
    """Return T5 for the expanded service days and `parameters.past_days` before them."""
    connection, zone = request.connection, request.city.timezone
    past_days = int(request.measure.parameters.get("past_days", 0))
    days = read_running_dates(connection, zone, past_days)
    wanted = request.wanted([Period.containing(day, Grain.DAY) for day in days])
    dates = [period.first for period in wanted]
    segments = read_segments(connection)
    ways = build_ways(request.city, segments, read_stop_places(connection), read_shapes(connection))
    parts = split_ways(request.city, ways)
    running = read_running_services(connection, dates)
    return compute_scheduled_speed(segments, ways, parts, running, zone)


def compute_scheduled_speed(
    segments: pl.DataFrame,
    ways: pl.DataFrame,
    parts: pl.DataFrame,
    running: pl.DataFrame,
    timezone: str,
) -> pl.DataFrame:
    """Return kilometres (`num`) over hours (`den`) by service day, cell and district (R).

    What takes no time, is faster than 120 km/h or has no length is missing. Rows are brought in
    order before their fractions are added up, so that the sums are always the same.

    Args:
        segments: SEGMENT_SCHEMA of `geodata.queries.timetable`.
        ways: `_WAY`, `way`, `length_m` and `is_straight` of each distinct way between two stops.
        parts: way, cell, district_id, length_m of the pieces of the ways.
        running: source, service_id, service_on.
        timezone: of the city, whose midnight begins a state's step.
    """
    hours = pl.col("seconds") / 3600
    km = pl.col("length_m") / 1000
    sound = (pl.col("seconds") > 0) & (pl.col("length_m") > 0) & (km <= MAX_KMH * hours)
    runs = pl.col("runs")
    daily = (
        segments.join(ways, on=_WAY, nulls_equal=True)
        .sort("source", "service_id", "way", "seconds")
        .group_by("source", "service_id", "way", maintain_order=True)
        .agg(
            runs.filter(sound).sum().alias("n"),
            runs.filter(~sound).sum().alias("n_missing"),
            (runs * km).filter(sound).sum().alias("km"),
            (runs * hours).filter(sound).sum().alias("hours"),
            (pl.col("is_estimated") | pl.col("is_straight")).any().alias("is_estimated"),
        )
    )
    total = pl.col("n", "n_missing", "km", "hours").sum()
    of_day = (
        running.join(daily, on=["source", "service_id"])
        .sort("service_on", "way", "source", "service_id")
        .group_by("service_on", "way", maintain_order=True)
        .agg(total, pl.col("is_estimated").any())
    )
    share = pl.col("length_m") / pl.col("length_m").sum().over("way")
    shared = parts.sort(parts.columns).with_columns(share.alias("share"))
    placed = of_day.join(shared, on="way", maintain_order="left_right")
    midnight = pl.col("service_on").cast(pl.Datetime("us")).dt.replace_time_zone(timezone)
    return complete_states(
        placed.with_columns(component=pl.lit(TOTAL), starts_at=midnight.dt.convert_time_zone("UTC"))
        .group_by(KEYS)
        .agg(
            pl.col("n", "n_missing").sum(),
            (pl.col("km") * pl.col("share")).sum().alias("num"),
            (pl.col("hours") * pl.col("share")).sum().alias("den"),
            pl.col("is_estimated").any(),
        )
    )


def build_ways(
    city: City, segments: pl.DataFrame, stops: pl.DataFrame, shapes: pl.DataFrame
) -> pl.DataFrame:
    """Return each distinct way between two stops.

    `_WAY`, `way`, `length_m`, `line` (WKB, m) and `is_straight`: it follows no shape.
    """
    ways = segments.select(_WAY).unique(maintain_order=True).sort(_WAY).with_row_index("way")
    placed = _with_ends(city, ways, stops)
    known = shapes.with_row_index("shape")
    lines = metric_lines(city, np.asarray(shapely.from_wkb(known["geom"].to_list()), dtype=object))
    lengths = known.select("source", "shape_id", "shape", length=pl.Series(shapely.length(lines)))
    placed = placed.join(lengths, on=["source", "shape_id"], how="left").sort("way")
    unit = _units_m(placed)
    placed = placed.join(unit, on="source", how="left").sort("way")
    drawn = [
        _line(row, lines)
        for row in placed.select(
            "shape", "unit", "from_dist", "to_dist", "x0", "y0", "x1", "y1"
        ).iter_rows(named=True)
    ]
    drawn_lines = np.asarray([line for line, _ in drawn], dtype=object)
    return placed.select(
        *_WAY,
        pl.col("way").cast(pl.Int64),
        length_m=pl.Series(shapely.length(drawn_lines), dtype=pl.Float64),
        line=pl.Series(list(shapely.to_wkb(drawn_lines)), dtype=pl.Binary),
        is_straight=pl.Series([is_straight for _, is_straight in drawn], dtype=pl.Boolean),
    )


def split_ways(city: City, ways: pl.DataFrame) -> pl.DataFrame:
    """Return way, cell, district_id, length_m of the pieces of the ways."""
    drawn = ways.filter(pl.col("length_m") > 0)
    lines = np.asarray(shapely.from_wkb(drawn["line"].to_list()), dtype=object)
    parts = split_lines(city, lines)
    district = DistrictLocator.of_city(city).locate(parts["lon"], parts["lat"])
    return parts.select(
        "cell",
        "length_m",
        way=drawn["way"].gather(parts["line"]),
        district_id=pl.Series(district, dtype=pl.String),
    )


def _with_ends(city: City, ways: pl.DataFrame, stops: pl.DataFrame) -> pl.DataFrame:
    """Add x0, y0, x1, y1, the stops at either end in metres; a way between unknown ones is left."""
    x_m, y_m = to_metric(city, stops["lon"], stops["lat"])
    metric = stops.select("source", "stop_id", x=pl.Series(x_m), y=pl.Series(y_m))
    for number, end in enumerate(("from_stop_id", "to_stop_id")):
        own = metric.rename({"stop_id": end, "x": f"x{number}", "y": f"y{number}"})
        ways = ways.join(own, on=["source", end])
    return ways.sort("way")


def _units_m(ways: pl.DataFrame) -> pl.DataFrame:
    """Return source and `unit`, the metres of one unit of its distances; null where unclear."""
    farthest = (
        ways.filter(pl.col("length") > 0)
        .group_by("source", "shape")
        .agg(pl.col("length").first(), pl.col("to_dist").max())
    )
    ratio = (
        farthest.filter(pl.col("to_dist") > 0)
        .group_by("source")
        .agg((pl.col("length") / pl.col("to_dist")).median().alias("ratio"))
    )
    near = [
        pl.when((pl.col("ratio") / unit - 1).abs() <= _UNIT_TOLERANCE).then(pl.lit(unit))
        for unit in _UNITS_M
    ]
    return ratio.select("source", unit=pl.coalesce(near))


def _line(
    row: dict[str, float | None], lines: NDArray[np.object_]
) -> tuple[shapely.LineString, bool]:
    """Return the path in metres, and whether it is a straight line."""
    shape, unit, begin, end = (row[name] for name in ("shape", "unit", "from_dist", "to_dist"))
    if shape is not None and unit and begin is not None and end is not None and end > begin:
        way = substring(lines[int(shape)], begin * unit, end * unit)
        if isinstance(way, shapely.LineString) and way.length > 0:
            return way, False
    return shapely.LineString([(row["x0"], row["y0"]), (row["x1"], row["y1"])]), True
