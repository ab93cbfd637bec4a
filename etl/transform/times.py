"""Parses clocks and dates: text in the source's zone to UTC instants.

A clock that the zone skipped (daylight saving begins) does not exist and is a fault; one that it
shows twice is taken as the first of the two.
"""

import re
from collections.abc import Sequence
from datetime import UTC, datetime

import polars as pl

from etl.transform.numbers import NARROW

_ISO = (
    r"^(\d{4})[-/.](\d{1,2})[-/.](\d{1,2})"
    r"(?:[T ]+(\d{1,2}):(\d{1,2})(?::(\d{1,2})(\.\d+)?)?)?\s*(Z|[+-]\d{2}(?::?\d{2})?)?$"
)
_USUAL = "%Y-%m-%d %H:%M:%S"
_PERIODS = {
    "year": (r"^(\d{4})()$", 1, "1y"),
    "quarter": (r"^(\d{4})[-_ ]?[Qq](?:uarter)?([1-4])$", 3, "3mo"),
    "month": (r"^(\d{4})[-/_]?(\d{1,2})$", 1, "1mo"),
}
_NARROW = {ord(wide): narrow for wide, narrow in NARROW.items()}
_WITH_OFFSET = ("%z", "%:z", "%#z", "%+")
_EPOCH_PER_SECOND = {"epoch_s": 1, "epoch_ms": 1000, "epoch_us": 1_000_000}
# What an epoch or a serial number may mean: outside, it is in another unit, or no time at all.
_FIRST, _LAST = datetime(1990, 1, 1, tzinfo=UTC), datetime(2100, 1, 1, tzinfo=UTC)
_EXCEL_ZERO = datetime(1899, 12, 30)  # noqa: DTZ001  # day 60 is a 29 February that never was
_DAY_MS = 86_400_000
# Marks of the half of a day, as people write them, to those that a format can name.
_MORNING, _AFTERNOON = "上午|凌晨|早上|清晨|早晨|午前|오전", "下午|傍晚|午後|오후"
_HALF = rf"{_MORNING}|{_AFTERNOON}|中午|晚上|[AaPp]\.?[Mm]\.?"
_HALF_BEFORE = rf"({_HALF})\s*(\d{{1,2}})(\s*[:时時点點]|\s*$)"
_HALF_AFTER = rf"(\d{{1,2}})((?::\d{{2}}){{0,2}}(?:\.\d+)?)\s*({_HALF})"
_DAY_BEFORE = r"^(.*\d[T\s日号號]\s*|\d{8}[T\s]?)"
_ZERO_CLOCK = r"(?::?00(?::?00(?:\.0+)?)?|[时時点點](?:00?分)?(?:00?秒)?)?"
_MIDNIGHT = rf"{_DAY_BEFORE}24{_ZERO_CLOCK}(\s*(?:Z|[+-]\d{{2}}:?\d{{2}}))?$"


def parse_clock(text: pl.Expr, formats: Sequence[str], zone: str, *, end: bool) -> pl.Expr:
    """Return the UTC instant of a text, null where it has none.

    Full-width digits, halves of the day (上午, 下午, am, pm) and 24:00, the midnight that follows,
    are read in every format.
    """
    return text.map_batches(
        lambda series: _parse(series, formats or ["iso"], zone, end=end),
        return_dtype=pl.Datetime("us", "UTC"),
    )


def parse_date(text: pl.Expr, formats: Sequence[str], *, end: bool) -> pl.Expr:
    """Return the date of a text, null where it has none."""
    return parse_clock(text, formats, "UTC", end=end).dt.date()


