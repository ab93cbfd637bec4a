"""Checks between the rows of a feed: references, on-demand rows, stops without a place."""

import polars as pl

from etl.gtfs.table import Rule, Table

Tables = dict[str, Table]
_FLEX = ("start_pickup_drop_off_window", "end_pickup_drop_off_window", "location_id")


def check_relations(tables: Tables) -> Tables:
    """Return the tables without rows that refer to rows that do not exist or were refused."""
    checked = dict(tables)
    checked["stops.txt"] = _check_stops(checked["stops.txt"])
    services = _known(checked, "service_id", "calendar.txt", "calendar_dates.txt")
    routes, shapes = _known(checked, "route_id", "routes.txt"), None
    if "shapes.txt" in checked:
        checked["shapes.txt"] = _check_shapes(checked["shapes.txt"])
        shapes = _known(checked, "shape_id", "shapes.txt")
    silent = pl.Series("trip_id", [], pl.String)
    if "frequencies.txt" in checked:
        checked["frequencies.txt"] = checked["frequencies.txt"].refuse([_ENDS_EARLY])
        silent = _silenced(checked["frequencies.txt"])
    checked["trips.txt"] = _check_trips(checked["trips.txt"], routes, services, shapes, silent)
    trips = _known(checked, "trip_id", "trips.txt")
    stops = checked["stops.txt"].rows.filter(pl.col("location_type").fill_null(0).is_in([0, 4]))
    checked["stop_times.txt"] = _check_stop_times(
        checked["stop_times.txt"], trips, checked["stops.txt"].rows["stop_id"], stops["stop_id"]
    )
    if "frequencies.txt" in checked:
        checked["frequencies.txt"] = checked["frequencies.txt"].refuse(
            [_unknown("trip_id", trips, "trips.txt")]
        )
    return checked


def _known(tables: Tables, column: str, *files: str) -> pl.Series:
    parts = [tables[file].rows[column] for file in files if file in tables]
    return pl.concat(parts).unique() if parts else pl.Series(column, [], pl.String)


def _unknown(column: str, known: pl.Series, file: str) -> Rule:
    reason = f"is not among the sound rows of {file}"
    return Rule(column, reason, ~pl.col(column).is_in(known.implode()), "foreign_key_violation")


_ENDS_EARLY = Rule(
    "end_time",
    "is not after start_time",
    pl.col("end_time") <= pl.col("start_time"),
    "start_and_end_range_out_of_order",
)


def _silenced(frequencies: Table) -> pl.Series:
    """Return the trips of which every frequencies row was refused.

    Their stop times are a template all the same, and a template never runs.
    """
    if "trip_id" not in frequencies.text.columns:
        return pl.Series("trip_id", [], pl.String)
    named = frequencies.text["trip_id"].drop_nulls().unique()
    return named.filter(~named.is_in(frequencies.rows["trip_id"].implode()))


def _check_stops(stops: Table) -> Table:
    """Platforms, stations and entrances need a place; nodes and boarding areas may lack one."""
    needs_place = pl.col("location_type").fill_null(0) <= 2
    lat, lon = pl.col("stop_lat"), pl.col("stop_lon")
    return stops.refuse(
        [
            Rule("stop_lat", "is blank", needs_place & lat.is_null(), "stop_without_location"),
            Rule("stop_lon", "is blank", needs_place & lon.is_null(), "stop_without_location"),
            # 0, 0 lies in the Gulf of Guinea: it is how exports write "unknown".
            Rule("stop_lat", "0, 0 is no place", (lat == 0) & (lon == 0), "point_near_origin"),
        ]
    )


def _check_shapes(shapes: Table) -> Table:
    alone = pl.len().over("shape_id") < 2
    return shapes.refuse(
        [Rule("shape_id", "is the only point of its shape", alone, "single_shape_point")]
    )


def _check_trips(
    trips: Table,
    routes: pl.Series,
    services: pl.Series,
    shapes: pl.Series | None,
    silent: pl.Series,
) -> Table:
    """Reject trips of unknown routes or services; of an unknown shape only drop the reference."""
    checked = trips.refuse(
        [
            _unknown("route_id", routes, "routes.txt"),
            _unknown("service_id", services, "calendar.txt or calendar_dates.txt"),
            Rule(
                "trip_id",
                "is a template of frequencies.txt, none of whose rows for it is sound: never runs",
                pl.col("trip_id").is_in(silent.implode()),
                "trip_without_sound_frequency",
            ),
        ]
    )
    has_shape = (
        pl.lit(value=False) if shapes is None else pl.col("shape_id").is_in(shapes.implode())
    )
    shape = pl.when(has_shape).then("shape_id").alias("shape_id")
    return checked.with_rows(checked.rows.with_columns(shape))


def _check_stop_times(
    stop_times: Table, trips: pl.Series, places: pl.Series, platforms: pl.Series
) -> Table:
    # Determined before any row is rejected: the last row of a trip is a terminal even if invalid.
    last = pl.col("stop_sequence") == pl.col("stop_sequence").max().over("trip_id")
    marked = stop_times.with_rows(stop_times.rows.with_columns(last.alias("is_last")))
    on_demand = pl.any_horizontal(pl.col(*_FLEX, "location_group_id").is_not_null())
    return marked.refuse(
        [
            Rule(
                "start_pickup_drop_off_window",
                "on demand (GTFS-Flex): no scheduled departure",
                on_demand,
                "on_demand_service",
            ),
            Rule("stop_id", "is blank", pl.col("stop_id").is_null(), "missing_required_field"),
            _unknown("trip_id", trips, "trips.txt"),
            _unknown("stop_id", places, "stops.txt"),
            Rule(
                "stop_id",
                "is a station, entrance or node, not a platform",
                ~pl.col("stop_id").is_in(platforms.implode()),
                "wrong_stop_location_type",
            ),
        ]
    )
