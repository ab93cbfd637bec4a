"""The account of one load: stages, findings, rejected rows, coverage."""

from collections.abc import Sequence
from datetime import datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from dash import dcc, html
from dash.development.base_component import Component

from dashboard.components.provenance import local_time
from dashboard.components.text import bilingual, two_lines
from dashboard.pages.loads.held import accept_command
from dashboard.pages.loads.overview import COUNTS, head, severity_word, status_word
from geodata.database.handle import RowMapping
from geodata.identity.readable_districts import scope_of_records
from geodata.queries.loads import LoadDetails

MISSING = "—"


def account(details: LoadDetails, zone: str) -> list[Component]:
    """Return the account's parts, the findings first."""
    return [
        summary(details.load, zone),
        section("findings", findings_table(details.findings)),
        section("stages", stages_table(details.load["stages"])),
        section("rejected", rejected_table(details.rejected)),
        section("coverage", coverage_table(details.coverage, zone)),
    ]


def section(name: str, content: Component) -> html.Section:
    """Return one part with its title."""
    title = bilingual(f"loads.{name}", tag=html.H2)
    return html.Section([title, content], className=f"panel loads-{name}")


def summary(row: RowMapping, zone: str) -> html.Section:
    """Return the load's source, file, times and row counts."""
    facts = {
        "source": row["source"],
        "file": row["file"],
        "owner": row["owner"],
        "licence": row["licence"],
        "finished": local_time(row["finished_at"], zone),
        **{name: f"{row[name]:,}" for name in (*COUNTS, "records")},
    }
    pairs = [
        html.Div([html.Dt(bilingual(f"loads.{name}", tag=html.Span)), html.Dd(text)])
        for name, text in facts.items()
    ]
    return html.Section(
        [
            html.H2([f"№ {row['load_id']} ", status_word(row["status"])]),
            html.Dl(pairs),
            html.P(row["message"] or "", className="load-message"),
            *settling(row),
        ],
        className="panel loads-summary",
    )


def settling(row: RowMapping) -> list[Component]:
    """Return how a held load is accepted, or the load that came after it."""
    if row["status"] == "held":
        return [bilingual("loads.held_why"), accept_command(row["load_id"])]
    if row["settled_by"] is None:
        return []
    words = bilingual("loads.settled_by", load_id=row["settled_by"])
    return [dcc.Link(words, href=f"/loads/{row['settled_by']}")]


def _table(heads: Sequence[str], rows: Sequence[Sequence[Any]]) -> Component:
    if not rows:
        return bilingual("loads.nothing", class_name="empty")
    lines = [html.Tr([html.Td(MISSING if v in (None, "") else v) for v in row]) for row in rows]
    return html.Table([head(heads), html.Tbody(lines)])


def findings_table(rows: Sequence[RowMapping]) -> Component:
    """Return the findings, the most severe first."""
    return _table(
        ("severity", "code", "file", "row", "field", "rows", "message"),
        [
            (
                severity_word(row["severity"]),
                html.Code(row["code"]),
                row["file"],
                row["row_number"],
                row["field"],
                row["rows"],
                two_lines(row["message_zh"], row["message_en"]),
            )
            for row in rows
        ],
    )


def stages_table(stages: Sequence[dict[str, Any]]) -> Component:
    """Return rows in and out of each stage, and the rows dropped."""
    return _table(
        ("stage", "rows_in", "rows_out", "dropped"),
        [
            (
                each["stage"],
                f"{each['rows_in']:,}",
                f"{each['rows_out']:,}",
                "; ".join(f"{reason}: {count:,}" for reason, count in each["dropped"].items()),
            )
            for each in stages
        ],
    )


def rejected_table(rows: Sequence[RowMapping]) -> Component:
    """Return the first rejected rows with their reasons, never their text.

    Nobody knows of which district such a row is: who may not read all of them is shown none.
    """
    if scope_of_records():
        return bilingual("loads.rejected_held", class_name="caption")
    names = ("file", "row_number", "field", "reason")
    heads = ("file", "row", "field", "reason")
    return _table(heads, [[row[name] for name in names] for row in rows])


def covered_ends(starts_at: datetime, ends_at: datetime, zone: str) -> tuple[str, str]:
    """Return the first and the last covered day, or minutes where coverage is not of whole days."""
    first, end = (each.astimezone(ZoneInfo(zone)) for each in (starts_at, ends_at))
    if first.time() == end.time() == time():
        return str(first.date()), str(end.date() - timedelta(days=1))
    return local_time(starts_at, zone), local_time(ends_at, zone)


def coverage_table(rows: Sequence[RowMapping], zone: str) -> Component:
    """Return where and when the load's rows are complete."""
    return _table(
        ("table", "component", "district", "from", "to"),
        [
            (
                row["table_name"],
                row["component"],
                row["district_id"],
                *covered_ends(row["starts_at"], row["ends_at"], zone),
            )
            for row in rows
        ],
    )
