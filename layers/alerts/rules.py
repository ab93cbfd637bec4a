"""The alert rules of a city, read from its `alerts.yaml`; unknown keys are refused."""

from datetime import timedelta
from functools import cache
from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field, model_validator

from geodata.city.configuration import City, load_city
from geodata.declared import Declared, read_declared
from geodata.errors import DeclarationError, NotFoundError
from layers.catalogue.registry import find_indicator, resolve_component
from layers.errors import QueryError
from layers.score.rules import Scored, ScoredPeriod, check_scored

FILE = "alerts.yaml"
COUNTED = "incident_count"  # whose hours are judged for abnormal load


class _Rule(Declared):
    """The fields of every rule: its key, how long its condition must hold, and its texts.

    The texts may hold `{subject}`, `{name}`, `{value}` and `{limit}`.
    """

    key: str = Field(pattern=r"^[a-z][a-z0-9_]*$")
    pending: timedelta = timedelta(0)  # the condition holds this long before the alert is raised
    recovery: timedelta = timedelta(0)  # and is gone this long before it counts as recovered
    text_zh: str
    text_en: str


class Step(Declared):
    """A severity and the score or age from which it applies."""

    severity: Literal[1, 2, 3]
    limit: float


class TargetRule(_Rule):
    """An indicator's score against its target (1.00 on target) below a limit."""

    kind: Literal["target"]
    indicator: str
    component: str = "default"
    period: ScoredPeriod
    by: Literal["city", "district"] = "city"
    below: tuple[Step, ...] = Field(min_length=1)
    clear_from: float  # hysteresis: over only from this score

    @model_validator(mode="after")
    def _is_consistent(self) -> "TargetRule":
        if any(step.limit > self.clear_from for step in self.below):
            raise ValueError(f"{self.key}: clear_from lies below a limit")
        return self


class AbnormalLoadRule(_Rule):
    """An abnormal load of incidents in the last whole hour (E10); its level is the severity."""

    kind: Literal["abnormal_load"]
    by: Literal["city", "district"] = "district"
    components: tuple[str, ...] = ("all",)
    from_level: Literal[1, 2, 3] = 1


class Texts(Declared):
    """A text in both languages, which may hold `{subject}` and `{value}`."""

    text_zh: str
    text_en: str


class StaleRule(_Rule):
    """A live source silent for this many of its expected intervals.

    One that never spoke is late after one interval, in the words of `never`.
    """

    kind: Literal["stale_source"]
    silent: tuple[Step, ...] = Field(min_length=1)
    never: Texts = Texts(
        text_zh="实时来源 {subject} 从未有数据，已等待 {value}",
        text_en="Live source {subject} never spoke, awaited for {value}",
    )


class HeldLoadRule(_Rule):
    """A source of which a file is held, until it is accepted or another one is loaded instead.

    `{value}` is how many files are.
    """

    kind: Literal["held_load"]
    severity: Literal[1, 2, 3] = 2


# Every city has it: nothing that is held may wait unseen. One may word it otherwise.
HELD_LOAD = HeldLoadRule(
    key="held_load",
    kind="held_load",
    text_zh="{subject}：{value} 个文件的装载已搁置，会使现有数据减少过多，待确认",
    text_en="{subject}: {value} files held, as too much of what is known would go; to be accepted",
)

Rule = Annotated[
    TargetRule | AbnormalLoadRule | StaleRule | HeldLoadRule, Field(discriminator="kind")
]


class AlertRules(Declared):
    """All rules; every key once."""

    rules: tuple[Rule, ...]

    @model_validator(mode="after")
    def _keys_are_unique(self) -> "AlertRules":
        keys = [rule.key for rule in self.rules]
        if len(set(keys)) != len(keys):
            raise ValueError("two rules have the same key")
        return self


def load_alert_rules(city: City) -> tuple[Rule, ...]:
    """Return the rules of a city, with that of held loads if it does not word its own.

    Raises:
        DeclarationError: the file is wrong, or speaks of what the catalogue does not have; names
            the key.
    """
    return _of_city(city.folder)


@cache
def _of_city(folder: Path) -> tuple[Rule, ...]:
    path = folder / FILE
    if not path.is_file():
        return (HELD_LOAD,)
    rules, city = read_declared(path, AlertRules).rules, load_city(str(folder))
    for rule in rules:
        _check(city, rule, f"{path}: rules.{rule.key}")
    has_own = any(isinstance(rule, HeldLoadRule) for rule in rules)
    return rules if has_own else (*rules, HELD_LOAD)


def _check(city: City, rule: Rule, where: str) -> None:
    if isinstance(rule, TargetRule):
        check_scored(city, scored_of(rule), where)
    if isinstance(rule, AbnormalLoadRule):
        try:
            counted = find_indicator(city, COUNTED)
            for component in rule.components:
                resolve_component(counted, component)
        except (NotFoundError, QueryError) as error:
            raise DeclarationError(f"{where}: {error}") from error


def scored_of(rule: TargetRule) -> Scored:
    """Return what a target rule scores."""
    return Scored(indicator=rule.indicator, component=rule.component, period=rule.period)
