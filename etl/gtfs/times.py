"""Times of stop_times.txt: order checked, blanks interpolated by distance and flagged."""

from collections.abc import Sequence

import polars as pl

from etl.gtfs.table import Rule, Table

_TRIP = "trip_id"
_EARTH_M = 6_371_008.8
_DAY_S, _HALF_DAY_S, _WRAP_GAP_S = 86_400, 43_200, 7_200


def complete_times(stop_times: Table, stops: pl.DataFrame) -> Table:
    """Return the table in travel order with a time in every row; `is_estimated` marks ours.

    A blank is interpolated linearly between the timed rows around it, by `shape_dist_traveled`
    where the whole trip has it, else by the straight distance from stop to stop. A time that does
    not fit between the others refuses its own row: as many rows as possible stay.
    """
    ordered = stop_times.with_rows(_order(stop_times.rows))
    sound = ordered.refuse([_BACKWARDS])
    checked = (
        sound.with_rows(_mark_misfits(sound.rows))
        .refuse(_order_rules())
        .refuse(
            [
                Rule(
                    "arrival_time",
                    "has no timed row before and after it in its trip",
                    _outside(),
                    "missing_trip_edge",
                )
            ]
        )
    )
    placed = checked.rows.join(
        stops.select("stop_id", "stop_lat", "stop_lon"),
        on="stop_id",
        how="left",
        maintain_order="left",
    )
    rows = _fill(placed.with_columns(_travelled().alias("_m")))
    return checked.with_rows(rows.drop("_m", "_misfit", "_left", "stop_lat", "stop_lon"))


def _order(rows: pl.DataFrame) -> pl.DataFrame:
    """Sort by trip and sequence; a single given time counts for arrival and departure."""
    arrival, departure = pl.col("arrival_time"), pl.col("departure_time")
    return rows.sort(_TRIP, "stop_sequence").with_columns(
        arrival.fill_null(departure),
        departure.fill_null(arrival),
        arrival.is_null().and_(departure.is_null()).alias("is_estimated"),
    )


_BACKWARDS = Rule(
    "departure_time",
    "is before arrival_time",
    pl.col("departure_time") < pl.col("arrival_time"),
    "stop_time_with_departure_before_arrival_time",
)


def _order_rules() -> list[Rule]:
    arrival, early = pl.col("arrival_time"), pl.col("_left")
    return [
        Rule(
            "arrival_time",
            "is before the departure from an earlier stop",
            pl.col("_misfit") & (arrival < early),
            "stop_time_with_arrival_before_previous_departure_time",
        ),
        Rule(
            "arrival_time",
            "is after the times of the stops that follow",
            pl.col("_misfit"),
            "stop_time_after_following_times",
        ),
    ]


def _mark_misfits(rows: pl.DataFrame) -> pl.DataFrame:
    """Add `_misfit`, whether a row's time does not fit in its trip, and `_left`.

    `_left` is the latest departure from the fitting stops before it.
    """
    arrival, departure = pl.col("arrival_time"), pl.col("departure_time")
    latest = departure.cum_max().forward_fill().shift(1).over(_TRIP)
    disordered = rows.filter(arrival < latest)[_TRIP].unique()
    timed = rows.filter(pl.col(_TRIP).is_in(disordered.implode()) & arrival.is_not_null())
    misfits: list[int] = []
    for part in timed.partition_by(_TRIP):
        kept = _fitting(part["arrival_time"].to_list(), part["departure_time"].to_list())
        numbers = part["row_number"].to_list()
        misfits += [number for i, number in enumerate(numbers) if i not in kept]
    marked = rows.with_columns(
        pl.col("row_number").is_in(pl.Series(misfits, dtype=pl.Int64).implode()).alias("_misfit")
    )
    fitting = pl.when(~pl.col("_misfit")).then(departure)
    return marked.with_columns(fitting.cum_max().forward_fill().shift(1).over(_TRIP).alias("_left"))


def _fitting(arrivals: Sequence[int], departures: Sequence[int]) -> set[int]:
    """Return the positions of the most rows that follow one another in time, in the shortest time.

    A clock that begins again at midnight is no single wrong time: GTFS goes on beyond 24:00, and
    what follows would run a day too early.
    """
    wrap = _midnight(arrivals, departures)
    count = len(arrivals) if wrap is None else wrap
    best = [(1, -departures[i]) for i in range(count)]  # most rows from here on, ending early
    following: list[int | None] = [None] * count
    for i in range(count - 1, -1, -1):
        for j in range(i + 1, count):
            longer = (best[j][0] + 1, best[j][1])
            if departures[i] <= arrivals[j] and longer > best[i]:
                best[i], following[i] = longer, j
    at: int | None = max(range(count), key=lambda i: (best[i][0], best[i][1] + arrivals[i]))
    kept = set()
    while at is not None:
        kept.add(at)
        at = following[at]
    return kept


def _midnight(arrivals: Sequence[int], departures: Sequence[int]) -> int | None:
    """Return the position at which the clock begins again, if it does."""
    for i, (left, reached) in enumerate(zip(departures[:-1], arrivals[1:], strict=True), start=1):
        gap = reached + _DAY_S - left
        if left < _DAY_S and left - reached > _HALF_DAY_S and 0 <= gap <= _WRAP_GAP_S:
            return i
    return None


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
