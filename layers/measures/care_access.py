"""H3: doctors per 1,000 residents in reach by car (E2SFCA)."""

import logging
from collections.abc import Mapping
from typing import Any, cast

import numpy as np
import polars as pl

from geodata.queries.care import read_doctors
from geodata.queries.residents import read_residents
from geodata.space.grid import parent_expr
from layers.access.catchment import Floats, e2sfca, gaussian
from layers.access.city_network import in_metres, read_drive_network
from layers.access.gathering import STREET_RES, gather_states
from layers.access.routing import cost_matrix
from layers.build.measure_request import MeasureRequest
from layers.states.state import STATE_SCHEMA

_logger = logging.getLogger(__name__)


def doctor_states(request: MeasureRequest) -> pl.DataFrame:
    """Return access to doctors weighted by residents (class W), a component a level of care.

    `parameters.components` gives each its `limit_min` and, if it takes only some, its `grades`.
    Without roads there are no states: straight lines say nothing about who shares a doctor.
    """
    connection, city, parameters = request.connection, request.city, request.measure.parameters
    network = read_drive_network(connection, city, parameters["time_of_day"])
    doctors = read_doctors(connection)
    people = street_points(read_residents(connection))
    if network is None or doctors.is_empty() or people.is_empty():
        return pl.DataFrame(schema=STATE_SCHEMA)
    components = cast("Mapping[str, Mapping[str, Any]]", parameters["components"])
    limit = max(float(rules["limit_min"]) for rules in components.values())
    homes = network.snap(in_metres(city, people))
    minutes = cost_matrix(network, homes, network.snap(in_metres(city, doctors)), limit)
    frames = [
        _component(people, homes.is_joined, doctors, minutes, name, rules)
        for name, rules in components.items()
    ]
    return gather_states(pl.concat(frames), request.snapshot_at)


def street_points(people: pl.DataFrame) -> pl.DataFrame:
    """Return residents gathered by street-level hexagon and district, at the hexagon's centre.

    Columns: cell (one of theirs), district_id, residents, lon, lat (null without a place).
    """
    weight = pl.col("residents")
    placed = pl.col("lon").is_not_null()
    middle = [
        (pl.col(name) * weight).sum() / weight.filter(placed).sum() for name in ("lon", "lat")
    ]
    grouped = people.group_by(parent_expr("cell", STREET_RES).alias("hexagon"), "district_id")
    return (
        grouped.agg(
            *(value.alias(name) for value, name in zip(middle, ("lon", "lat"), strict=True)),
            pl.col("cell").min(),
            weight.sum(),
        )
        .with_columns(pl.col("lon", "lat").fill_nan(None))
        .sort("cell", "district_id")
        .select("cell", "district_id", "residents", "lon", "lat")
    )


def _component(
    people: pl.DataFrame,
    is_joined: np.ndarray[tuple[int, ...], np.dtype[np.bool_]],
    doctors: pl.DataFrame,
    minutes: Floats,
    name: str,
    rules: Mapping[str, Any],
) -> pl.DataFrame:
    """Return one component's rows; residents off the network are missing, not without doctors."""
    grades = rules.get("grades")
    taken = doctors["grade"].is_in(grades).fill_null(value=False) if grades else None
    chosen = np.arange(len(doctors)) if taken is None else np.flatnonzero(taken.to_numpy())
    found = e2sfca(
        np.where(is_joined, people["residents"].to_numpy(), 0.0),
        doctors["doctors"].to_numpy()[chosen],
        minutes[:, chosen],
        gaussian(float(rules["limit_min"])),
    )
    if len(found.undefined):
        nobody = doctors["facility_id"].gather(chosen[found.undefined]).to_list()
        _logger.warning("%s: nobody in reach of %s", name, ", ".join(nobody))
    known = pl.Series(is_joined)
    residents = pl.col("residents")
    return people.select(
        "cell",
        "district_id",
        component=pl.lit(name),
        n=known.cast(pl.Int64),
        n_missing=(~known).cast(pl.Int64),
        sum_w=pl.when(known).then(residents),
        sum_wx=pl.when(known).then(residents * pl.Series(found.access)),
    )
