"""`disclosure`: the report of what is published of people, and a publication restated."""

import argparse
from collections.abc import Sequence
from pathlib import Path

from commands.context import CommandContext, get_context
from geodata.clock import now
from layers.disclosure.report import Line

HEAD = (
    "| layer | period | level | k | published | small, withheld | withheld with them | "
    "narrowest range | linear programs |",
    "|---|---|---|---|---|---|---|---|---|",
)
PAGE = """# What is published of people, and what is withheld

Written by `app.py disclosure --write docs/disclosure.md` on {on},
for {city}{simulated}.
The rules are in [decisions/disclosure.md](decisions/disclosure.md).

A row is a layer's period at one level. *Small* are counts from 1 to k-1, and shares and
percentiles of too few; *withheld with them* is what would tell them: another place of the same
total, or another measure of the same records. *Narrowest range*: how closely a reader can tell the
withheld count that is told best, by linear programs over all that the layer publishes; it must be k
at least, and is "no bound" where nothing published limits it. It is given for counts: a rate tells
what its count tells, and shares and percentiles do not add up.

{table}

In all {published} numbers are published, {primary} withheld for themselves and {complementary} with
them; {programs} linear programs found no range narrower than {narrowest}.
"""


def disclosure(options: argparse.Namespace) -> None:
    """Print the report of the present publication, or write it as a page; or restate it first."""
    from layers.disclosure.report import read_report

    context = get_context()
    if options.restate:
        _restate(context)
    lines = read_report(context.ready_engine, context.city, context.settings.data_dir)
    if options.write:
        path = Path(options.write)
        path.write_text(page_of(context, lines), encoding="utf-8")
        print(path)
    else:
        print(table_of(lines))


def _restate(context: CommandContext) -> None:
    """Publish the present numbers in place of held ones; what their change tells is withheld."""
    from layers.disclosure.publish import publish_layers

    engine, data_dir = context.ready_engine, context.settings.data_dir
    for name in publish_layers(engine, context.city, data_dir, restate=True):
        print(f"restated {name}")


def table_of(lines: Sequence[Line]) -> str:
    """Return the report as a Markdown table."""
    return "\n".join([*HEAD, *(_row(each) for each in lines)])


def page_of(context: CommandContext, lines: Sequence[Line]) -> str:
    """Return the report as a page that says when, and of what city it is."""
    from commands.simulated_files import read_simulated_files

    simulated = read_simulated_files(context.settings, context.city)
    ranges = [each.narrowest for each in lines if each.narrowest is not None]
    return PAGE.format(
        on=now().astimezone(context.city.zone).date(),
        city=context.city.name_en,
        simulated=f" as simulated with seed {simulated.seed}" if simulated else "",
        table=table_of(lines),
        published=f"{sum(each.published for each in lines):,}",
        primary=f"{sum(each.primary for each in lines):,}",
        complementary=f"{sum(each.complementary for each in lines):,}",
        programs=f"{sum(each.programs for each in lines):,}",
        narrowest=_range(min(ranges, default=None)),
    )


def _row(line: Line) -> str:
    cells = [
        f"`{line.layer}`",
        line.period,
        line.level,
        line.k,
        f"{line.published:,}",
        f"{line.primary:,}",
        f"{line.complementary:,}",
        _range(line.narrowest),
        line.programs or "",
    ]
    return "| " + " | ".join(str(each) for each in cells) + " |"


def _range(width: float | None) -> str:
    if width is None:
        return ""
    return "no bound" if width == float("inf") else f"{width:,.0f}"
