"""Parses numbers: decimal and thousands signs, full-width digits; whole ones without a float."""

import re
from dataclasses import dataclass

import polars as pl

# Full-width forms, which East Asian keyboards write, and the minus sign to what programs write.
NARROW = {chr(0xFEE0 + code): chr(code) for code in range(0x21, 0x7F)} | {"\u3000": " ", "−": "-"}
_SPACES = " \u00a0\u2009\u202f"
_WHOLE = r"^([+-]?\d+)\.0*$"
_EXACT = 2**53  # beyond it not every whole number is a floating-point one


@dataclass(frozen=True)
class Signs:
    """The decimal sign of a source's numbers, and what parts them into thousands."""

    decimal: str = "."
    thousands: str = ""
    besides_plain: bool = False  # the format has numbers of its own, and text that may hold others

    @property
    def is_plain(self) -> bool:
        """Whether numbers are written as programs write them."""
        return self.decimal == "." and not self.thousands


PLAIN = Signs()


def parse_number(text: pl.Expr, *, is_whole: bool, scale: float, signs: Signs = PLAIN) -> pl.Expr:
    """Return the number of a text times `scale`, null where it is none.

    A whole number never passes through a floating-point one, unless it is written as one; then it
    counts where that is exact.
    """
    dtype = pl.Int64 if is_whole else pl.Float64
    return text.map_batches(
        lambda series: _parse(series, is_whole=is_whole, scale=scale, signs=signs),
        return_dtype=dtype,
    )


def _parse(series: pl.Series, *, is_whole: bool, scale: float, signs: Signs) -> pl.Series:
    """Parse as it stands, and only what is left over in other spellings."""
    frame = series.cast(pl.String).to_frame("text")

    def parsed(text: pl.Expr) -> pl.Expr:
        ways = [text] if signs.is_plain or signs.besides_plain else []
        ways += [] if signs.is_plain else [_in_plain_signs(text, signs)]
        return pl.coalesce(
            [_whole(each, scale) if is_whole else _real(each, scale) for each in ways]
        )

    frame = frame.select("text", parsed(pl.col("text")).alias("number"))
    left = frame.filter(pl.col("text").is_not_null() & pl.col("number").is_null())["text"].unique()
    if left.is_empty():
        return frame["number"]
    plain = pl.col("text").str.replace_many(list(NARROW), list(NARROW.values())).str.strip_chars()
    other = left.to_frame("text").select("text", parsed(plain).alias("other"))
    joined = frame.join(other, on="text", how="left", maintain_order="left")
    return joined.select(pl.coalesce("number", "other").alias("number")).to_series()


def _in_plain_signs(text: pl.Expr, signs: Signs) -> pl.Expr:
    """Return numbers with a point and without thousands; null where the signs stand elsewhere."""
    parts = r"\d+"
    if signs.thousands:
        parted = f"[{_SPACES}]" if signs.thousands in _SPACES else re.escape(signs.thousands)
        parts = rf"\d{{1,3}}(?:{parted}\d{{3}})+|\d+"
    decimal = re.escape(signs.decimal)
    pattern = rf"^([+-]?)({parts})?(?:{decimal}(\d*))?([eE][+-]?\d+)?$"
    sign, whole, part, exponent = (
        text.str.extract(pattern, at).fill_null("") for at in range(1, 5)
    )
    digits = whole.str.replace_all(r"\D", "")
    has_part = text.str.contains(decimal)
    written = pl.concat_str(
        sign, digits, pl.when(has_part).then(pl.lit(".")).otherwise(pl.lit("")), part, exponent
    )
    return pl.when(text.str.contains(pattern) & text.str.contains(r"\d")).then(written)


def _real(text: pl.Expr, scale: float) -> pl.Expr:
    number = text.cast(pl.Float64, strict=False)
    return pl.when(number.is_finite()).then(number * scale)


def _whole(text: pl.Expr, scale: float) -> pl.Expr:
    if not float(scale).is_integer():
        return _if_whole(_real(text, scale))
    real = _real(text, 1.0)
    number = pl.coalesce(
        text.cast(pl.Int64, strict=False),
        text.str.extract(_WHOLE, 1).cast(pl.Int64, strict=False),
        _if_whole(pl.when(real.abs() < _EXACT).then(real)),
    )
    if scale == 1:
        return number
    return (number.cast(pl.Int128) * pl.lit(int(scale), pl.Int128)).cast(pl.Int64, strict=False)


def _if_whole(real: pl.Expr) -> pl.Expr:
    whole = real.cast(pl.Int64, strict=False)
    return pl.when(whole.cast(pl.Float64) == real).then(whole)
