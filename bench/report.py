"""The tables as text and as bench/RESULTS.md."""

import os
import platform
from collections.abc import Sequence
from pathlib import Path

from bench.timing import Table
from geodata.clock import now

RESULTS = Path(__file__).with_name("RESULTS.md")
_COLUMNS = ("what", "rows", "ms", "rows/s", "time against the first", "note")


def format_table(table: Table) -> str:
    """Return a table in Markdown; times of several row counts are compared a row."""
    ours = table.measures[0]
    lines = [f"## {table.title}", "", _line(_COLUMNS), _line(["---"] * len(_COLUMNS))]
    for each in table.measures:
        ratio = ours.rows_per_s / each.rows_per_s
        fields = (f"{each.rows:,}", f"{each.seconds * 1000:,.1f}", f"{each.rows_per_s:,.0f}")
        lines.append(_line((each.name, *fields, f"{ratio:.2f}", each.note)))
    return "\n".join(lines) + "\n"


def _line(fields: Sequence[str]) -> str:
    return "| " + " | ".join(fields) + " |"


def write_results(tables: Sequence[Table], load: float) -> None:
    """Write the results with date, machine and how busy it was before."""
    cores = os.cpu_count()
    head = (
        "# Benchmarks\n\n"
        f"Measured on {now():%Y-%m-%d} by `make bench`: {_processor()}, {cores} cores, "
        f"{platform.system()}, Python {platform.python_version()}; load before the run "
        f"{load:.1f}. Only ratios within one table mean anything on another machine.\n\n"
    )
    RESULTS.write_text(head + "\n".join(map(format_table, tables)), encoding="utf-8")


def _processor() -> str:
    info = Path("/proc/cpuinfo")
    lines = info.read_text(encoding="utf-8").splitlines() if info.exists() else []
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.machine()
