"""The wall's table: every district's score of every domain, against its targets."""

from collections.abc import Mapping, Sequence

from dash import html
from dash.development.base_component import Component

from dashboard.components.district_table import TableCell, TableRow, district_table
from dashboard.components.text import bilingual
from dashboard.pages.wall.cards import NOTHING
from dashboard.read.context import ScreenContext
from dashboard.read.scores import score_evidence, score_text
from dashboard.wording.i18n import LANGUAGES, translate
from geodata.city.configuration import City
from geodata.queries.screens import read_district_list
from layers.catalogue.domains import Domain, find_domain
from layers.score.attainment import Rating
from layers.score.rules import load_scored
from layers.score.score import PlaceScore, place_score


def build_table(context: ScreenContext, scores: Mapping[str, PlaceScore]) -> list[Component]:
    """Return the table with its title."""
    districts = read_district_list(context.engine)
    domains = [find_domain(context.city, key) for key in load_scored(context.city)]
    rows = [
        build_row(context.city, domains, row, scores.get(row["district_id"], place_score({})))
        for row in districts.iter_rows(named=True)
    ]
    return [
        html.Header([bilingual("wall.districts", tag=html.H2), key_of_marks()]),
        district_table(domains, rows),
    ]


def key_of_marks() -> html.Div:
    """Return the legend of the signs."""
    keys = [
        html.Span(
            [html.Span(rating.sign, className=f"mark {rating}"), words(rating)],
            className="caption",
        )
        for rating in (Rating.GOOD, Rating.WATCH, Rating.BAD)
    ]
    return html.Div(keys, className="mark-key")


def words(rating: Rating) -> str:
    """Return a rating in both languages."""
    return " ".join(translate(f"standing.{rating}", code) for code in LANGUAGES)


def build_row(
    city: City, domains: Sequence[Domain], row: Mapping[str, object], place: PlaceScore
) -> TableRow:
    """Return a district's scores."""
    found = [place.domains.get(domain.key, NOTHING) for domain in domains]
    return TableRow(
        district_id=str(row["district_id"]),
        name_zh=str(row["name_zh"]),
        name_en=str(row["name_en"]),
        cells=tuple(
            TableCell(score_text(each.score), each.rating, score_evidence(city, each))
            for each in found
        ),
        overall=TableCell(score_text(place.score), place.rating),
        score=place.score,
    )
