"""The table of loads: source, file, when, rows, status, findings by severity."""

from collections.abc import Mapping, Sequence

from dash import dcc, html
from dash.development.base_component import Component

from dashboard.components.provenance import local_time
from dashboard.components.text import bilingual, two_lines
from geodata.database.handle import RowMapping
from geodata.queries.loads import SEVERITIES
from layers.catalogue.indicator import Indicator
from layers.states.version import Failure

SIGNS = {"error": "■", "warning": "▲", "info": "●"}
COUNTS = ("rows_in", "rows_loaded", "rows_rejected")
_FAILURE_HEADS = ("indicator", "failed_at", "message")
_HEADS = ("load", "source", "file", "finished", *COUNTS, "status", "findings")


def head(names: Sequence[str]) -> html.Thead:
    """Return a table's head."""
    cells = [html.Th(bilingual(f"loads.{name}", tag=html.Span), scope="col") for name in names]
    return html.Thead(html.Tr(cells))


def severity_word(severity: str, count: int | None = None) -> html.Span:
    """Return a severity by sign, colour and word, with its number of findings."""
    number = [] if count is None else [html.Span(f" {count}", className="number")]
    words = bilingual(f"loads.{severity}", tag=html.Span, class_name="sr-words")
    return html.Span([SIGNS[severity], *number, " ", words], className=f"finding {severity}")


def status_word(status: str) -> Component:
    """Return whether a file was loaded or refused."""
    return bilingual(f"loads.status.{status}", tag=html.Span, class_name=f"load-{status}")


def failures_table(
    failures: Sequence[Failure], catalogue: Mapping[str, Indicator], zone: str
) -> list[Component]:
    """Return the indicators that could not be built and why, nothing where all could."""
    if not failures:
        return []
    lines = [
        html.Tr(
            [
                html.Td(_name_of(each, catalogue)),
                html.Td(local_time(each.failed_at, zone), className="number"),
                html.Td(each.message, className="load-findings"),
            ]
        )
        for each in failures
    ]
    body = [head(_FAILURE_HEADS), html.Tbody(lines)]
    table = html.Table(body, className="panel loads-list")
    return [html.Section([bilingual("loads.failures", tag=html.H2), table], id="loads-failures")]


def _name_of(failure: Failure, catalogue: Mapping[str, Indicator]) -> Component:
    """Return an indicator's names; a city may have given it up since."""
    entry = catalogue.get(failure.indicator)
    if entry is None:
        return html.Span(failure.indicator)
    return two_lines(entry.label_zh, entry.label_en)


def loads_table(rows: Sequence[RowMapping], zone: str) -> Component:
    """Return the loads, one line each, or the text that there is none."""
    if not rows:
        return bilingual("loads.none", class_name="empty panel")
    lines = [load_line(row, zone) for row in rows]
    return html.Table([head(_HEADS), html.Tbody(lines)], className="panel loads-list")


def load_line(row: RowMapping, zone: str) -> html.Tr:
    """Return one load; its number links to its account."""
    found = [severity_word(name, row[name]) for name in SEVERITIES if row[name]]
    return html.Tr(
        [
            html.Td(dcc.Link(f"№ {row['load_id']}", href=f"/loads/{row['load_id']}")),
            html.Td(row["source"]),
            html.Td(row["file"], className="load-file"),
            html.Td(local_time(row["finished_at"], zone), className="number"),
            *(html.Td(f"{row[name]:,}", className="number") for name in COUNTS),
            html.Td(status_word(row["status"])),
            html.Td(found or "—", className="load-findings"),
        ]
    )