def _parse(series: pl.Series, formats: Sequence[str], zone: str, *, end: bool) -> pl.Series:
    """Parse as it stands, and only what is left over in other spellings."""
    frame = series.cast(pl.String).to_frame("text")

    def parsed(text: pl.Expr) -> pl.Expr:
        return pl.coalesce([_parse_one(text, each, zone, end=end) for each in formats])

    frame = frame.select("text", parsed(pl.col("text")).alias("at"))
    left = frame.filter(pl.col("text").is_not_null() & pl.col("at").is_null())["text"].unique()
    if left.is_empty():
        return frame["at"]
    spelt = pl.DataFrame([respell(text) for text in left], schema=_RESPELT, orient="row")
    other = pl.coalesce([parsed(pl.col(name)) for name in ("plain", "clock", "half")])
    next_day = other.dt.convert_time_zone(zone).dt.offset_by("1d").dt.convert_time_zone("UTC")
    spelt = spelt.select(
        left.alias("text"), pl.when("is_midnight").then(next_day).otherwise(other).alias("other")
    )
    joined = frame.join(spelt, on="text", how="left", maintain_order="left")
    return joined.select(pl.coalesce("at", "other").alias("at")).to_series()


_RESPELT = {"plain": pl.String, "clock": pl.String, "half": pl.String, "is_midnight": pl.Boolean}


def respell(text: str) -> tuple[str, str | None, str | None, bool]:
    """Return a time in spellings that formats read, and whether it is the midnight that follows.

    They are with plain digits and 0 for 24, with the hour of the day instead of its half, and with
    AM or PM for the half; the latter two are none where no half is said, or where it is the other.
    """
    plain = " ".join(text.translate(_NARROW).split())
    midnight = re.match(_MIDNIGHT, plain)
    if midnight:
        at = midnight.end(1)
        return f"{plain[:at]}00{plain[at + 2 :]}", None, None, True
    before = re.search(_HALF_BEFORE, plain)
    found = before or re.search(_HALF_AFTER, plain)
    if found is None:
        return plain, None, None, False
    half, hour, rest = (
        (before[1], before[2], before[3]) if before else (found[3], found[1], found[2])
    )
    whole = _hour(half, int(hour))
    if whole is None:
        return plain, None, None, False
    sign, start, end = "AM" if whole < 12 else "PM", plain[: found.start()], plain[found.end() :]
    written = f"{sign} {hour}{rest}" if before else f"{hour}{rest} {sign}"
    return plain, f"{start}{whole:02d}{rest or ':00'}{end}", f"{start}{written}{end}", False


def _hour(half: str, hour: int) -> int | None:
    """Return the hour of the day: 12 in the morning is 0; 下午 14 is said as well as 下午 2."""
    is_first = bool(re.fullmatch(f"{_MORNING}|[Aa].*", half))
    if hour > 23 or (is_first and hour > 12):
        return None
    if is_first:
        return hour % 12
    if half == "晚上":
        return hour + 12 if 5 <= hour < 12 else hour if hour >= 17 else None
    if half == "中午":
        return hour if hour >= 10 else hour + 12
    return hour + 12 if hour < 12 else hour


def _parse_one(text: pl.Expr, format_: str, zone: str, *, end: bool) -> pl.Expr:
    if format_ in _EPOCH_PER_SECOND:
        microseconds = 1_000_000 // _EPOCH_PER_SECOND[format_]
        number = text.cast(pl.Float64, strict=False) * microseconds
        return _plausible(number.cast(pl.Int64, strict=False).cast(pl.Datetime("us", "UTC")))
    if format_ == "excel":
        return pl.coalesce(_parse_serial(text, zone), _parse_iso(text, zone))
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


def _plausible(at: pl.Expr) -> pl.Expr:
    return pl.when(at.is_between(_FIRST, _LAST)).then(at)


def _parse_serial(text: pl.Expr, zone: str) -> pl.Expr:
    """Return the instant of a count of days as Excel keeps it, to the millisecond."""
    since = (text.cast(pl.Float64, strict=False) * _DAY_MS).round().cast(pl.Int64, strict=False)
    naive = pl.lit(_EXCEL_ZERO, pl.Datetime("us")) + pl.duration(milliseconds=since, time_unit="us")
    return _plausible(_in_zone(naive, zone))


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
