"""T5: scheduled speed; the path between stops is cut at the cells it crosses.

A path follows the trip's shape: between the distances that the feed gives, else between the places
where the stops lie along it. Only where a stop lies far off its shape, or there is none, it is the
straight line between the stops, which is shorter than the path: such speeds are estimated. Feeds
measure distances in any unit; the unit is found by comparing with the lengths of the shapes, and
where that is unclear, or a distance leads far from its stop, the stops' places count.
"""

from collections.abc import Mapping, Sequence

import numpy as np
import polars as pl
import shapely
from numpy.typing import NDArray

from geodata.city.configuration import City
from geodata.queries.timetable import (
    read_patterns,
    read_running_dates,
    read_running_services,
    read_segments,
    read_shapes,
    read_stop_places,
)
from geodata.space.along import Path, match_along
from geodata.space.crs import to_metric
from geodata.space.districts import DistrictLocator
from geodata.space.lines import metric_lines, split_lines
from layers.build.measure_request import MeasureRequest
from layers.catalogue.indicator import TOTAL
from layers.period import Grain, Period
from layers.states.state import KEYS, complete_states

MAX_KMH = 120.0
_UNITS_M = (1.0, 1000.0, 1609.344, 0.3048)  # metres, kilometres, miles, feet
_UNIT_TOLERANCE = 0.03
_OFF_SHAPE_M = 100.0  # the standard's advice: a stop lies within 100 m of the shape of its trips
_WAY = (
    "source", "shape_id", "from_stop_id", "to_stop_id", "from_dist", "to_dist", "pattern",
    "position",
)  # fmt: skip
_Pattern = tuple[int, int]  # number of the shape, name of the list of stops


def speed_states(request: MeasureRequest) -> pl.DataFrame:
    """Return T5 for the expanded service days and `parameters.past_days` before them."""
    connection, zone = request.connection, request.city.timezone
    past_days = int(request.measure.parameters.get("past_days", 0))
    days = read_running_dates(connection, zone, past_days)
    wanted = request.wanted([Period.containing(day, Grain.DAY) for day in days])
    dates = [period.first for period in wanted]
    segments = read_segments(connection)
    ways = build_ways(
        request.city,
        segments,
        read_stop_places(connection),
        read_shapes(connection),
        read_patterns(connection),
    )
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
        ways: `_WAY`, `way`, `length_m` and `is_straight` of each way between two stops.
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
    city: City,
    segments: pl.DataFrame,
    stops: pl.DataFrame,
    shapes: pl.DataFrame,
    patterns: pl.DataFrame,
) -> pl.DataFrame:
    """Return each distinct way between two stops; those drawn alike have one number.

    `_WAY`, `way`, `length_m`, `line` (WKB, m) and `is_straight`: it follows no shape.
    """
    ways = segments.select(_WAY).unique(maintain_order=True).sort(_WAY)
    known = shapes.with_row_index("shape")
    lines = metric_lines(city, np.asarray(shapely.from_wkb(known["geom"].to_list()), dtype=object))
    paths = [Path.of(line) for line in lines]
    lengths = known.select("source", "shape_id", "shape", length=pl.Series(shapely.length(lines)))
    placed = _with_ends(city, ways, stops).join(lengths, on=["source", "shape_id"], how="left")
    placed = placed.join(_units_m(placed), on="source", how="left").sort(_WAY)
    cut = placed.with_columns(_given_cut("from_dist"), _given_cut("to_dist"))
    cut = _without_strays(cut, lines)
    cut = _with_matched(city, cut, paths, patterns.join(lengths, on=["source", "shape_id"]), stops)
    drawn = [
        _line(row, paths)
        for row in cut.select("shape", "begin_m", "end_m", "x0", "y0", "x1", "y1").iter_rows(
            named=True
        )
    ]
    line = pl.Series(list(shapely.to_wkb([line for line, _ in drawn])), dtype=pl.Binary)
    return cut.select(
        *_WAY,
        way=line.rank("dense").cast(pl.Int64),
        length_m=pl.Series(shapely.length([line for line, _ in drawn]), dtype=pl.Float64),
        line=line,
        is_straight=pl.Series([is_straight for _, is_straight in drawn], dtype=pl.Boolean),
    )


def split_ways(city: City, ways: pl.DataFrame) -> pl.DataFrame:
    """Return way, cell, district_id, length_m of the pieces of the ways."""
    drawn = ways.filter(pl.col("length_m") > 0).unique("way", maintain_order=True).sort("way")
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
    return ways


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


