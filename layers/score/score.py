"""Scores against targets of each indicator, domain and place, with their parts."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from math import fsum

from sqlalchemy import Engine

from geodata.city.configuration import City
from geodata.clock import now
from layers.catalogue.registry import find_indicator, resolve_component
from layers.catalogue.targets import Target, find_target
from layers.period import Period
from layers.score.attainment import Rating, attainment, rate_score
from layers.score.rules import Scored, load_score_rules, load_scored
from layers.score.scored_period import scored_period
from layers.states.status import Status
from layers.values.query import ValueQuery
from layers.values.read import available_periods, read_values
from layers.values.selection import By

CITY = "city"
_ONE_DAY = timedelta(days=1)


@dataclass(frozen=True)
class Part:
    """One indicator's part in a domain's score.

    `score` is None without a target, without a value, and where the value is out of date.
    """

    indicator: str
    component: str
    weight: float
    period: Period | None
    value: float | None
    status: Status
    target: Target | None
    score: float | None

    @property
    def is_confirmed(self) -> bool:
        """Return whether the target's wording is confirmed, at least by a secondary publication."""
        return self.target is not None and self.target.status != "C"


@dataclass(frozen=True)
class DomainScore:
    """A domain's score in one place and the parts it is the weighted mean of."""

    score: float | None
    parts: tuple[Part, ...]

    @property
    def rating(self) -> Rating:
        """Return the rating of the score."""
        return rate_score(self.score)


@dataclass(frozen=True)
class PlaceScore:
    """The scores of the city or of one district."""

    score: float | None
    domains: Mapping[str, DomainScore]

    @property
    def rating(self) -> Rating:
        """Return the rating of the score."""
        return rate_score(self.score)


def weighted_score(parts: Sequence[tuple[float | None, float]], known_share: float) -> float | None:
    """Return the weighted mean of the (score, weight) pairs that have a score.

    None if these hold less than `known_share` of all the weights.
    """
    known = [(score, weight) for score, weight in parts if score is not None]
    weights = sum(weight for _, weight in known)
    if not known or weights < known_share * sum(weight for _, weight in parts):
        return None
    return fsum(score * weight for score, weight in known) / weights


def domain_score(parts: Sequence[Part]) -> DomainScore:
    """Return the score of a domain; indicators without a target have no weight in it."""
    compared = [(part.score, part.weight) for part in parts if part.target is not None]
    return DomainScore(weighted_score(compared, load_score_rules().known_share), tuple(parts))


def place_score(domains: Mapping[str, DomainScore]) -> PlaceScore:
    """Return the score of a place, with equal weights of its domains."""
    each = [(domain.score, 1.0) for domain in domains.values()]
    return PlaceScore(weighted_score(each, load_score_rules().known_share), dict(domains))


def read_scores(engine: Engine, city: City) -> dict[str, PlaceScore]:
    """Return the scores of the city (key `city`) and of each district by its district_id."""
    today = now().astimezone(city.zone).date()
    parts = {
        domain: [read_parts(engine, city, scored, today) for scored in entries]
        for domain, entries in load_scored(city).items()
    }
    places = {key for columns in parts.values() for column in columns for key in column}
    return {
        place: place_score(
            {
                domain: domain_score([column[place] for column in columns if place in column])
                for domain, columns in parts.items()
            }
        )
        for place in sorted(places)
    }


def read_parts(engine: Engine, city: City, scored: Scored, today: date) -> dict[str, Part]:
    """Return one indicator's part for the city and every district."""
    indicator = find_indicator(city, scored.indicator)
    component = resolve_component(indicator, scored.component)
    kept_by = indicator.grain_of(component)
    steps = available_periods(engine, city, indicator.key, component, kept_by)
    period = scored_period(steps, scored.period, today)
    last_day = (period.end if period else today) - _ONE_DAY
    target = find_target(city, indicator.key, component, last_day)
    unread = Part(
        indicator.key, component, scored.weight, period, None, Status.NO_DATA, target, None
    )
    if period is None:
        return {CITY: unread}
    read: dict[str, Part] = {}
    wanted: dict[By, bool] = {"city": True, "district": "district" in indicator.geometry}
    for by in [by for by, is_wanted in wanted.items() if is_wanted]:
        query = ValueQuery(indicator.key, period, component, by)
        rows = read_values(engine, city, query).select("key", "value", "status")
        for key, value, status in rows.iter_rows():
            place = CITY if by == "city" else key
            read[place] = _part(unread, value, Status(status))
    return read


def _part(unread: Part, value: float | None, status: Status) -> Part:
    shown = value if status.has_value else None
    score = attainment(shown, unread.target) if status.is_evidence else None
    return replace(unread, value=shown, status=status, score=score)
