"""The declarative measures a catalogue entry may use: which records, which value, counted how."""

import operator
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, model_validator

from geodata.declared import Declared
from geodata.tables.counted import CALLS, LEFT_OUT, REPEATS

Scalar = str | int | float | bool
Operator = Literal["eq", "ne", "in", "not_in", "lt", "le", "gt", "ge", "is_null", "not_null"]
# The operators that mean the same to every engine; lists and nulls have words of their own there.
COMPARISONS: Mapping[str, Callable[[Any, Any], Any]] = MappingProxyType(
    {
        "eq": operator.eq,
        "ne": operator.ne,
        "lt": operator.lt,
        "le": operator.le,
        "gt": operator.gt,
        "ge": operator.ge,
    }
)
RecordTable = Literal[
    "incident",
    "facility",
    "network_sample",
    "speed_tile",
    "population",
    "statistic",
    "gtfs_stop",
    "road_edge",
    "departure",
    "premise",
    "radio_prediction",
    "ed_visit",
    "health_record",
    "stop_event",
    "dispatch_trip",
    "link_time",
]


class Condition(Declared):
    """One test on one column of a record; the tests of a list must all hold."""

    column: str
    op: Operator = "eq"
    value: Scalar | list[Scalar] | None = None

    @model_validator(mode="after")
    def _value_fits(self) -> "Condition":
        wants_list = self.op in ("in", "not_in")
        wants_none = self.op in ("is_null", "not_null")
        if isinstance(self.value, list) != wants_list or (self.value is None) != wants_none:
            raise ValueError(f"{self.column}: the value does not fit the operator {self.op}")
        return self


def _spell_out(conditions: object) -> object:
    """Put the conditions of a rule in the place of its name."""
    if not isinstance(conditions, list | tuple):
        return conditions
    return [test for each in conditions for test in _conditions_of(each)]


def _conditions_of(condition: object) -> list[object]:
    if not isinstance(condition, str):
        return [condition]
    if condition not in LEFT_OUT:
        raise ValueError(f"unknown rule '{condition}'; known: {', '.join(LEFT_OUT)}")
    return [{"column": flag, "value": False} for flag in LEFT_OUT[condition]]


# Tests of columns, and names of the rules of which calls count (`geodata.tables.counted`).
Conditions = Annotated[tuple[Condition, ...], BeforeValidator(_spell_out)]


class _Records(Declared):
    """Which records count, when they happened and which component they belong to."""

    table: RecordTable
    time: str | None = None  # column; none: a snapshot, dated by the loads it came from
    where: Conditions = ()
    component: str | None = None  # column with the component's key; none: the default component
    into: str | None = None  # without such a column: the component that all records belong to
    # value of that column -> key, where they differ
    component_names: dict[str, str] = Field(default_factory=dict)
    one_per: tuple[str, ...] = ()  # keep one record (the lowest `order`) of each
    order: str = "load_id"  # with a minus before it the highest
    estimated: bool = False

    @property
    def is_of_events(self) -> bool:
        """Whether it counts events, each once however many records tell of it."""
        is_left_out = Condition(column=REPEATS, value=False)
        return self.table == CALLS and is_left_out in self.where

    @property
    def columns(self) -> frozenset[str]:
        """The columns that it names, wherever it does."""
        conditions = ("where", "success", "numerator", "denominator")
        tested = {test.column for name in conditions for test in getattr(self, name, ())}
        singles = ("time", "component", "observed", "field", "weight", "start", "end")
        named = {getattr(self, name, None) for name in singles} - {None}
        keys = (*self.one_per, *getattr(self, "pair_by", ()))
        return frozenset({*tested, *named, *keys, self.order.removeprefix("-")})


class CountMeasure(_Records):
    """Number of records; a null in `observed` counts as missing."""

    kind: Literal["count"]
    observed: str | None = None  # for example the number that distinguishes counted things


class FieldMeasure(_Records):
    """A number in the record: its sum (A, S, R), weighted mean (W) or quantile (Q)."""

    kind: Literal["field"]
    field: str
    factor: float = 1.0
    weight: str | None = None  # class W; none: every record weighs 1


class IntervalMeasure(_Records):
    """Seconds from one clock to another; negative or longer than `max_s` counts as missing."""

    kind: Literal["interval"]
    start: str
    end: str
    max_s: float = 7200.0
    # class R: component (or kind of channel) -> limit; others are left out
    limits_s: dict[str, float] = Field(default_factory=dict)


class ShareMeasure(_Records):
    """Share of the records that also pass `success`; a null in `observed` counts as missing."""

    kind: Literal["share"]
    success: tuple[Condition, ...]
    observed: str | None = None


class RatioMeasure(_Records):
    """Sum of one kind of rows over the sum of another, paired by `pair_by`.

    A pair without its denominator counts as missing: its numerator is not used either.
    """

    kind: Literal["ratio"]
    field: str
    numerator: tuple[Condition, ...]
    denominator: tuple[Condition, ...]
    pair_by: tuple[str, ...]


class FunctionMeasure(Declared):
    """A function that returns a state frame (`layers.states.state`), for what needs geometry.

    `window` says which states a changed record of `table` reaches: `whole`, all of them, so that
    the measure is always computed whole; `step`, those of the step that `time` lies in; `onward`,
    those from that step on. A changed record of a table in `also` reaches all of them.
    """

    kind: Literal["function"]
    function: str = Field(pattern=r"^layers\.measures\.\w+:\w+$")
    table: RecordTable  # whose loads and coverage the states rest on
    also: tuple[RecordTable, ...] = ()  # further tables read
    where: Conditions = ()  # which loads of `table` count as sources
    component: str | None = None  # column of `table` with the component's key
    window: Literal["whole", "step", "onward"] = "whole"
    time: str | None = None  # column of `table` that dates a record; for `step` and `onward`
    parameters: dict[str, Any] = Field(default_factory=dict)

    @property
    def is_of_events(self) -> bool:
        """Whether it counts events, each once however many records tell of it."""
        return self.table == CALLS

    @model_validator(mode="after")
    def _is_dated(self) -> "FunctionMeasure":
        if (self.window != "whole") != (self.time is not None):
            raise ValueError("a window needs the time column, and only a window needs it")
        return self


DeclarativeMeasure = CountMeasure | FieldMeasure | IntervalMeasure | ShareMeasure | RatioMeasure
Measure = Annotated[DeclarativeMeasure | FunctionMeasure, Field(discriminator="kind")]
