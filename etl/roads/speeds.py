"""The speed on a way: as signed, else the city's speed for its class."""

import polars as pl

from geodata.city.travel import Travel

_KMH_PER_MPH = 1.609344
_SLOWEST_KMH, _FASTEST_KMH = 5.0, 150.0
# A number and its unit; of several ("50;30") the first. Words such as `none` or `BR:urban` are not
# speeds: the class decides.
_SIGN = r"^\s*(\d+(?:\.\d+)?)\s*(km/h|kmh|kph|mph)?\s*(?:[;,|].*)?$"


def add_speeds(tags: pl.DataFrame, travel: Travel) -> pl.DataFrame:
    """Add speed_kmh and is_speed_estimated to ways with highway and maxspeed."""
    number = pl.col("maxspeed").str.extract(_SIGN, 1).cast(pl.Float64)
    is_mph = pl.col("maxspeed").str.extract(_SIGN, 2) == "mph"
    signed = pl.when(is_mph).then(number * _KMH_PER_MPH).otherwise(number)
    plausible = signed.is_between(_SLOWEST_KMH, _FASTEST_KMH)
    of_class = pl.col("highway").replace_strict(
        travel.speeds_kmh, default=travel.other_kmh, return_dtype=pl.Float64
    )
    return tags.with_columns(
        speed_kmh=pl.when(plausible).then(signed).otherwise(of_class),
        is_speed_estimated=~plausible.fill_null(value=False),
    )
