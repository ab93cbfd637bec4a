"""The rules of scores and of the status, and what a city scores; unknown keys are refused.

How a value becomes a score is the program's, so that a score means the same in every city. What
is scored, and where a city has one of its own the rule of its status, its `scores.yaml` says.
"""

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Literal

from pydantic import Field, model_validator

from geodata.city.configuration import City, load_city
from geodata.declared import Declared, read_declared
from geodata.errors import DeclarationError, NotFoundError
from layers.catalogue.domains import load_domains
from layers.catalogue.registry import find_indicator, resolve_component
from layers.errors import QueryError

_MONTHS = {"day": 0, "week": 0, "month": 1, "quarter": 3}
FILE = Path(__file__).with_name("rules.yaml")
CITY_FILE = "scores.yaml"

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

    @property
    def names(self) -> tuple[str, str]:
        """Return its names, zh and en."""
        return self.name_zh, self.name_en


class StatusRules(Declared):
    """The five levels, the worst first, and the words where no condition holds.

    It is calm where all is known, else not known: `unscored` may hold `{domains}`.
    """

    levels: tuple[Level, ...]
    calm_zh: str
    calm_en: str
    unknown_zh: str = "未知"
    unknown_en: str = "not known"
    unscored_zh: str = "{domains}暂无可用得分"
    unscored_en: str = "no usable score for {domains}"
    nothing_zh: str = "没有任何得分"
    nothing_en: str = "nothing has a score"

    @model_validator(mode="after")
    def _levels_are_complete(self) -> "StatusRules":
        if [level.level for level in self.levels] != [5, 4, 3, 2, 1]:
            raise ValueError("levels: the five levels, the worst first")
        if self.levels[-1].any_of:
            raise ValueError("levels: level 1 is what is left, it has no conditions")
        return self


class ScoreRules(Declared):
    """The rules of scores and of the city's status."""

    cap: float = Field(ge=1)
    watch_from: float = Field(gt=0, lt=1)
    known_share: float = Field(ge=0, le=1)
    status: StatusRules


class CityScores(Declared):
    """What `scores.yaml` of a city says: what is scored, by domain, and its own status rule."""

    domains: dict[str, tuple[Scored, ...]] = Field(default_factory=dict)
    status: StatusRules | None = None


@cache
def load_score_rules() -> ScoreRules:
    """Return the program's rules.

    Raises:
        DeclarationError: the file is wrong; names the key.
    """
    return read_declared(FILE, ScoreRules)


def load_scored(city: City) -> Mapping[str, tuple[Scored, ...]]:
    """Return what is scored in a city, by domain; nothing where it declares nothing.

    Raises:
        DeclarationError: the file is wrong; names the key.
    """
    return _of_city(city.folder).domains


def load_status_rules(city: City) -> StatusRules:
    """Return the rule of a city's status: its own, else the program's."""
    return _of_city(city.folder).status or load_score_rules().status


@cache
def _of_city(folder: Path) -> CityScores:
    path = folder / CITY_FILE
    if not path.is_file():
        return CityScores()
    scores, city = read_declared(path, CityScores), load_city(str(folder))
    for domain, entries in scores.domains.items():
        if domain not in load_domains(city):
            raise DeclarationError(f"{path}: domains: the city has no domain {domain!r}")
        for scored in entries:
            check_scored(city, scored, f"{path}: domains.{domain}")
    return scores


def check_scored(city: City, scored: Scored, where: str) -> None:
    """Refuse what the catalogue does not have, or not for such a period.

    Raises:
        DeclarationError: begins with `where`.
    """
    try:
        entry = find_indicator(city, scored.indicator)
        component = resolve_component(entry, scored.component)
    except (NotFoundError, QueryError) as error:
        raise DeclarationError(f"{where}: {error}") from error
    if entry.stock != (scored.period == "latest"):
        raise DeclarationError(
            f"{where}: {entry.key}: latest is the period of stocks and only of them"
        )
    if scored.period in _MONTHS and _MONTHS[scored.period] < entry.grain_of(component).months:
        raise DeclarationError(f"{where}: {entry.key}: kept by longer steps than {scored.period}")
