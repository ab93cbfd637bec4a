"""Evaluates the alert rules: reads what each rule needs and returns its observations."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from sqlalchemy import Engine

from geodata.city.configuration import City
from geodata.city.source_names import find_source_name
from geodata.errors import NotFoundError
from geodata.queries.live import read_sources_freshness
from geodata.queries.loads import read_held_counts
from geodata.queries.screens import read_district_list
from geodata.tables import UNKNOWN_DISTRICT
from layers.alerts.duty import apply_observations
from layers.alerts.machine import Alert, Change, Timing
from layers.alerts.observation import Observation
from layers.alerts.rules import (
    COUNTED,
    AbnormalLoadRule,
    HeldLoadRule,
    Rule,
    StaleRule,
    TargetRule,
    load_alert_rules,
    scored_of,
)
from layers.score.score import CITY, Part, read_parts
from layers.statistics.abnormal_load import HOUR, AbnormalLoad
from layers.statistics.hourly import Place, read_abnormal_load

Names = Mapping[str, tuple[str, str]]  # subject -> zh, en


def timings(city: City) -> dict[str, Timing]:
    """Return how long the condition of each rule of a city must hold and be gone."""
    return {rule.key: Timing(rule.pending, rule.recovery) for rule in load_alert_rules(city)}


def read_names(engine: Engine, city: City) -> dict[str, tuple[str, str]]:
    """Return the names of the districts and, under `city`, of the city."""
    rows = read_district_list(engine).select("district_id", "name_zh", "name_en").iter_rows()
    named = {key: (zh, en) for key, zh, en in rows if key != UNKNOWN_DISTRICT}
    return {CITY: (city.name_zh, city.name_en), **named}


def observe_targets(
    engine: Engine, city: City, rule: TargetRule, names: Names, at: datetime
) -> list[Observation]:
    """Return the observation of each subject of a target rule at a moment."""
    parts = read_parts(engine, city, scored_of(rule), at.astimezone(city.zone).date())
    return [
        judge_target(rule, place, part, names)
        for place, part in parts.items()
        if (place == CITY) == (rule.by == "city") and place in names
    ]


def judge_target(rule: TargetRule, place: str, part: Part, names: Names) -> Observation:
    """Return the observation of one place; its severity is None without a score."""
    kind = "city" if place == CITY else "district"
    score = part.score
    if score is None:
        return Observation(rule.key, kind, place, None, holds=False)
    reached = [step for step in rule.below if score < step.limit]
    worst = max(reached, key=lambda step: step.severity, default=None)
    limit = worst.limit if worst else max(step.limit for step in rule.below)
    severity = worst.severity if worst else 0
    words = _words(rule, names[place], f"{score:.2f}", f"{limit:.2f}")
    return Observation(
        rule.key, kind, place, severity, score < rule.clear_from, "", score, limit, *words
    )


def judge_load(
    rule: AbnormalLoadRule, place: str, part: str, found: AbnormalLoad, names: Names
) -> Observation:
    """Return the observation of one place's last whole hour; None for an unknown hour."""
    kind = "city" if place == CITY else "district"
    if found.level is None:
        return Observation(rule.key, kind, place, None, holds=False, part=part)
    severity = found.level if found.level >= rule.from_level else 0
    limit = found.limit if found.limit is not None else found.expected
    observed = float(found.observed or 0)
    shown = "—" if limit is None else f"{limit:.0f}"
    words = _words(rule, names[place], f"{observed:.0f}", shown, part)
    return Observation(
        rule.key, kind, place, severity, bool(severity), part, observed, limit, *words
    )


def judge_silence(
    rule: StaleRule, source: str, lag_s: float, expected_s: float, part: str = ""
) -> Observation:
    """Return the observation of one live source."""
    intervals = lag_s / expected_s
    reached = [step for step in rule.silent if intervals > step.limit]
    worst = max(reached, key=lambda step: step.severity, default=None)
    limit = (worst or rule.silent[0]).limit * expected_s
    name = f"{source} {part}".strip()
    words = _words(rule, (name, name), f"{lag_s / 60:.0f}", "")
    severity = worst.severity if worst else 0
    return Observation(
        rule.key, "source", source, severity, bool(severity), part, lag_s, limit, *words
    )


def judge_held(rule: HeldLoadRule, source: str, held: int, names: tuple[str, str]) -> Observation:
    """Return the observation of one source of which files are, or were, held."""
    words = _words(rule, names, str(held), "")
    severity = rule.severity if held else 0
    return Observation(
        rule.key, "source", source, severity, bool(held), "", float(held), 0.0, *words
    )


def _words(
    rule: Rule, names: tuple[str, str], value: str, limit: str, name: str = ""
) -> tuple[str, str]:
    return (
        rule.text_zh.format(subject=names[0], value=value, limit=limit, name=name),
        rule.text_en.format(subject=names[1], value=value, limit=limit, name=name),
    )


def observe(
    engine: Engine, city: City, at: datetime, rules: Sequence[Rule] | None = None
) -> list[Observation]:
    """Return the observations of every rule, or of each of those given, at a moment."""
    names = read_names(engine, city)
    seen: list[Observation] = []
    for rule in load_alert_rules(city) if rules is None else rules:
        match rule:
            case TargetRule():
                seen += observe_targets(engine, city, rule, names, at)
            case AbnormalLoadRule():
                seen += observe_loads(engine, city, rule, names, at)
            case StaleRule():
                seen += observe_silence(engine, rule, at)
            case HeldLoadRule():
                seen += observe_held(engine, city, rule)
    return seen


def observe_loads(
    engine: Engine, city: City, rule: AbnormalLoadRule, names: Names, at: datetime
) -> list[Observation]:
    """Return the observation of each subject's last whole hour against its usual load."""
    hour = at.replace(minute=0, second=0, microsecond=0) - HOUR
    districts = [key for key in names if key != CITY]
    places = {CITY: Place()} if rule.by == "city" else {key: Place(key) for key in districts}
    with engine.connect() as connection:
        try:
            return [
                judge_load(
                    rule,
                    key,
                    part,
                    read_abnormal_load(connection, city, place, hour, part, indicator=COUNTED),
                    names,
                )
                for key, place in places.items()
                for part in rule.components
            ]
        except NotFoundError:  # nothing was loaded yet: nothing is known
            return []


def observe_silence(engine: Engine, rule: StaleRule, at: datetime) -> list[Observation]:
    """Return how long each live source has been silent; one without any message is skipped."""
    return [
        judge_silence(
            rule,
            each.source,
            each.lag.total_seconds(),
            each.expected.total_seconds(),
            part="" if each.kind == "records" else each.kind,  # a source may arrive in two ways
        )
        for each in read_sources_freshness(engine, at)
        if each.lag is not None
    ]


def observe_held(engine: Engine, city: City, rule: HeldLoadRule) -> list[Observation]:
    """Return how many files are held of each source that ever had one."""
    with engine.connect() as connection:
        counts = read_held_counts(connection)
    return [
        judge_held(rule, source, held, find_source_name(city, source))
        for source, held in counts.items()
    ]


def evaluate(
    engine: Engine, city: City, at: datetime, rules: Sequence[Rule] | None = None
) -> list[tuple[Alert, Change]]:
    """Evaluate rules at a moment and update the alerts; return the changes."""
    return apply_observations(engine, observe(engine, city, at, rules), timings(city), at)
