"""Evaluates the alert rules: reads what each rule needs and returns its observations."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from sqlalchemy import Engine

from geodata.city.configuration import City
from geodata.city.source_names import find_source_name
from geodata.errors import NotFoundError
from geodata.queries.alerts import keep_watch_of
from geodata.queries.live import SourceFreshness, read_sources_freshness
from geodata.queries.loads import read_held_counts
from geodata.queries.screens import read_district_list
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
from layers.alerts.words import duration_text
from layers.score.score import CITY, Part, read_parts
from layers.statistics.abnormal_load import HOUR, AbnormalLoad
from layers.statistics.hourly import Place, read_abnormal_load

Names = Mapping[str, tuple[str, str]]  # subject -> zh, en
FIRST_MESSAGE_INTERVALS = 1.0
# What follows the name of a source, by how it arrives.
LIVE_KINDS = {
    "records": ("", ""),
    "positions": ("（车辆位置）", " (vehicle positions)"),
    "trip_updates": ("（班次更新）", " (trip updates)"),
}


def timings(city: City) -> dict[str, Timing]:
    """Return how long the condition of each rule of a city must hold and be gone."""
    return {rule.key: Timing(rule.pending, rule.recovery) for rule in load_alert_rules(city)}


def read_names(engine: Engine, city: City) -> dict[str, tuple[str, str]]:
    """Return the names of the districts and, under `city`, of the city."""
    rows = read_district_list(engine).select("district_id", "name_zh", "name_en").iter_rows()
    named = {key: (zh, en) for key, zh, en in rows}
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


def judge_silence(rule: StaleRule, found: SourceFreshness, names: Names) -> Observation:
    """Return the observation of one live source, of which `names` are the words.

    The limits are expected intervals; one that never spoke is late after a single one.
    """
    intervals = found.silent_for / found.expected
    limits = [(step.severity, step.limit) for step in rule.silent]
    if not found.has_spoken:
        mildest = min(limits, key=lambda each: each[1])
        limits[limits.index(mildest)] = (mildest[0], min(mildest[1], FIRST_MESSAGE_INTERVALS))
    reached = [each for each in limits if intervals > each[1]]
    severity, limit = max(reached, default=(0, min(limit for _, limit in limits)))
    zh, en = names[found.source]
    template = rule if found.has_spoken else rule.never
    waited = found.silent_for
    words = (
        template.text_zh.format(subject=zh, value=duration_text(waited, "zh")),
        template.text_en.format(subject=en, value=duration_text(waited, "en")),
    )
    return Observation(
        rule.key,
        "source",
        found.source,
        severity,
        bool(severity),
        "" if found.kind == "records" else found.kind,  # a source may arrive in two ways
        waited.total_seconds(),
        limit * found.expected.total_seconds(),
        *words,
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
                seen += observe_silence(engine, city, rule, at)
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


def observe_silence(engine: Engine, city: City, rule: StaleRule, at: datetime) -> list[Observation]:
    """Return how long each live source has been silent."""
    found = read_sources_freshness(engine, at)
    return [judge_silence(rule, each, _source_names(city, each)) for each in found]


def _source_names(city: City, found: SourceFreshness) -> Names:
    zh, en = find_source_name(city, found.source)
    kind = LIVE_KINDS[found.kind]
    return {found.source: (f"{zh}{kind[0]}", f"{en}{kind[1]}")}


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
    """Evaluate rules at a moment, update the alerts and keep what could not be judged.

    Returns the changes.
    """
    judged = load_alert_rules(city) if rules is None else rules
    seen = observe(engine, city, at, judged)
    changes = apply_observations(engine, seen, timings(city), at)
    with engine.begin() as connection:
        keep_watch_of(connection, at, [(rule.key, *_known(rule.key, seen)) for rule in judged])
    return changes


def _known(rule: str, seen: Sequence[Observation]) -> tuple[int, list[str]]:
    """Return how many subjects a rule was judged for, and those of which nothing is known."""
    own = [each for each in seen if each.rule == rule]
    return len(own), [each.subject for each in own if each.severity is None]