def _given_cut(dist: str) -> pl.Expr:
    """Return metres along the shape by the feed's own distances, where they grow along the way."""
    usable = pl.col("unit").is_not_null() & (pl.col("to_dist") > pl.col("from_dist"))
    name = "begin_m" if dist == "from_dist" else "end_m"
    return pl.when(usable).then(pl.col(dist) * pl.col("unit")).alias(name)


def _without_strays(ways: pl.DataFrame, lines: NDArray[np.object_]) -> pl.DataFrame:
    """Return the ways without `begin_m` and `end_m` where these lead far from the stops.

    The unit is that of most of a source's shapes; others may have theirs, or wrong distances. A
    distance may differ from the drawn line by as much as its unit may, and a stop may lie beside
    its shape.
    """
    given = ways.with_row_index("way").filter(pl.col("begin_m").is_not_null())
    if given.is_empty():
        return ways
    line = lines[given["shape"].to_numpy()]
    is_stray = np.zeros(given.height, dtype=bool)
    for end, x, y in (("begin_m", "x0", "y0"), ("end_m", "x1", "y1")):
        at_m, stop = given[end].to_numpy(), shapely.points(given[x], given[y])
        off_m = shapely.distance(shapely.line_interpolate_point(line, at_m), stop)
        is_stray |= off_m > shapely.distance(line, stop) + _OFF_SHAPE_M + _UNIT_TOLERANCE * at_m
    strays = given["way"].filter(pl.Series(is_stray)).implode()
    kept = ~pl.int_range(pl.len(), dtype=pl.UInt32).is_in(strays)
    return ways.with_columns(pl.when(kept).then(name).alias(name) for name in ("begin_m", "end_m"))


def _with_matched(
    city: City,
    ways: pl.DataFrame,
    paths: Sequence[Path],
    patterns: pl.DataFrame,
    stops: pl.DataFrame,
) -> pl.DataFrame:
    """Fill `begin_m`, `end_m` of the ways without them by the places of the stops on the shape."""
    wanted = ways.filter(pl.col("begin_m").is_null() & pl.col("shape").is_not_null())
    needed = patterns.join(wanted.select("shape", "pattern").unique(), on=["shape", "pattern"])
    found = _match(city, needed, paths, stops)
    ends = [
        found.get((shape, pattern), {})
        for shape, pattern in ways.select("shape", "pattern").iter_rows()
    ]
    at = ways["position"].to_list()
    matched = {
        "begin_m": [places.get(position) for places, position in zip(ends, at, strict=True)],
        "end_m": [places.get(position + 1) for places, position in zip(ends, at, strict=True)],
    }
    given = pl.col("begin_m").is_not_null()
    return ways.with_columns(
        pl.when(given).then(name).otherwise(pl.Series(values, dtype=pl.Float64)).alias(name)
        for name, values in matched.items()
    )


def _match(
    city: City, patterns: pl.DataFrame, paths: Sequence[Path], stops: pl.DataFrame
) -> Mapping[_Pattern, Mapping[int, float]]:
    """Return, by shape and pattern, how far along the shape the stop at each position lies."""
    x_m, y_m = to_metric(city, stops["lon"], stops["lat"])
    names = zip(stops["source"], stops["stop_id"], strict=True)
    places = dict(zip(names, zip(x_m, y_m, strict=True), strict=True))
    found: dict[_Pattern, Mapping[int, float]] = {}
    for source, shape, pattern, stop_ids in patterns.select(
        "source", "shape", "pattern", "stop_ids"
    ).iter_rows():
        known = [i for i, stop_id in enumerate(stop_ids) if (source, stop_id) in places]
        points = np.array([places[source, stop_ids[i]] for i in known]).reshape(-1, 2)
        matched = match_along(paths[shape], points, _OFF_SHAPE_M)
        found[shape, pattern] = {
            i: at_m for i, at_m in zip(known, matched, strict=True) if at_m is not None
        }
    return found


def _line(
    row: Mapping[str, float | None], paths: Sequence[Path]
) -> tuple[shapely.LineString, bool]:
    """Return the path in metres, and whether it is a straight line."""
    shape, begin_m, end_m = (row[name] for name in ("shape", "begin_m", "end_m"))
    if shape is not None and begin_m is not None and end_m is not None:
        way = paths[int(shape)].part(begin_m, end_m)
        if way is not None:
            return way, False
    return shapely.LineString([(row["x0"], row["y0"]), (row["x1"], row["y1"])]), True
