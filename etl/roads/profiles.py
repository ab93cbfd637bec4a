"""Who may use a road: the two profiles, drive and walk, as expressions over a way's tags.

Classes and exclusions are those that osmnx publishes for its `drive` and `walk` networks, with two
exceptions: service roads are drivable unless they are private, because houses lie on them; and a
motorway is one-way unless tagged otherwise, as the tagging rules have it.
"""

import polars as pl

_DRIVEN = (
    "motorway", "motorway_link", "trunk", "trunk_link", "primary", "primary_link", "secondary",
    "secondary_link", "tertiary", "tertiary_link", "unclassified", "residential", "living_street",
    "service", "road",
)  # fmt: skip
_NOT_WALKED = (
    "motorway", "motorway_link", "motor", "abandoned", "bus_guideway", "construction", "corridor",
    "elevator", "escalator", "no", "planned", "platform", "proposed", "raceway", "razed",
    "rest_area", "services",
)  # fmt: skip
_NOT_DRIVEN_SERVICE = ("alley", "driveway", "emergency_access", "parking", "parking_aisle")
_YES, _REVERSE = ("yes", "true", "1"), ("-1", "reverse")
_CIRCLES = ("roundabout", "circular")


def _is(name: str, *values: str) -> pl.Expr:
    return pl.col(name).is_in(values).fill_null(value=False)


_open = ~_is("area", "yes") & ~_is("access", "private", "no")
_may_drive = (
    _open
    & _is("highway", *_DRIVEN)
    & ~_is("motor_vehicle", "no", "private")
    & ~_is("motorcar", "no")
    & ~_is("service", "private", *_NOT_DRIVEN_SERVICE)
)
_may_walk = (
    (_open | (~_is("area", "yes") & _is("foot", "yes", "designated", "permissive")))
    & ~_is("highway", *_NOT_WALKED)
    & ~_is("foot", "no", "private")
    & ~_is("service", "private")
)
_one_way = _is("oneway", *_YES, *_REVERSE) | (
    pl.col("oneway").is_null() & (_is("junction", *_CIRCLES) | _is("highway", "motorway"))
)


def add_profiles(tags: pl.DataFrame) -> pl.DataFrame:
    """Add is_drivable (along the way), is_drivable_back (against it) and is_walkable."""
    reverse = _is("oneway", *_REVERSE)
    return tags.with_columns(
        is_drivable=_may_drive & ~reverse,
        is_drivable_back=_may_drive & (~_one_way | reverse),
        is_walkable=_may_walk,
    )
