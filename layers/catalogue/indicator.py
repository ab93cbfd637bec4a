"""The model of a catalogue entry: names, state class, measures, geometry, limits, presentation."""

from datetime import timedelta
from enum import StrEnum
from typing import Literal

from pydantic import Field, model_validator

from geodata.city.channels import ChannelKind
from geodata.declared import Declared
from layers.catalogue.formula import FORMULAS
from layers.catalogue.measure import Measure
from layers.catalogue.palettes import PaletteName, load_palettes
from layers.period import Grain

ALL = "all"  # the merge of every component, where `component_rollup` is `sum`
DEFAULT = "default"
AREA = "area_km2"
HOURS = "period_h"
PLAIN_DENOMINATORS = (AREA, HOURS)  # what may be below the line besides an indicator
TOTAL = "total"  # the key of the only component of an indicator that has no others

Geometry = Literal["cell", "district", "city"]
IntervalKind = Literal["wilson", "poisson", "ranks", "mean", "none"]


class StateClass(StrEnum):
    """How states merge and how a value is read from them."""

    ADDITIVE = "A"
    RATIO = "R"
    WEIGHTED = "W"
    QUANTILE = "Q"
    DISTINCT = "U"
    STOCK = "S"
    GEOMETRY = "N"


class Component(Declared):
    """One part of an indicator that can be asked for alone."""

    label_zh: str
    label_en: str
    grain: Grain | None = None  # where it differs from the indicator's
    hours: float | None = Field(default=None, gt=0)  # class U: hours of the window in a step


class ComponentsFrom(Declared):
    """Components that each city has its own of: its channels, all or those of some kinds."""

    channels: Literal["all"] | tuple[ChannelKind, ...]


class LowNumber(Declared):
    """When a status is `low_n`: one of the merged quantities is below a limit."""

    quantity: Literal["n", "num", "den", "sum_w"]
    below: float
    missing_share_above: float | None = None


class Code(Declared):
    """The indicator's code in a published set of indicators; only where that text gives one."""

    scheme: str  # for example SDG, ISO 37120, U4SSC
    code: str
    title: str = ""


class Histogram(Declared):
    """Fixed bins of equal ratio from `low` to `high`, in the measure's unit (class Q).

    Values outside count in the first or last bin. States then hold counts a bin instead of the
    values themselves: worth it from about a hundred values a state.
    """

    low: float = Field(gt=0)
    high: float
    bins: int = Field(ge=2, le=400)

    @model_validator(mode="after")
    def _ascends(self) -> "Histogram":
        if self.high <= self.low:
            raise ValueError("histogram: high must exceed low")
        return self


