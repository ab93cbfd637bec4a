"""B9: schools whose connection is fast enough for their number of pupils."""

from dataclasses import dataclass
from datetime import UTC, datetime

import polars as pl

from geodata.queries.broadband import read_schools
from layers.build.measure_request import MeasureRequest
from layers.catalogue.indicator import TOTAL
from layers.states.merge_frames import merge_states
from layers.states.state import KEYS, complete_states


@dataclass(frozen=True)
class SchoolRule:
    """The speed a school needs: a minimum, and a share a pupil where there are many."""

    least_mbps: float
    kbps_per_student: float
    many_students: int


def connected_states(request: MeasureRequest) -> pl.DataFrame:
    """Return schools connected well enough over schools of which that is known."""
    rule = SchoolRule(**request.measure.parameters)
    return compute_connected(read_schools(request.connection), rule, request.snapshot_at)


def compute_connected(schools: pl.DataFrame, rule: SchoolRule, starts_at: datetime) -> pl.DataFrame:
    """Return the states (R) of schools with cell, district_id, students and mbps.

    A school without a speed, or with one but without its number of pupils, is unknown: missing.
    """
    students, mbps = pl.col("students"), pl.col("mbps")
    needed = (
        pl.when(students > rule.many_students)
        .then(students * rule.kbps_per_student / 1000)
        .otherwise(rule.least_mbps)
    )
    known = mbps.is_not_null() & students.is_not_null()
    states = schools.select(
        "cell",
        "district_id",
        component=pl.lit(TOTAL),
        starts_at=pl.lit(starts_at.astimezone(UTC)),
        n=known.cast(pl.Int64),
        n_missing=(~known).cast(pl.Int64),
        num=(known & (mbps >= needed)).fill_null(value=False).cast(pl.Float64),
        den=known.cast(pl.Float64),
    )
    return complete_states(merge_states(states, KEYS))
