"""The declarative measures a catalogue entry may use: which records, which value, counted how."""

import operator
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Annotated, Any, Literal

from pydantic import Field, model_validator

from geodata.declared import Declared

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


class _Records(Declared):
    """Which records count, when they happened and which component they belong to."""

    table: RecordTable
    time: str | None = None  # column; none: a snapshot, dated by the loads it came from
    where: tuple[Condition, ...] = ()
    component: str | None = None  # column with the component's key; none: the default component
    into: str | None = None  # without such a column: the component that all records belong to
    component_names: dict[str, str] = Field(
        default_factory=dict
    )  # value of that column -> key, where they differ
    one_per: tuple[str, ...] = ()  # keep one record (the lowest `order`) of each
    order: str = "load_id"  # with a minus before it the highest
    one_source_per: tuple[str, ...] = ()  # of several sources, the one loaded last counts for each
    estimated: bool = False


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
    limits_s: dict[str, float] = Field(
        default_factory=dict
    )  # class R: component -> limit; others are left out


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
    where: tuple[Condition, ...] = ()  # which loads of `table` count as sources
    component: str | None = None  # column of `table` with the component's key
    window: Literal["whole", "step", "onward"] = "whole"
    time: str | None = None  # column of `table` that dates a record; for `step` and `onward`
    parameters: dict[str, Any] = Field(default_factory=dict)

    @model_validator(mode="after")
    def _is_dated(self) -> "FunctionMeasure":
        if (self.window != "whole") != (self.time is not None):
            raise ValueError("a window needs the time column, and only a window needs it")
        return self


DeclarativeMeasure = CountMeasure | FieldMeasure | IntervalMeasure | ShareMeasure | RatioMeasure
Measure = Annotated[DeclarativeMeasure | FunctionMeasure, Field(discriminator="kind")]