class Indicator(Declared):
    """A catalogue entry: everything needed to build, read, explain and draw an indicator."""

    key: str = Field(pattern=r"^[a-z][a-z0-9_]*$")
    code: str = Field(description="code in the methods brief, for example E6; empty for context")
    domain: str  # a key of the city's domains.yaml
    position: int = 100  # order within the domain
    label_zh: str
    label_en: str
    unit_zh: str
    unit_en: str
    decimals: int = Field(default=1, ge=0, le=4)
    direction: Literal["up", "down", "none"]
    state_class: StateClass = Field(alias="class")
    quantile: float | None = Field(default=None, gt=0, lt=1)
    histogram: Histogram | None = None  # class Q: keep counts a bin instead of every value
    value: str | None = None  # a name in `layers.catalogue.formula`
    drawn: bool = False  # states are kept for the cells of every resolution drawn, each apart
    scale: float = 1.0
    definition_zh: str
    definition_en: str
    formula: str
    standard: str = ""  # where the definition comes from
    standard_status: Literal["A", "B", "C", ""] = ""
    codes: tuple[Code, ...] = ()
    doubtful_above: float | None = None  # possible, but then the denominator is in doubt
    doubtful_zh: str = ""
    doubtful_en: str = ""
    grain: Grain
    step: Grain = Grain.MONTH  # the step of the time slider and of the classes
    stock: bool = False  # valid until the next state, instead of happening in its step
    vintages: bool = False  # stock: each district's own counts, interpolated between two of them
    components: dict[str, Component] = Field(default_factory=dict)
    components_from: ComponentsFrom | None = None  # in place of a list of them
    default_component: str = TOTAL
    component_rollup: Literal["sum", "separate"] = "separate"
    geometry: tuple[Geometry, ...] = ("cell", "district", "city")
    denominator: str | None = None  # key of another indicator, `area_km2` or `period_h`
    denominator_floor: float = 0.0  # below it the status is na_denominator
    interval: IntervalKind = "none"
    low_n: LowNumber | None = None
    default_res: int = Field(default=8, ge=5, le=10)
    max_res: int = Field(default=9, ge=5, le=10)
    classification: Literal["quantiles", "fisher", "equal", "rounded", "diverging"] = "quantiles"
    classes: int = Field(default=6, ge=2, le=7)
    breaks: tuple[float, ...] = Field(
        default=(), max_length=6, description="fixed breaks between the classes, ascending"
    )
    palette: PaletteName = "viridis"
    kiosk: Literal["public", "district", "hidden"] = "public"
    estimated_zh: str = ""
    estimated_en: str = ""
    expected_interval: timedelta | None = None  # stale after three of them; ISO 8601
    stale_with: Literal["newest", "oldest"] = "newest"  # record, or the first timetable to end
    measures: tuple[Measure, ...] = Field(min_length=1)

    @model_validator(mode="after")
    def _is_consistent(self) -> "Indicator":
        """Refuse entries whose parts contradict each other."""
        if (self.state_class is StateClass.QUANTILE) != (self.quantile is not None):
            raise ValueError(f"{self.key}: class Q and only class Q has a quantile")
        if self.histogram is not None and self.state_class is not StateClass.QUANTILE:
            raise ValueError(f"{self.key}: only class Q has a histogram")
        if self.state_class is StateClass.STOCK and not self.stock:
            raise ValueError(f"{self.key}: class S is a stock")
        if self.vintages and self.state_class is not StateClass.STOCK:
            raise ValueError(f"{self.key}: only class S has vintages")
        if self.value is not None and self.value not in FORMULAS:
            raise ValueError(f"{self.key}: value: there is no formula {self.value!r}")
        known = {*self.component_keys, *([ALL] if self.component_rollup == "sum" else [])}
        if self.default_component not in known:
            raise ValueError(f"{self.key}: {self.default_component} is not one of its components")
        if ALL in self.components or DEFAULT in self.components:
            raise ValueError(f"{self.key}: a component cannot be called all or default")
        return self

    @model_validator(mode="after")
    def _has_fitting_colours(self) -> "Indicator":
        is_sequential = load_palettes()[self.palette].kind == "sequential"
        if self.classification == "diverging" and is_sequential:
            raise ValueError(f"{self.key}: classes around a target need a diverging palette")
        return self

    @model_validator(mode="after")
    def _has_breaks_of_three_classes(self) -> "Indicator":
        if self.breaks and (len(self.breaks) < 2 or list(self.breaks) != sorted(set(self.breaks))):
            raise ValueError(f"{self.key}: breaks: two at least, ascending")
        return self

    @model_validator(mode="after")
    def _has_components_that_merge(self) -> "Indicator":
        """Refuse components of a city that no city could be asked for as a whole."""
        merges = self.component_rollup == "sum" and self.default_component == ALL
        if self.components_from and not merges:
            raise ValueError(f"{self.key}: components of a city are merged by default")
        return self

    @property
    def component_keys(self) -> tuple[str, ...]:
        """Return the keys states are kept under."""
        return tuple(self.components) or (TOTAL,)

    @property
    def stock_below(self) -> str | None:
        """Return the key of the indicator that this one is divided by, if by one."""
        return None if self.denominator in PLAIN_DENOMINATORS else self.denominator

    @property
    def tables(self) -> tuple[str, ...]:
        """Return the record tables that the measures read; the first decides on coverage."""
        names = [name for m in self.measures for name in (m.table, *getattr(m, "also", ()))]
        return tuple(dict.fromkeys(names))

    def is_doubtful(self, value: float | None) -> bool:
        """Return whether a value is so high that its denominator is in doubt."""
        limit = self.doubtful_above
        return limit is not None and value is not None and value > limit

    def grain_of(self, component: str) -> Grain:
        """Return the step the states of a component are kept by."""
        declared = self.components.get(component)
        return (declared.grain if declared else None) or self.grain
