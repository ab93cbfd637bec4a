"""The rules of scores and of the city's status, from `rules.yaml`; unknown keys are refused."""

from functools import cache
from pathlib import Path
from typing import Literal

from pydantic import Field, model_validator

from geodata.declared import Declared, read_declared
from layers.catalogue.registry import load_catalogue, resolve_component

_MONTHS = {"day": 0, "week": 0, "month": 1, "quarter": 3}
FILE = Path(__file__).with_name("rules.yaml")

ScoredPeriod = Literal["day", "week", "month", "quarter", "latest"]
Fact = Literal[
    "city_score",
    "worst_domain_score",
    "districts_off_target",
    "alerts_1",
    "alerts_2",
    "alerts_3",
    "stale_live_sources",
]


class Scored(Declared):
    """An indicator that counts for a domain's score.

    Raises:
        ValueError: there is no such indicator or component.
    """

    indicator: str
    component: str = "default"
    period: ScoredPeriod
    weight: float = Field(default=1.0, gt=0)

    @model_validator(mode="after")
    def _exists(self) -> "Scored":
        entry = load_catalogue().get(self.indicator)
        if entry is None:
            raise ValueError(f"no indicator is called {self.indicator!r}")
        component = resolve_component(entry, self.component)
        if entry.stock != (self.period == "latest"):
            raise ValueError(f"{self.indicator}: latest is the period of stocks and only of them")
        if self.period in _MONTHS and _MONTHS[self.period] < entry.grain_of(component).months:
            raise ValueError(f"{self.indicator}: kept by longer steps than {self.period}")
        return self


class Condition(Declared):
    """A condition for a level: a fact at, above or below a limit, and its text.

    The text may hold `{value}`, `{limit}` and, for the worst domain, `{domain}`.
    """

    fact: Fact
    at_least: float | None = None
    below: float | None = None
    reason_zh: str
    reason_en: str

    @model_validator(mode="after")
    def _one_limit(self) -> "Condition":
        if (self.at_least is None) == (self.below is None):
            raise ValueError(f"{self.fact}: give either at_least or below")
        return self

    @property
    def limit(self) -> float:
        """Return the limit, of whichever comparison."""
        limits = [each for each in (self.at_least, self.below) if each is not None]
        return limits[0]

    def holds(self, value: float) -> bool:
        """Return whether a value of the fact fulfils the condition."""
        return value < self.limit if self.at_least is None else value >= self.limit


class Level(Declared):
    """One of the five levels; it applies when any of its conditions holds."""

    level: int = Field(ge=1, le=5)
    name_zh: str
    name_en: str
    any_of: tuple[Condition, ...] = ()


class ScoreRules(Declared):
    """The rules of scores and of the city's status."""

    cap: float = Field(ge=1)
    watch_from: float = Field(gt=0, lt=1)
    known_share: float = Field(ge=0, le=1)
    domains: dict[str, tuple[Scored, ...]]
    levels: tuple[Level, ...]
    calm_zh: str  # the reason where no condition holds
    calm_en: str

    @model_validator(mode="after")
    def _levels_are_complete(self) -> "ScoreRules":
        if [level.level for level in self.levels] != [5, 4, 3, 2, 1]:
            raise ValueError("levels: the five levels, the worst first")
        if self.levels[-1].any_of:
            raise ValueError("levels: level 1 is what is left, it has no conditions")
        return self


@cache
def load_score_rules() -> ScoreRules:
    """Return the rules.

    Raises:
        DeclarationError: the file is wrong; names the key.
    """
    return read_declared(FILE, ScoreRules)
