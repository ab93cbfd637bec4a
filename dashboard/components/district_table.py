"""Districts x domains: the score of each against its targets, best first."""

from collections.abc import Sequence
from dataclasses import dataclass

from dash import html

from dashboard.components.domain_card import rating_mark
from dashboard.components.text import bilingual, two_lines
from layers.score.attainment import Rating


@dataclass(frozen=True)
class TableCell:
    """One score."""

    text: str
    rating: Rating
    evidence: str = ""


@dataclass(frozen=True)
class TableRow:
    """One district."""

    district_id: str
    name_zh: str
    name_en: str
    cells: tuple[TableCell, ...]
    overall: TableCell
    score: float | None


def table_head(domains: Sequence[str]) -> html.Thead:
    """Return the names of the domains."""
    heads = [
        html.Th(bilingual(f"domain_short.{name}"), scope="col", className=f"domain-{name}")
        for name in domains
    ]
    overall = html.Th(bilingual("score.overall"), scope="col", className="overall")
    blank = [html.Th("", scope="col", className="rank"), html.Th("", scope="col")]
    return html.Thead(html.Tr([*blank, *heads, overall]))


def table_row(place: int, row: TableRow) -> html.Tr:
    """Return one district's line; its name leads to its page."""
    cells = [
        html.Td(
            [rating_mark(cell.rating), html.Span(cell.text, className="number")],
            className=f"cell {cell.rating}",
            title=cell.evidence,
        )
        for cell in row.cells
    ]
    short = row.name_en.rsplit(" ", 1)[0]  # the Chinese says whether district, city or county
    name = html.A(two_lines(row.name_zh, short, tag=html.Span), href=f"/district/{row.district_id}")
    rank = html.Td(str(place) if row.score is not None else "", className="rank number")
    overall = html.Td(html.Span(row.overall.text, className="number"), className="overall")
    return html.Tr([rank, html.Th(name, scope="row"), *cells, overall])


def district_table(domains: Sequence[str], rows: Sequence[TableRow]) -> html.Table:
    """Return the table sorted by score, those without one last, then by the city's order."""
    ordered = sorted(rows, key=lambda row: -(row.score if row.score is not None else -1))
    body = [table_row(place, row) for place, row in enumerate(ordered, 1)]
    return html.Table([table_head(domains), html.Tbody(body)], className="district-table")
