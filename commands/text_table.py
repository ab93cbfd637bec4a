"""Plain tables for a terminal, where long cells fold, or for a file, where lines are whole."""

import sys
from collections.abc import Sequence
from datetime import datetime
from typing import Literal, TextIO

from rich import box
from rich.console import Console
from rich.measure import Measurement
from rich.table import Table


def print_table(
    headers: Sequence[str], rows: Sequence[Sequence[object]], stream: TextIO | None = None
) -> None:
    """Print columns aligned under Chinese text too, numbers to the right.

    What is no terminal gets one line a row, however long, with nothing cut off.
    """
    stream = stream or sys.stdout
    console = Console(file=stream, markup=False, emoji=False, highlight=False)
    table = Table(box=box.SIMPLE_HEAD, show_edge=False, pad_edge=False)
    for index, header in enumerate(headers):
        table.add_column(header, justify=_justify([row[index] for row in rows]), overflow="fold")
    for row in rows:
        table.add_row(*(_text(value) for value in row))
    if console.is_terminal:
        console.print(table)
        return
    console.width = Measurement.get(
        console, console.options.update(max_width=1 << 20), table
    ).maximum
    with console.capture() as captured:
        console.print(table)
    stream.writelines(f"{line.rstrip()}\n" for line in captured.get().splitlines())


def _justify(values: Sequence[object]) -> Literal["left", "right"]:
    is_number = bool(values) and all(isinstance(value, int) for value in values)
    return "right" if is_number else "left"


def _text(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, datetime):
        return value.strftime("%Y-%m-%d %H:%M %Z").strip()
    return " ".join(str(value).split())
