"""Parses clocks and dates: text in the source's zone to UTC instants.

A clock that the zone skipped (daylight saving begins) does not exist and is a fault; one that it
shows twice is taken as the first of the two.
"""

from collections.abc import Sequence

import polars as pl

_ISO = (
    r"^(\d{4})[-/.](\d{1,2})[-/.](\d{1,2})"
    r"(?:[T ]+(\d{1,2}):(\d{2})(?::(\d{2})(\.\d+)?)?)?\s*(Z|[+-]\d{2}(?::?\d{2})?)?$"
)
_USUAL = "%Y-%m-%d %H:%M:%S"
_PERIODS = {
    "year": (r"^(\d{4})()$", 1, "1y"),
    "quarter": (r"^(\d{4})[-_ ]?[Qq](?:uarter)?([1-4])$", 3, "3mo"),
    "month": (r"^(\d{4})[-/_]?(\d{1,2})$", 1, "1mo"),
}
_WITH_OFFSET = ("%z", "%:z", "%#z", "%+")
_EPOCH_PER_SECOND = {"epoch_s": 1, "epoch_ms": 1000}


def parse_clock(text: pl.Expr, formats: Sequence[str], zone: str, *, end: bool) -> pl.Expr:
    """Return the UTC instant of a text, null where it has none."""
    parsed = [_parse_one(text, format_, zone, end=end) for format_ in formats or ["iso"]]
    return pl.coalesce(parsed)


def parse_date(text: pl.Expr, formats: Sequence[str], *, end: bool) -> pl.Expr:
    """Return the date of a text, null where it has none."""
    return parse_clock(text, formats, "UTC", end=end).dt.date()


def _parse_one(text: pl.Expr, format_: str, zone: str, *, end: bool) -> pl.Expr:
    if format_ in _EPOCH_PER_SECOND:
        microseconds = 1_000_000 // _EPOCH_PER_SECOND[format_]
        number = text.cast(pl.Float64, strict=False) * microseconds
        return number.cast(pl.Int64, strict=False).cast(pl.Datetime("us", "UTC"))
    if format_ == "iso":
        return _parse_iso(text, zone)
    if format_ == "day":
        local = _parse_iso(text, "UTC").dt.replace_time_zone(None).dt.truncate("1d")
        return _in_zone(local.dt.offset_by("1d") if end else local, zone)
    if format_ in _PERIODS:
        return _in_zone(_parse_period(text, format_, end=end), zone)
    read = text.str.to_datetime(format_, time_unit="us", strict=False)
    if any(code in format_ for code in _WITH_OFFSET):
        return read.dt.convert_time_zone("UTC")
    return _in_zone(read, zone)


def _parse_period(text: pl.Expr, format_: str, *, end: bool) -> pl.Expr:
    pattern, months, length = _PERIODS[format_]
    year, number = text.str.extract(pattern, 1), text.str.extract(pattern, 2)
    month = (number.cast(pl.Int32, strict=False).fill_null(1) - 1) * months + 1
    padded = pl.concat_str(
        year, pl.lit("-"), month.cast(pl.String).str.zfill(2), pl.lit("-01 00:00:00")
    )
    start = padded.str.to_datetime("%Y-%m-%d %H:%M:%S", time_unit="us", strict=False)
    return start.dt.offset_by(length) if end else start


def _parse_iso(text: pl.Expr, zone: str) -> pl.Expr:
    return text.map_batches(
        lambda series: _parse_iso_series(series, zone), return_dtype=pl.Datetime("us", "UTC")
    )


def _parse_iso_series(series: pl.Series, zone: str) -> pl.Series:
    """Parse the usual form vectorised, and only the rest value by value."""
    frame = series.to_frame("text")
    usual = pl.col("text").str.to_datetime(_USUAL, time_unit="us", strict=False)
    frame = frame.with_columns(_in_zone(usual, zone).alias("at"))
    left = pl.col("text").is_not_null() & pl.col("at").is_null()
    if frame.filter(left).is_empty():
        return frame["at"]
    rest = frame.select(pl.when(left).then("text").alias("text"))
    pieces = rest.select(_parse_iso_pieces(pl.col("text"), zone)).to_series()
    return frame.select(pl.coalesce("at", pieces)).to_series()


def _parse_iso_pieces(text: pl.Expr, zone: str) -> pl.Expr:
    parts = [text.str.extract(_ISO, group) for group in range(1, 9)]
    year, month, day, hour, minute, second, fraction, offset = parts
    clock = pl.concat_str(
        year, pl.lit("-"), month.str.zfill(2), pl.lit("-"), day.str.zfill(2), pl.lit(" "),
        *[
            piece
            for part in (hour, minute, second)
            for piece in (part.fill_null("0").str.zfill(2), pl.lit(":"))
        ][:-1],
        fraction.fill_null(""),
    )  # fmt: skip
    naive = clock.str.to_datetime("%Y-%m-%d %H:%M:%S%.f", time_unit="us", strict=False)
    with_offset = naive.dt.replace_time_zone("UTC") - _offset(offset)
    return pl.when(offset.is_null()).then(_in_zone(naive, zone)).otherwise(with_offset)


def _offset(text: pl.Expr) -> pl.Expr:
    sign = pl.when(text.str.starts_with("-")).then(-1).otherwise(1)
    digits = text.str.replace_all(r"[^0-9]", "").str.pad_end(4, "0")
    hours = digits.str.slice(0, 2).cast(pl.Int64, strict=False)
    minutes = digits.str.slice(2, 2).cast(pl.Int64, strict=False)
    return pl.duration(minutes=(hours * 60 + minutes) * sign, time_unit="us")


def _in_zone(naive: pl.Expr, zone: str) -> pl.Expr:
    aware = naive.dt.replace_time_zone(zone, ambiguous="earliest", non_existent="null")
    return aware.dt.convert_time_zone("UTC")
