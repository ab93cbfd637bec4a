"""The tables as text and as bench/RESULTS.md."""

import os
import platform
from collections.abc import Sequence
from pathlib import Path

from bench.clients import AddressUnderLoad, LoadTable
from bench.timing import Table
from geodata.clock import now

_HEAD = "By `make bench`. Only ratios within one table mean anything on another machine."
RESULTS = Path(__file__).with_name("RESULTS.md")
_COLUMNS = ("what", "rows", "ms", "rows/s", "time against the first", "note")
_LOAD_COLUMNS = (
    "what", "hexagons", "bytes sent", "clients", "requests/s", "p95 ms", "failed", "note",
)  # fmt: skip


def format_table(table: Table | LoadTable) -> str:
    """Return a table in Markdown; times of several row counts are compared a row."""
    if isinstance(table, LoadTable):
        return _format_loads(table)
    ours = table.measures[0]
    lines = [f"## {table.title}", "", _line(_COLUMNS), _line(["---"] * len(_COLUMNS))]
    for each in table.measures:
        ratio = ours.rows_per_s / each.rows_per_s
        fields = (f"{each.rows:,}", f"{each.seconds * 1000:,.1f}", f"{each.rows_per_s:,.0f}")
        lines.append(_line((each.name, *fields, f"{ratio:.2f}", each.note)))
    return "\n".join(lines) + "\n"


def _format_loads(table: LoadTable) -> str:
    lines = [f"## {table.title}", "", _line(_LOAD_COLUMNS), _line(["---"] * len(_LOAD_COLUMNS))]
    lines += [line for each in table.asked for line in _load_lines(each)]
    return "\n".join(lines) + "\n"


def _load_lines(asked: AddressUnderLoad) -> list[str]:
    if asked.why_not:
        return [_line((asked.name, asked.hexagons, *[""] * 5, f"not run: {asked.why_not}"))]
    return [
        _line(
            (
                asked.name,
                asked.hexagons,
                f"{asked.bytes_sent:,}",
                f"{load.clients}",
                f"{load.per_s:,.1f}",
                "too few" if load.p95_ms is None else f"{load.p95_ms:,.1f}",
                f"{load.failed}",
                "",
            )
        )
        for load in asked.loads
    ]


def _line(fields: Sequence[str]) -> str:
    return "| " + " | ".join(fields) + " |"


def write_results(tables: Sequence[Table | LoadTable], load: float) -> None:
    """Replace what was measured, each table with date, machine and how busy it was before.

    Tables that this run did not measure stay: a title up to its colon names a table.
    """
    there = RESULTS.read_text(encoding="utf-8") if RESULTS.exists() else ""
    sections = {_name(each): each.strip() for each in there.split("\n## ")[1:]}
    for table in tables:
        title, _, rows = format_table(table).removeprefix("## ").partition("\n\n")
        sections[_name(title)] = f"{title}\n\n{_measured(load)}\n\n{rows.strip()}"
    body = "".join(f"\n## {sections[name]}\n" for name in sorted(sections, key=_order))
    RESULTS.write_text(f"# Benchmarks\n\n{_HEAD}\n{body}", encoding="utf-8")


def _name(section: str) -> str:
    return section.partition("\n")[0].partition(":")[0]


def _order(name: str) -> tuple[bool, str]:
    return not name[0].isdigit(), name


def _measured(load: float) -> str:
    return (
        f"{now():%Y-%m-%d}, {_processor()}, {os.cpu_count()} cores, {platform.system()}, "
        f"Python {platform.python_version()}; load before the run {load:.1f}."
    )


def _processor() -> str:
    info = Path("/proc/cpuinfo")
    lines = info.read_text(encoding="utf-8").splitlines() if info.exists() else []
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.machine()
