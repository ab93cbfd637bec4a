"""Writes docs/indicators.md from the catalogue."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from layers.catalogue.indicator import Code, Indicator, StateClass
from layers.catalogue.registry import Target, load_catalogue, load_domains, load_targets
from layers.documentation.proofs import Proof, read_proofs
from layers.values.compute import low_number

_CLASSES = {
    StateClass.ADDITIVE: "A: sums add up",
    StateClass.RATIO: "R: sums above and below the line",
    StateClass.WEIGHTED: "W: weighted mean",
    StateClass.QUANTILE: "Q: quantile of the raw values",
    StateClass.DISTINCT: "U: distinct identifiers, united",
    StateClass.STOCK: "S: stock at an instant",
    StateClass.GEOMETRY: "N: computed again for each geometry",
}
_INTERVALS = {
    "wilson": "Wilson",
    "poisson": "exact Poisson",
    "ranks": "order-statistic ranks",
    "mean": "mean ± 1.96·s/√n, where the raw number is known",
    "none": "none: a count of what exists, not a sample",
}
_STATUS = {
    "A": "wording confirmed",
    "B": "confirmed in secondary publications only",
    "C": "to be confirmed against the official text",
    "": "this program's own",
}
Proofs = Mapping[str, tuple[Proof, ...]]


@dataclass(frozen=True)
class _Analysis:
    """A result computed on demand from indicators or records, without a catalogue entry."""

    code: str
    label_zh: str
    label_en: str
    definition: str
    module: str
    proofs: tuple[str, ...]


_ANALYSES = (
    _Analysis(
        "E10",
        "异常负荷告警",
        "Abnormal load",
        "Level 0-3: how many of three rules fire for an hour of the city, a district or a cell, "
        "each by its own hours: the same hour of the week, EARS C2, EWMA.",
        "layers/statistics/abnormal_load.py",
        ("E10",),
    ),
    _Analysis(
        "E11",
        "热点与新兴热点",
        "Hot spots and emerging hot spots",
        "Gi* over all hexagons of the study area, two-sided, false discovery rate 5 %; its history "
        "by Mann-Kendall.",
        "layers/statistics/gi_star.py",
        ("E11", "METHODS 7"),
    ),
    _Analysis(
        "",
        "综合指数",
        "Composite index",
        "Indicators on fixed goalposts, weighted, arithmetic or geometric; from the values "
        "of the geometry itself.",
        "layers/values/composite.py",
        ("METHODS 8",),
    ),
)
_HEADER = """# Indicators

