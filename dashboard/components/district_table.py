"""Districts x domains: one headline value each, against its target, best first."""

from collections.abc import Sequence
from dataclasses import dataclass

from dash import html

from dashboard.components.domain_card import standing_mark
from dashboard.components.text import two_lines
from layers.score.attainment import Standing


@dataclass(frozen=True)
class TableColumn:
    """One domain's headline."""

    domain: str
    name_zh: str
    name_en: str
    unit: str


@dataclass(frozen=True)
class TableCell:
    """One district's value of one headline."""

    text: str
    standing: Standing
    words: str


@dataclass(frozen=True)
class TableRow:
    """One district."""

    district_id: str
    name_zh: str
    name_en: str
    cells: tuple[TableCell, ...]
    score: float


def table_head(columns: Sequence[TableColumn]) -> html.Thead:
    """Return the domains with the name and unit of their headline."""
    heads = [
        html.Th(
            [
                html.Span(column.name_zh, className="zh", lang="zh-CN"),
                html.Span(column.name_en, className="en", lang="en"),
                html.Span(column.unit or "mm:ss", className="unit"),
            ],
            scope="col",
            className=f"domain-{column.domain}",
        )
        for column in columns
    ]
    return html.Thead(html.Tr([html.Th("", scope="col"), *heads]))


def table_row(row: TableRow) -> html.Tr:
    """Return one district's line; its name leads to its page."""
    cells = [
        html.Td(
            [standing_mark(cell.standing), html.Span(cell.text, className="number")],
            className=f"cell {cell.standing}",
            title=cell.words,
        )
        for cell in row.cells
    ]
    short = row.name_en.rsplit(" ", 1)[0]  # the Chinese above says whether district, city or county
    name = html.A(two_lines(row.name_zh, short, tag=html.Span), href=f"/district/{row.district_id}")
    return html.Tr([html.Th(name, scope="row"), *cells])


def district_table(columns: Sequence[TableColumn], rows: Sequence[TableRow]) -> html.Table:
    """Return the table sorted by how much of the targets is reached, then by the city's order."""
    ordered = sorted(rows, key=lambda row: -row.score)
    return html.Table(
        [table_head(columns), html.Tbody([table_row(row) for row in ordered])],
        className="district-table",
    )
