"""Declarative measures as Ibis expressions: records in, states out, on any engine.

The session of the engine must be set to the city's time zone: steps begin at local midnight.
"""

import operator
from collections.abc import Callable, Sequence
from datetime import datetime
from functools import reduce
from typing import Any

import ibis

from geodata.space.grid import NO_CELL
from geodata.tables import NOT_OF_CITY
from layers.catalogue.indicator import TOTAL, Indicator, StateClass
from layers.catalogue.measure import (
    COMPARISONS,
    Condition,
    CountMeasure,
    DeclarativeMeasure,
    FieldMeasure,
    IntervalMeasure,
    RatioMeasure,
    ShareMeasure,
)
from layers.catalogue.record_tables import record_table
from layers.states.histogram import count_bins
from layers.states.state import STATE_SCHEMA

_STEP_UNITS = {"day": "D", "month": "M", "quarter": "Q", "year": "Y"}
_COMPARE: dict[str, Callable[[Any, Any], Any]] = {
    **COMPARISONS,
    "in": lambda column, values: column.isin(values),
    "not_in": lambda column, values: column.notin(values),
    "is_null": lambda column, _: column.isnull(),
    "not_null": lambda column, _: column.notnull(),
}
_NULL = ibis.null("float64")
_KEYS = ["component", "starts_at", "cell", "district_id"]


def state_expression(
    indicator: Indicator,
    measure: DeclarativeMeasure,
    snapshot_at: datetime,
    table: ibis.Table | None = None,
) -> ibis.Table:
    """Return the states of a measure, with the columns of `STATE_SCHEMA` in order.

    `snapshot_at` dates the records of a measure without a time column. `table` may stand for the
    measure's record table: some of its rows, of whole steps.
    """
    table = record_table(measure.table) if table is None else table
    records = _keyed(table.filter(table.retired_by.isnull()), indicator, measure, snapshot_at)
    records = _one_of_each(records, measure)
    observed = _observe(records, measure)
    if isinstance(measure, FieldMeasure | RatioMeasure):
        # the sum of fractions depends on their order: a fixed one gives the same sum every time
        observed = observed.order_by([*_KEYS, "x", "w"])
    if indicator.histogram:
        states = count_bins(observed, _KEYS, indicator.histogram)
    else:
        states = observed.group_by(_KEYS).aggregate(**_sums(observed, indicator, measure))
    states = states.mutate(is_estimated=ibis.literal(measure.estimated))
    blank = {n: ibis.null(_ibis_type(n)) for n in STATE_SCHEMA if n not in states.columns}
    return states.mutate(**blank).select(*STATE_SCHEMA)


def _ibis_type(name: str) -> str:
    arrays = {"vals": "array<float64>", "ids": "array<int64>", "hist": "array<int32>"}
    return arrays.get(name, "float64")


def matches(table: ibis.Table, conditions: Sequence[Condition]) -> ibis.Value:
    """Return the conditions, all of which must hold, as one boolean expression."""
    tests = [_COMPARE[test.op](table[test.column], _plain(test.value)) for test in conditions]
    return reduce(operator.and_, tests, ibis.literal(True))


def _plain(value: object) -> object:
    return list(value) if isinstance(value, list | tuple) else value


def _keyed(
    table: ibis.Table,
    indicator: Indicator,
    measure: DeclarativeMeasure,
    snapshot_at: datetime,
) -> ibis.Table:
    """Return the records that the measure counts, with the four key columns of a state."""
    table = table.filter(matches(table, measure.where))
    cell = table.cell.coalesce(NO_CELL) if "cell" in table.columns else ibis.literal(NO_CELL)
    keyed = table.mutate(
        component=_component(table, indicator, measure),
        starts_at=_starts_at(table, indicator, measure, snapshot_at),
        cell=cell.cast("int64"),
    )
    return keyed.filter(keyed.component.isin(list(indicator.component_keys)))


def _component(table: ibis.Table, indicator: Indicator, measure: DeclarativeMeasure) -> ibis.Value:
    if measure.component is None:
        only = indicator.component_keys[0] if len(indicator.component_keys) == 1 else TOTAL
        return ibis.literal(measure.into or only)
    column = table[measure.component].cast("string")
    if measure.component_names:
        return column.substitute(measure.component_names)
    return column


def _starts_at(
    table: ibis.Table,
    indicator: Indicator,
    measure: DeclarativeMeasure,
    snapshot_at: datetime,
) -> ibis.Value:
    """Return the local midnight at which the record's step begins, as an instant."""
    if measure.time is None:
        return ibis.literal(snapshot_at, type="timestamp('UTC')")
    column = table[measure.time]
    if column.type().is_date():
        column = column.cast("timestamp('UTC')")
    return column.truncate(_STEP_UNITS[indicator.grain])


