"""The wall's table: every district's headline of every domain, against its target."""

from collections.abc import Mapping, Sequence

import polars as pl
from dash import html

from dashboard.components.district_table import (
    TableCell,
    TableColumn,
    TableRow,
    district_table,
)
from dashboard.components.text import bilingual
from dashboard.context import Context
from dashboard.headlines import Subject, resolve
from dashboard.i18n import LANGUAGES, translate
from dashboard.numbers import format_reading, is_shown, unit_text
from dashboard.readings import read_values
from dashboard.scenes.model import Domain, Headline
from geodata.operations import read_district_list
from geodata.tables import UNKNOWN_DISTRICT
from layers.score.attainment import Standing, attainment, standing_of
from layers.status import Status

NEUTRAL = 1.0
Column = tuple[TableColumn, Subject | None, dict[str, tuple[float | None, int]]]


def build_table(context: Context, headlines: Mapping[Domain, Headline]) -> html.Section:
    """Return the table with its title."""
    columns = [build_column(context, domain, headlines[domain]) for domain in headlines]
    districts = read_district_list(context.engine).filter(pl.col("district_id") != UNKNOWN_DISTRICT)
    rows = [build_row(row, columns) for row in districts.iter_rows(named=True)]
    return html.Section(
        [
            html.Header([bilingual("wall.districts", tag=html.H2), key_of_marks()]),
            district_table([column[0] for column in columns], rows),
        ],
        className="panel districts",
    )


def key_of_marks() -> html.Div:
    """Return what the signs mean."""
    keys = [
        html.Span(
            [html.Span(standing.sign, className=f"mark {standing}"), words(standing)],
            className="caption",
        )
        for standing in (Standing.GOOD, Standing.WATCH, Standing.BAD)
    ]
    return html.Div(keys, className="mark-key")


def words(standing: Standing) -> str:
    """Return a standing in both languages."""
    return " ".join(translate(f"standing.{standing}", code) for code in LANGUAGES)


def build_column(context: Context, domain: Domain, headline: Headline) -> Column:
    """Return a domain's headline and its values by district."""
    subject = resolve(context, headline)
    if subject is None:
        head = TableColumn(domain, headline.short_zh, headline.short_en, "—")
        return head, None, {}
    frame = read_values(context, subject.build, subject.period, "district", subject.component)
    values = {
        key: (value, status)
        for key, value, status in frame.select("key", "value", "status").iter_rows()
    }
    unit = unit_text(subject.indicator, "zh")
    return TableColumn(domain, headline.short_zh, headline.short_en, unit), subject, values


def build_row(row: Mapping[str, object], columns: Sequence[Column]) -> TableRow:
    """Return a district's cells and the mean of what it reaches of its targets."""
    district_id = str(row["district_id"])
    cells, reached = [], []
    for _, subject, values in columns:
        value, status = values.get(district_id, (None, Status.NO_DATA))
        cells.append(build_cell(subject, value, status))
        share = attainment(value, subject.target) if subject and is_shown(value, status) else None
        reached.append(share)
    known = [share for share in reached if share is not None]
    score = sum(known) / len(known) if known else NEUTRAL
    return TableRow(district_id, str(row["name_zh"]), str(row["name_en"]), tuple(cells), score)


def build_cell(subject: Subject | None, value: float | None, status: int) -> TableCell:
    """Return a value with its standing and the words for it."""
    if subject is None:
        return TableCell("—", Standing.NONE, "")
    reading = format_reading(value, status, subject.indicator, "zh")
    standing = standing_of(value if is_shown(value, status) else None, subject.target)
    return TableCell(reading.text, standing, f"{words(standing)} {reading.word}".strip())
