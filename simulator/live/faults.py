"""Faults in the delivery of live messages: each by its own draw, at a declared rate."""

from collections.abc import Collection
from datetime import date
from typing import Literal, get_args

import numpy as np
import polars as pl

from simulator.emergency.faults import CLOCKS
from simulator.ground.world import World

Fault = Literal["late", "repeated", "disorder", "missing", "skew", "dead"]
FAULTS: tuple[Fault, ...] = get_args(Fault)

SKEWED, SKEW_S = "120", 240  # a system whose clock runs ahead
DEAD = "119"  # a system whose line is down: its messages arrive afterwards
DEAD_FROM_S, DEAD_TO_S = 10 * 3600, 11.5 * 3600


# By fault: the share of delayed messages, and the delay in seconds.
_DELAYS: dict[Fault, tuple[float, float, float]] = {
    "late": (0.01, 600, 5400),
    "disorder": (0.03, 60, 600),
}


def plant_live_faults(
    world: World, messages: pl.DataFrame, system: str, on: date, faults: Collection[Fault]
) -> pl.DataFrame:
    """Return the messages of a system as they arrive; `at` is when, in seconds of the day."""

    def draw(name: str, share: float, low_s: float = 0, high_s: float = 1) -> pl.DataFrame:
        rng = world.rng("live faults", name, system, on.toordinal())
        chosen = rng.random(messages.height) < share
        wait = np.round(rng.uniform(low_s, high_s, messages.height))
        return pl.DataFrame({"chosen": chosen, "wait": wait * chosen})

    if "skew" in faults and system == SKEWED:
        messages = messages.with_columns(pl.col(clock) + SKEW_S for clock in CLOCKS)
    for name in [each for each in _DELAYS if each in faults]:
        messages = messages.with_columns(at=pl.col("at") + draw(name, *_DELAYS[name])["wait"])
    if "dead" in faults and system == DEAD:
        down = pl.col("at").is_between(DEAD_FROM_S, DEAD_TO_S)
        messages = messages.with_columns(at=pl.when(down).then(DEAD_TO_S).otherwise("at"))
    again = draw("repeated", 0.02 * ("repeated" in faults), 5, 60)
    lost = draw("missing", 0.005 * ("missing" in faults))
    repeated = messages.with_columns(at=pl.col("at") + again["wait"]).filter(again["chosen"])
    return pl.concat([messages.filter(~lost["chosen"]), repeated])