def _one_of_each(records: ibis.Table, measure: DeclarativeMeasure) -> ibis.Table:
    if not measure.one_per:
        return records
    column = records[measure.order.removeprefix("-")]
    order = column.desc(nulls_first=False) if measure.order.startswith("-") else column
    # of a thing given in and beyond the city, the row in the city stands for it
    ties = [records.load_id, records.district_id.isin(NOT_OF_CITY), records.district_id]
    window = ibis.window(group_by=["component", *measure.one_per], order_by=[order, *ties])
    ranked = records.mutate(place_in_group=ibis.row_number().over(window))
    kept = ranked.place_in_group == 0
    if isinstance(measure, CountMeasure) and measure.observed:
        # rows without the key cannot be compared: each counts by itself
        kept |= ranked[measure.observed].isnull()
    return ranked.filter(kept)


def _observe(records: ibis.Table, measure: DeclarativeMeasure) -> ibis.Table:
    """Add `x`, the observation (null: missing), and `w`, its weight."""
    one = ibis.literal(1.0)
    match measure:
        case CountMeasure():
            seen = records[measure.observed].notnull() if measure.observed else ibis.literal(True)
            return records.mutate(x=ibis.ifelse(seen, one, _NULL), w=one)
        case FieldMeasure():
            weight = records[measure.weight].cast("float64") if measure.weight else one
            return records.mutate(
                x=records[measure.field].cast("float64") * measure.factor, w=weight
            )
        case IntervalMeasure():
            return _observe_interval(records, measure)
        case ShareMeasure():
            success = ibis.ifelse(matches(records, measure.success), 1.0, 0.0)
            seen = records[measure.observed].notnull() if measure.observed else ibis.literal(True)
            return records.mutate(x=ibis.ifelse(seen, success, _NULL), w=one)
        case RatioMeasure():
            return _observe_ratio(records, measure)


def _observe_interval(records: ibis.Table, measure: IntervalMeasure) -> ibis.Table:
    seconds = records[measure.end].epoch_seconds() - records[measure.start].epoch_seconds()
    seconds = seconds.cast("float64")
    inside = (seconds >= 0) & (seconds <= measure.max_s)
    observed = records.mutate(x=ibis.ifelse(inside, seconds, _NULL), w=ibis.literal(1.0))
    if not measure.limits_s:
        return observed
    limited = observed.filter(observed.component.isin(list(measure.limits_s)))
    within = reduce(
        operator.or_,
        [(limited.component == key) & (limited.x <= s) for key, s in measure.limits_s.items()],
    )
    share = ibis.ifelse(within, 1.0, 0.0)
    return limited.mutate(x=ibis.ifelse(limited.x.notnull(), share, _NULL))


def _observe_ratio(records: ibis.Table, measure: RatioMeasure) -> ibis.Table:
    """Return one row a pair: `x` above the line, `w` below; null and 0 without a denominator."""
    value = records[measure.field].cast("float64")
    rows = records.mutate(
        above=ibis.ifelse(matches(records, measure.numerator), value, _NULL),
        below=ibis.ifelse(matches(records, measure.denominator), value, _NULL),
    )
    ordered = rows.order_by([*_KEYS, *measure.pair_by, "above", "below"])  # as for the states
    pairs = ordered.group_by([*_KEYS, *measure.pair_by]).aggregate(
        above=ordered.above.sum(), below=ordered.below.sum()
    )
    complete = pairs.above.notnull() & pairs.below.notnull()
    without = ibis.ifelse(pairs.below.isnull(), 0.0, _NULL)  # so that it reads as no denominator
    return pairs.mutate(
        x=ibis.ifelse(complete, pairs.above, _NULL), w=ibis.ifelse(complete, pairs.below, without)
    )


def _sums(
    rows: ibis.Table, indicator: Indicator, measure: DeclarativeMeasure
) -> dict[str, ibis.Value]:
    """Return the aggregates that the indicator's class needs."""
    x, w = rows.x, rows.w
    counts = {"n": x.count(), "n_missing": rows.count() - x.count()}
    if isinstance(measure, RatioMeasure):
        return {**counts, "num": x.sum(), "den": w.sum()}
    match indicator.state_class:
        case StateClass.QUANTILE:
            return {**counts, "vals": x.collect(order_by=x)}
        case StateClass.WEIGHTED:
            weighted = {"sum_w": ibis.ifelse(x.notnull(), w, _NULL).sum(), "sum_wx": (w * x).sum()}
            raw = (
                {}
                if getattr(measure, "weight", None)
                else {"sum_x": x.sum(), "sum_x2": (x * x).sum()}
            )
            return {**counts, **weighted, **raw}
        case StateClass.RATIO if indicator.denominator is None:
            return {**counts, "num": x.sum(), "den": x.count().cast("float64")}
        case _:
            return {**counts, "num": x.sum()}
