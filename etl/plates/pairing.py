"""Travel times between readers from one day's plate reads (T10); pure functions.

A token is salted by day, so pairs never cross midnight. This module returns means over at least
five vehicles; nothing in it quotes a token, not even an error.
"""

import polars as pl

LEAST_VEHICLES = 5
LONGEST_S = 3600
SLOT = "15m"
SPEED_QUANTILE = 0.85
_MAD_TO_SD = 1.4826
_DEVIATIONS = 3
_SLOT_KEY = ["link_id", "starts_at"]
# first hour of the local day -> the part of the day that begins there
DAY_PARTS = {0: "night", 6: "between", 7: "morning", 9: "between", 17: "evening", 19: "between",
             22: "night"}  # fmt: skip


def pair_reads(reads: pl.DataFrame, links: pl.DataFrame) -> pl.DataFrame:
    """Return the drives from one reader to the next: link_id, length_m, at (UTC), time_s.

    `reads` has reader_id, token, read_at (UTC) and day (local); `links` link_id, from_reader,
    to_reader, length_m. Successive reads of a token within a day make a pair where a link joins
    their readers; one longer than an hour is no drive.
    """
    following = ["day", "token"]
    ordered = reads.sort("day", "token", "read_at", "reader_id")
    pairs = ordered.select(
        pl.col("reader_id").alias("from_reader"),
        pl.col("read_at").alias("at"),
        pl.col("reader_id").shift(-1).over(following).alias("to_reader"),
        (pl.col("read_at").shift(-1).over(following) - pl.col("read_at"))
        .dt.total_milliseconds()
        .truediv(1000)
        .alias("time_s"),
    ).filter(pl.col("time_s").is_between(0, LONGEST_S, closed="right"))
    return pairs.join(links, on=["from_reader", "to_reader"], how="inner").select(
        "link_id", "length_m", "at", "time_s"
    )


def compute_link_times(drives: pl.DataFrame, timezone: str) -> pl.DataFrame:
    """Return the link times of drives, one row a link and quarter hour with five vehicles or more.

    Columns: link_id, starts_at, day_part, n, length_m, time_s, free_flow_s, time_total_s,
    delay_total_s, free_flow_total_s. Drives beyond median + 3 x 1.4826 MAD of their link and
    quarter hour are taken as interrupted and left out. Free flow is that of the same day's night.
    """
    kept = _without_stops(drives.with_columns(pl.col("at").dt.truncate(SLOT).alias("starts_at")))
    local = pl.col("starts_at").dt.convert_time_zone(timezone)
    kept = kept.with_columns(local.dt.date().alias("day"), _day_part(local).alias("day_part"))
    slots = (
        kept.group_by("day", "day_part", *_SLOT_KEY)
        .agg(
            pl.len().cast(pl.Int64).alias("n"),
            pl.col("length_m").first(),
            pl.col("time_s").sort().mean(),
        )
        .filter(pl.col("n") >= LEAST_VEHICLES)
        .join(_free_flow(kept), on=["link_id", "day"], how="left")
    )
    n, time, free = pl.col("n"), pl.col("time_s"), pl.col("free_flow_s")
    return slots.select(
        *_SLOT_KEY,
        "day_part",
        "n",
        "length_m",
        "time_s",
        "free_flow_s",
        (n * time).alias("time_total_s"),
        (n * (time - free).clip(lower_bound=0)).alias("delay_total_s"),
        (n * free).alias("free_flow_total_s"),
    ).sort(_SLOT_KEY)


def _without_stops(drives: pl.DataFrame) -> pl.DataFrame:
    median = pl.col("time_s").median().over(_SLOT_KEY)
    deviation = (pl.col("time_s") - median).abs().median().over(_SLOT_KEY)
    return drives.filter(pl.col("time_s") <= median + _DEVIATIONS * _MAD_TO_SD * deviation)


def _day_part(local: pl.Expr) -> pl.Expr:
    hours = {
        hour: DAY_PARTS[max(first for first in DAY_PARTS if first <= hour)] for hour in range(24)
    }
    return local.dt.hour().cast(pl.Int64).replace_strict(hours, return_dtype=pl.String)


def _free_flow(drives: pl.DataFrame) -> pl.DataFrame:
    """Return length over the P85 speed of each day's night: the time of the drive that has it.

    It is the value of rank ceil(0.85 n) of the speeds, so that of the times in falling order.
    """
    rank = (SPEED_QUANTILE * pl.len()).ceil().cast(pl.Int64) - 1
    return (
        drives.filter(pl.col("day_part") == "night")
        .group_by("link_id", "day")
        .agg(
            pl.col("time_s").sort(descending=True).get(rank).alias("free_flow_s"),
            pl.len().alias("drives"),
        )
        .filter(pl.col("drives") >= LEAST_VEHICLES)
        .drop("drives")
    )