Written from `layers/catalogue/indicators` by `app.py docs`; a test checks that it is current.
Values are read from additive states, never averaged from other values
(`docs/decisions`). The letter after a standard or target says how far its wording is confirmed:
A confirmed, B in secondary publications only, C still to be confirmed. The tests listed are those
whose docstring begins with the indicator's code.
"""


def build_documentation() -> str:
    """Return the page as Markdown."""
    parts = [_HEADER]
    entries = load_catalogue().values()
    proofs = read_proofs()
    for key, domain in load_domains().items():
        own = [entry for entry in entries if entry.domain == key]
        if own:
            parts.append(f"## {domain.label_zh} {domain.label_en}\n")
            parts.append(_contents(own))
            parts += [_section(entry, proofs) for entry in own]
    parts.append("## 分析 Analyses\n")
    parts += [_analysis(analysis, proofs) for analysis in _ANALYSES]
    return "\n".join(parts)


def _contents(entries: Iterable[Indicator]) -> str:
    rows = [
        f"| {entry.code} | [`{entry.key}`](#{entry.key}) | {entry.label_zh} | {entry.label_en} "
        f"| {entry.unit_en} | {_arrow(entry)} | {entry.state_class} |"
        for entry in entries
    ]
    head = "| Code | Key | 名称 | Name | Unit | Better | Class |\n|-|-|-|-|-|-|-|"
    return "\n".join([head, *rows]) + "\n"


def _section(entry: Indicator, proofs: Proofs) -> str:
    facts = {
        "Formula": f"`{entry.formula}`",
        "Unit": f"{entry.unit_zh} / {entry.unit_en}",
        "Class": _CLASSES[entry.state_class],
        "Kept by": f"{entry.grain}{', until the next snapshot' if entry.stock else ''}",
        "Given by": ", ".join(entry.geometry),
        "Components": _components(entry),
        "Denominator": _denominator(entry),
        "Interval (95 %)": _INTERVALS[entry.interval],
        "Low number": _low(entry),
        "Estimated": entry.estimated_en,
        "Standard": _standard(entry),
        "Codes": "; ".join(_code(code) for code in entry.codes),
        "Targets": "; ".join(_target(t) for t in load_targets() if t.indicator == entry.key),
        "Records": ", ".join(f"`{table}`" for table in entry.tables),
        "Tests": _tests(proofs, entry.code),
    }
    lines = [f"### {entry.key}\n", f"**{entry.label_zh}** {entry.label_en}\n"]
    lines += [f"{entry.definition_zh}\n", f"{entry.definition_en}\n"]
    lines += [f"- {name}: {text}" for name, text in facts.items() if text]
    return "\n".join(lines) + "\n"


def _analysis(analysis: _Analysis, proofs: Proofs) -> str:
    lines = [f"### {analysis.code or analysis.label_en}\n"]
    lines += [f"**{analysis.label_zh}** {analysis.label_en}\n", f"{analysis.definition}\n"]
    tests = ", ".join(_tests(proofs, proof) for proof in analysis.proofs)
    return "\n".join([*lines, f"- Computed by: `{analysis.module}`", f"- Tests: {tests}"]) + "\n"


def _tests(proofs: Proofs, code: str) -> str:
    """Return links to the tests that prove a code, those of one file together."""
    by_file: dict[str, list[str]] = {}
    for proof in proofs.get(code, ()):
        by_file.setdefault(proof.file, []).append(proof.test)
    return "; ".join(
        f"[{file}](../tests/{file}): {', '.join(f'`{test}`' for test in tests)}"
        for file, tests in by_file.items()
    )


def _arrow(entry: Indicator) -> str:
    return {"up": "↑", "down": "↓", "none": "–"}[entry.direction]


def _components(entry: Indicator) -> str:
    parts = [f"`{key}` {part.label_en}" for key, part in entry.components.items()]
    if not parts:
        return ""
    merged = "merge to `all`" if entry.component_rollup == "sum" else "are never merged"
    return f"{', '.join(parts)}; they {merged}; default `{entry.default_component}`"


def _denominator(entry: Indicator) -> str:
    if entry.denominator is None:
        return ""
    floor = f", at least {entry.denominator_floor:g}" if entry.denominator_floor else ""
    return f"`{entry.denominator}` of the same geometry{floor}"


def _low(entry: Indicator) -> str:
    rule = low_number(entry)
    if rule is None:
        return ""
    text = f"`{rule.quantity}` below {rule.below:g}"
    if rule.missing_share_above is not None:
        text += f", or more than {rule.missing_share_above:.0%} missing"
    return text


def _standard(entry: Indicator) -> str:
    return f"{entry.standard} ({_STATUS[entry.standard_status]})" if entry.standard else ""


def _code(code: Code) -> str:
    return f"{code.scheme} {code.code}{f' ({code.title})' if code.title else ''}"


def _target(target: Target) -> str:
    clause = f", {target.clause}" if target.clause else ""
    component = "" if target.component == "default" else f"`{target.component}` "
    return (
        f"{component}{_limit(target)} ({target.kind}; {target.source}{clause}; "
        f"{target.status}: {_STATUS[target.status]})"
    )


def _limit(target: Target) -> str:
    if target.lower is not None:
        return f"{target.lower:g} to {target.value:g}"
    return f"{target.op} {target.value:g}"
