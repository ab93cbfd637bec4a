"""The entries of the audit record as a table, a page at a time."""

from collections.abc import Sequence

from dash import html
from dash.development.base_component import Component

from dashboard.components.provenance import local_time
from dashboard.components.text import bilingual
from dashboard.read.context import ScreenContext
from geodata.database.handle import RowMapping
from geodata.identity.audit import AuditFilter, Outcome, read_audit
from geodata.identity.caller import Role

SHOWN = 40  # a page of the table is some 300 components
MOST_PAGES = 1000
WRITTEN_EVERY_S = 15
_HEADS = ("at", "who", "act", "subject", "outcome", "detail", "client")


def read_filter(who: object, act: object, outcome: object, page: object) -> tuple[AuditFilter, int]:
    """Return what is asked for; what does not fit asks for nothing."""
    chosen = outcome if isinstance(outcome, str) and outcome in set(Outcome) else None
    number = page if isinstance(page, int) and 1 <= page <= MOST_PAGES else 1
    return AuditFilter(_text(who), _text(act), chosen), number


def _text(typed: object) -> str | None:
    return typed.strip() or None if isinstance(typed, str) else None


def entries_section(
    context: ScreenContext, asked: AuditFilter | None = None, page: int = 1
) -> list[Component]:
    """Return a page of entries with its title, or the text that there is none."""
    found = read_audit(context.writer, asked, page, SHOWN)
    parts = [
        bilingual("audit.entries", tag=html.H2),
        bilingual("audit.late", class_name="caption", seconds=WRITTEN_EVERY_S),
    ]
    if not found.entries:
        return [*parts, bilingual("audit.none", class_name="empty")]
    more = [bilingual("audit.has_more", class_name="caption")] if found.has_more else []
    rows = [entry_row(each, context.city.timezone) for each in found.entries]
    return [*parts, table(_HEADS, rows), *more]


def table(heads: Sequence[str], rows: Sequence[html.Tr]) -> html.Table:
    """Return a table with its heads in both languages."""
    cells = [html.Th(bilingual(f"audit.{name}", tag=html.Span), scope="col") for name in heads]
    return html.Table([html.Thead(html.Tr(cells)), html.Tbody(list(rows))])


def entry_row(entry: RowMapping, zone: str) -> html.Tr:
    """Return one entry."""
    outcome = entry["outcome"]
    is_public = entry["role"] == Role.PUBLIC
    who = f"{entry['who']} · {entry['role']}"
    return html.Tr(
        [
            html.Td(local_time(entry["at"], zone), className="number"),
            html.Td(bilingual("audit.public", tag=html.Span) if is_public else who),
            html.Td(entry["act"]),
            html.Td(entry["subject"]),
            html.Td(
                bilingual(f"audit.outcome.{outcome}", tag=html.Span),
                className=f"outcome-{outcome}",
            ),
            html.Td(", ".join(f"{name} {value}" for name, value in entry["detail"].items())),
            html.Td(entry["client"]),
        ]
    )
