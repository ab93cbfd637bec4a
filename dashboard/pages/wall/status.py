"""The wall's header: the city's status 1-5 with its reason, and the most overdue live source."""

from collections.abc import Mapping, Sequence

from dash import html
from dash.development.base_component import Component

from dashboard.components.provenance import simulated_badge
from dashboard.components.text import named, two_lines
from dashboard.read.context import ScreenContext
from dashboard.wording.i18n import LANGUAGES, Language, translate
from geodata.city.configuration import City
from geodata.city.source_names import find_live_sources, find_source_name
from geodata.clock import now, replayed
from geodata.queries.alerts import count_open
from geodata.queries.live import SourceFreshness, read_sources_freshness
from geodata.queries.screens import Freshness
from layers.alerts.rules import Rule
from layers.alerts.watch import read_judgements
from layers.catalogue.domains import load_domains
from layers.score.city_status import CityStatus, Facts, city_status
from layers.score.rules import load_status_rules
from layers.score.score import PlaceScore

LEVELS = 5
CLASS_OF_LEVEL = {None: "unknown", 1: "good", 2: "watch", 3: "watch", 4: "bad", 5: "bad"}


def status_line(
    context: ScreenContext,
    freshness: Freshness,
    scores: Mapping[str, PlaceScore],
    alerts: Mapping[int, int],
    sources: Sequence[SourceFreshness],
) -> list[Component]:
    """Return the status with its reason, and the badge."""
    rules = load_status_rules(context.city)
    facts = facts_of(context.city, alerts, sources, read_unwatched(context))
    return [
        status_block(city_status(rules, scores, facts)),
        simulated_badge(freshness.is_simulated),
    ]


def read_alert_counts(context: ScreenContext) -> dict[int, int]:
    """Return how many alerts of each severity are open."""
    with context.engine.connect() as connection:
        return count_open(connection, now())


def read_sources(context: ScreenContext) -> list[SourceFreshness]:
    """Return the live sources that are followed, the most overdue first."""
    return read_sources_freshness(context.engine, now())


def read_unwatched(context: ScreenContext) -> list[Rule]:
    """Return the rules that nobody judged lately, or that could be judged for no subject.

    Of a moment that is replayed it is not kept what was watched: none is returned.
    """
    if replayed():
        return []
    with context.engine.connect() as connection:
        judged = read_judgements(connection, context.city, now())
    return [each.rule for each in judged if each.is_blind]


def facts_of(
    city: City,
    alerts: Mapping[int, int],
    sources: Sequence[SourceFreshness],
    unwatched: Sequence[Rule],
) -> Facts:
    """Return the facts of the status rule besides the scores."""
    names = {key: domain.labels for key, domain in load_domains(city).items()}
    followed = {source.source for source in sources}
    unknown = []
    if unfollowed := sorted(find_live_sources(city) - followed):
        zh, en = zip(*(find_source_name(city, key) for key in unfollowed), strict=True)
        words = {"zh": "、".join(zh), "en": ", ".join(en)}
        unknown.append(_both("wall.unfollowed", words))
    if unwatched:
        count = str(len(unwatched))
        unknown.append(_both("wall.unwatched", dict.fromkeys(LANGUAGES, count)))
    return Facts(
        open_alerts=alerts,
        stale_live_sources=sum(source.is_late for source in sources),
        domain_names=names,
        unknown=tuple(unknown),
    )


def _both(key: str, value: Mapping[str, str]) -> tuple[str, str]:
    return translate(key, "zh", value=value["zh"]), translate(key, "en", value=value["en"])


def status_block(status: CityStatus) -> html.Div:
    """Return the level as number, bars, name and first reason; all reasons in the title."""
    bars = [
        html.Span(className="on" if number <= (status.level or 0) else "")
        for number in range(1, LEVELS + 1)
    ]
    title, reason = (
        two_lines(
            translate("wall.city_status", "zh", name=status.name_zh),
            translate("wall.city_status", "en", name=status.name_en),
            class_name="status-name",
        ),
        two_lines(status.reasons_zh[0], status.reasons_en[0], class_name="status-reason"),
    )
    return html.Div(
        [
            html.Span(str(status.level or "?"), className="status-level number"),
            html.Div([title, html.Div(bars, className="status-bars")], className="status-words"),
            reason,
        ],
        className=f"city-status {CLASS_OF_LEVEL[status.level]}",
        title="\n".join([*status.reasons_zh, *status.reasons_en]),
    )


def oldest_shown(
    city: City, freshness: Freshness, sources: Sequence[SourceFreshness]
) -> dict[str, object] | None:
    """Return the source whose age the header shows; the browser counts it on.

    It is the live source furthest behind its own interval, the first of `sources`, if any is
    followed: a hotline that rings four times a day is not late after an hour. Else it is the newest
    record of the batch files.
    """
    with_events = [source for source in sources if source.last_event_at is not None]
    if with_events:
        slowest = with_events[0]
        at = slowest.known_at or slowest.last_event_at
        return {
            "at": at.isoformat() if at else None,
            "late": slowest.is_late,
            "expected_s": slowest.expected.total_seconds(),
            **{code: f"{live_word(code)} {source_name(city, slowest, code)}" for code in LANGUAGES},
        }
    if freshness.incidents_to is None:
        return None
    batch: dict[str, object] = {code: translate("app.data_age", code) for code in LANGUAGES}
    return {"at": freshness.incidents_to.isoformat(), "late": False, **batch}


def live_word(language: Language) -> str:
    """Return the words before the source's name."""
    return translate("wall.oldest_live", language)


def source_name(city: City, source: SourceFreshness, language: Language) -> str:
    """Return what the city calls a live source, and how it arrives where in more than one way."""
    name = named(*find_source_name(city, source.source), language)
    if source.kind == "records":
        return name
    return f"{name} {translate(f'live_kind.{source.kind}', language)}"
