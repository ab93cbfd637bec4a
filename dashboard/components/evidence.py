"""The evidence sheet: what a number rests on, one touch away."""

from dataclasses import asdict, dataclass

from dash import html
from dash.development.base_component import Component

from dashboard.components.provenance import local_time, simulated_badge
from dashboard.read.values import Value
from dashboard.wording.i18n import Language, translate
from dashboard.wording.numbers import format_number, format_reading, format_value, is_shown
from dashboard.wording.periods import period_text
from geodata.clock import now
from layers.catalogue.indicator import Indicator, StateClass
from layers.catalogue.targets import Target
from layers.period import Period
from layers.score.attainment import rate_value, target_text
from layers.states.version import Build
from layers.values.left_out import LeftOut

PART_DECIMALS = 2


@dataclass(frozen=True)
class EvidenceSheet:
    """A number and what it rests on."""

    indicator: Indicator
    component: str
    period: Period
    value: Value
    target: Target | None
    build: Build
    zone: str
    left_out: LeftOut


def part_text(value: float | None) -> str:
    """Return the text of a numerator or denominator; whole numbers without decimals."""
    if value is None:
        return "—"
    return format_number(value, 0 if float(value).is_integer() else PART_DECIMALS)


def interval_text(value: Value, indicator: Indicator) -> str:
    """Return the 95 % interval in the value's unit, a dash where there is none."""
    if value.lo is None or value.hi is None or not is_shown(value.value, value.status):
        return "—"
    ends = [format_value(v, indicator.unit_en, indicator.decimals) for v in (value.lo, value.hi)]
    return f"{ends[0]} – {ends[1]}"


def target_line(target: Target | None, indicator: Indicator, language: Language) -> str:
    """Return the target with its source, clause and how far that is confirmed."""
    if target is None:
        return translate("evidence.no_target", language)
    limit = format_value(target.value, indicator.unit_en, indicator.decimals)
    parts = [f"{target_text(target)} {limit}", f"{target.source} {target.clause}".strip()]
    return " · ".join([*parts, translate(f"evidence.{target.status}", language)])


def evidence_rows(sheet: EvidenceSheet, language: Language) -> list[tuple[str, str]]:
    """Return label keys and texts in the order of the sheet."""
    indicator, value = sheet.indicator, sheet.value
    reading = format_reading(value.value, value.status, indicator, language)
    chinese = language == "zh"
    confirmed = indicator.standard_status or "none"
    rows = [
        ("value", f"{reading.text} {reading.unit} {reading.word}".strip()),
        ("period", period_text(sheet.period)),
        ("interval", interval_text(value, indicator)),
        ("n", "—" if value.n is None else format_number(value.n, 0)),
        *parts(value, indicator),
        *left_out_rows(sheet.left_out, language),
        ("target", target_line(sheet.target, indicator, language)),
        ("definition", indicator.definition_zh if chinese else indicator.definition_en),
        ("formula", indicator.formula),
        ("standard", indicator.standard or translate("evidence.none", language)),
        ("standard_status", translate(f"evidence.{confirmed}", language)),
        ("sources", ", ".join(sheet.build.sources)),
        ("loads", load_text(sheet.build.load_ids)),
        ("as_of", local_time(sheet.build.as_of, sheet.zone)),
        ("built", local_time(sheet.build.built_at, sheet.zone)),
    ]
    rows += doubts(sheet, language)
    if indicator.codes:
        rows.append(("codes", "; ".join(f"{each.scheme} {each.code}" for each in indicator.codes)))
    if indicator.is_doubtful(value.value):
        doubt = indicator.doubtful_zh if chinese else indicator.doubtful_en
        rows.append(("doubtful", doubt))
    if sheet.target is not None and rate_value(value.value, sheet.target):
        rows.append(("standing", translate("evidence.standing_rule", language)))
    return rows


def left_out_rows(left_out: LeftOut, language: Language) -> list[tuple[str, str]]:
    """Return what lies beside the number in no district, one sentence each; none where nothing."""
    said = left_out_texts(left_out, language)
    return [("left_out", "; ".join(said) if language == "en" else "；".join(said))] if said else []


def left_out_texts(left_out: LeftOut, language: Language) -> list[str]:
    """Return sentences of what lies outside, is not placed, or has no known place in the city."""
    return [
        translate(f"evidence.{name}", language, count=format_number(count, 0))
        for name, count in asdict(left_out).items()
        if count
    ]


def doubts(sheet: EvidenceSheet, language: Language) -> list[tuple[str, str]]:
    """Return the sources that are late for the period, and why the number may be an old one."""
    build = sheet.build
    late = build.late_sources(min(now(), sheet.period.end_at(sheet.zone)))
    ends = {each.source: local_time(each.until, sheet.zone) for each in build.ends}
    said = [translate("evidence.late", language, source=key, until=ends[key]) for key in late]
    rows = [("late_sources", ", ".join(said))] if said else []
    if build.failure:
        failed_at = local_time(build.failure.failed_at, sheet.zone)
        rows.append(("failed", f"{failed_at} {build.failure.message}"))
    return rows


def parts(value: Value, indicator: Indicator) -> list[tuple[str, str]]:
    """Return numerator and denominator where the value is their ratio."""
    if indicator.state_class is not StateClass.RATIO:
        return []
    return [("numerator", part_text(value.num)), ("denominator", part_text(value.den))]


def load_text(load_ids: tuple[int, ...]) -> str:
    """Return the load ids, runs shortened to first–last."""
    runs: list[list[int]] = []
    for number in sorted(load_ids):
        if runs and number == runs[-1][-1] + 1:
            runs[-1].append(number)
        else:
            runs.append([number])
    return ", ".join(str(run[0]) if len(run) == 1 else f"{run[0]}–{run[-1]}" for run in runs)


def evidence_sheet(sheet: EvidenceSheet, language: Language) -> html.Details:
    """Return the sheet, closed until it is opened by touch or keyboard."""
    lines: list[Component] = []
    for key, text in evidence_rows(sheet, language):
        lines += [html.Dt(translate(f"evidence.{key}", language)), html.Dd(text or "—")]
    return html.Details(
        [
            html.Summary(translate("evidence.title", language)),
            simulated_badge(sheet.build.is_simulated),
            html.Dl(lines),
            html.P(translate("evidence.lossy", language), className="caption"),
        ],
        className="evidence",
    )
