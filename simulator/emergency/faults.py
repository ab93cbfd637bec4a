"""Plants realistic faults into a day's calls at declared rates.

Each fault draws its own random numbers, so that changing one rate does not move the others.
"""

from collections.abc import Callable, Mapping

import numpy as np
import polars as pl
from numpy.typing import NDArray

from simulator.config import Faults

Rows = NDArray[np.bool_]
Draw = Callable[[str], np.random.Generator]
CLOCKS = ("received", "answered", "notified", "enroute", "arrived", "cleared", "closed")
FAR_AWAY = (123.43, 41.80)  # another city: a misdirected call, or a wrong geocode


def _set(frame: pl.DataFrame, rows: Rows, **values: pl.Expr) -> pl.DataFrame:
    mask = pl.Series(rows)
    return frame.with_columns(
        pl.when(mask).then(value).otherwise(pl.col(name)).alias(name)
        for name, value in values.items()
    )


def _mark(frame: pl.DataFrame, rows: Rows, fault: str) -> pl.DataFrame:
    return _set(frame, rows, fault=pl.concat_str([pl.col("fault"), pl.lit(f"{fault};")]))


def _chosen(frame: pl.DataFrame, share: float, rng: np.random.Generator) -> Rows:
    return np.asarray(rng.random(frame.height) < share)


def _clock_faults(frame: pl.DataFrame, faults: Faults, draw: Draw) -> pl.DataFrame:
    """Keying faults: several clocks entered at once, an arrival before the start, none at all."""
    batch = _chosen(frame, faults.batch_keyed, draw("batch"))
    together = {name: pl.col("notified") for name in ("enroute", "arrived")}
    frame = _mark(_set(frame, batch, **together), batch, "batch_keyed")
    rng = draw("negative")
    negative = _chosen(frame, faults.negative_clock, rng) & ~batch
    early = pl.Series(np.round(rng.uniform(30, 600, frame.height)))
    frame = _set(frame, negative, arrived=pl.col("enroute") - early)
    frame = _mark(frame, negative, "negative_clock")
    missing = _chosen(frame, faults.missing_arrival, draw("missing")) & ~batch & ~negative
    frame = _set(frame, missing, arrived=pl.lit(None))
    frame = _mark(frame, missing, "missing_arrival")
    never = _chosen(frame, faults.never_closed, draw("never"))
    return _mark(_set(frame, never, closed=pl.lit(None)), never, "never_closed")


def _status_faults(frame: pl.DataFrame, faults: Faults, draw: Draw) -> pl.DataFrame:
    """Calls that are not incidents of this city: cancelled on the way, tests, mutual aid."""
    cancelled = _chosen(frame, faults.cancelled, draw("cancelled"))
    frame = _set(
        frame, cancelled, status=pl.lit("取消"), arrived=pl.lit(None), cleared=pl.lit(None)
    )
    frame = _mark(frame, cancelled, "cancelled")
    test = _chosen(frame, faults.test_call, draw("test")) & ~cancelled
    nothing = {name: pl.lit(None) for name in ("notified", "enroute", "arrived", "cleared")}
    frame = _mark(_set(frame, test, status=pl.lit("测试"), **nothing), test, "test_call")
    aid = _chosen(frame, faults.mutual_aid, draw("aid")) & ~cancelled & ~test
    return _mark(_set(frame, aid, is_mutual_aid=pl.lit(True)), aid, "mutual_aid")


def _place_faults(frame: pl.DataFrame, faults: Faults, draw: Draw) -> pl.DataFrame:
    """Coordinates blank, zero, swapped or of another city; at most one of them a row."""
    roll = draw("place").random(frame.height)
    planted: Mapping[str, tuple[float, tuple[pl.Expr, pl.Expr]]] = {
        "blank_coordinates": (faults.blank_coordinates, (pl.lit(None), pl.lit(None))),
        "zero_coordinates": (faults.zero_coordinates, (pl.lit(0.0), pl.lit(0.0))),
        "swapped_coordinates": (faults.swapped_coordinates, (pl.col("lat"), pl.col("lon"))),
        "outside_city": (faults.outside_city, (pl.lit(FAR_AWAY[0]), pl.lit(FAR_AWAY[1]))),
    }
    low = 0.0
    for fault, (share, (lon, lat)) in planted.items():
        rows = np.asarray((roll >= low) & (roll < low + share))
        frame = _mark(_set(frame, rows, lon=lon, lat=lat), rows, fault)
        low += share
    return frame


def plant_faults(frame: pl.DataFrame, faults: Faults, draw: Draw) -> pl.DataFrame:
    """Return the calls as they were keyed: columns `fault`, `status`, `is_mutual_aid` added.

    `draw(name)` gives the random stream of one fault. `fault` lists what was planted, each name
    followed by a semicolon; it never reaches a file.
    """
    frame = frame.with_columns(fault=pl.lit(""), status=pl.lit("有效"), is_mutual_aid=pl.lit(False))
    frame = _clock_faults(frame, faults, draw)
    frame = _status_faults(frame, faults, draw)
    frame = _place_faults(frame, faults, draw)
    blank = _chosen(frame, faults.blank_id, draw("id"))
    return _mark(_set(frame, blank, record_id=pl.lit("")), blank, "blank_id")
