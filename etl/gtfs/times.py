"""Times of stop_times.txt: order checked, blanks interpolated by distance and flagged."""

import polars as pl

from etl.gtfs.table import Rule, Table

_TRIP = "trip_id"
_EARTH_M = 6_371_008.8


def complete_times(stop_times: Table, stops: pl.DataFrame) -> Table:
    """Return the table in travel order with a time in every row; `is_estimated` marks ours.

    A blank is interpolated linearly between the timed rows around it, by `shape_dist_traveled`
    where the whole trip has it, else by the straight distance from stop to stop.
    """
    ordered = stop_times.with_rows(_order(stop_times.rows))
    checked = ordered.refuse(_order_rules()).refuse(
        [
            Rule(
                "arrival_time",
                "has no timed row before and after it in its trip",
                _outside(),
                "missing_trip_edge",
            )
        ]
    )
    placed = checked.rows.join(
        stops.select("stop_id", "stop_lat", "stop_lon"),
        on="stop_id",
        how="left",
        maintain_order="left",
    )
    rows = _fill(placed.with_columns(_travelled().alias("_m")))
    return checked.with_rows(rows.drop("_m", "stop_lat", "stop_lon"))


def _order(rows: pl.DataFrame) -> pl.DataFrame:
    """Sort by trip and sequence; a single given time counts for arrival and departure."""
    arrival, departure = pl.col("arrival_time"), pl.col("departure_time")
    return rows.sort(_TRIP, "stop_sequence").with_columns(
        arrival.fill_null(departure),
        departure.fill_null(arrival),
        arrival.is_null().and_(departure.is_null()).alias("is_estimated"),
    )


def _order_rules() -> list[Rule]:
    left = pl.col("departure_time").cum_max().forward_fill().shift(1).over(_TRIP)
    arrival, departure = pl.col("arrival_time"), pl.col("departure_time")
    return [
        Rule(
            "departure_time",
            "is before arrival_time",
            departure < arrival,
            "stop_time_with_departure_before_arrival_time",
        ),
        Rule(
            "arrival_time",
            "is before the departure from an earlier stop",
            arrival < left,
            "stop_time_with_arrival_before_previous_departure_time",
        ),
    ]


def _outside() -> pl.Expr:
    """Return whether a row is blank and lies before the first or after the last timed row."""
    time = pl.col("arrival_time")
    before = time.forward_fill().over(_TRIP)
    after = time.backward_fill().over(_TRIP)
    return before.is_null() | after.is_null()


def _travelled() -> pl.Expr:
    """Return the distance from the trip's start: the feed's own, or metres from stop to stop."""
    given = pl.col("shape_dist_traveled")
    usable = given.is_not_null().all() & (given.diff().fill_null(0.0) >= 0).all()
    return pl.when(usable.over(_TRIP)).then(given).otherwise(_stepped().over(_TRIP))


def _stepped() -> pl.Expr:
    lat, lon = pl.col("stop_lat").radians(), pl.col("stop_lon").radians()
    half_lat, half_lon = lat.diff() / 2, lon.diff() / 2
    chord = half_lat.sin() ** 2 + lat.cos() * lat.shift(1).cos() * half_lon.sin() ** 2
    return (2 * _EARTH_M * chord.sqrt().arcsin()).fill_null(0.0).cum_sum()


def _fill(rows: pl.DataFrame) -> pl.DataFrame:
    """Fill blank times between the timed rows around them, in proportion to distance."""
    arrival, departure = pl.col("arrival_time"), pl.col("departure_time")
    timed = arrival.is_not_null()
    anchored = rows.with_columns(pl.int_range(pl.len()).over(_TRIP).alias("_rank")).with_columns(
        departure.forward_fill().over(_TRIP).alias("_start"),
        arrival.backward_fill().over(_TRIP).alias("_end"),
        *(
            fill(pl.when(timed).then(column)).over(_TRIP).alias(column + suffix)
            for column in ("_m", "_rank")
            for suffix, fill in (("0", pl.Expr.forward_fill), ("1", pl.Expr.backward_fill))
        ),
    )
    # Stops at one place have no distance between them: share the time evenly instead.
    share = pl.when(pl.col("_m1") > pl.col("_m0")).then(_share("_m")).otherwise(_share("_rank"))
    between = pl.col("_start") + (pl.col("_end") - pl.col("_start")) * share.fill_nan(0.0)
    second = (between + 0.5).floor().cast(pl.Int64)
    filled = anchored.with_columns(arrival.fill_null(second), departure.fill_null(second))
    return filled.select(rows.columns)


def _share(column: str) -> pl.Expr:
    first, last = pl.col(column + "0"), pl.col(column + "1")
    return (pl.col(column) - first) / (last - first)
