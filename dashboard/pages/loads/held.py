"""The held loads: what each would take away, and the command that loads it after all."""

from collections.abc import Sequence

from dash import dcc, html
from dash.development.base_component import Component

from dashboard.components.provenance import local_time
from dashboard.components.text import bilingual, two_lines
from dashboard.pages.loads.overview import head
from geodata.city.configuration import City
from geodata.city.source_names import find_source_name
from geodata.database.handle import RowMapping

_HEADS = ("load", "source", "file", "held_since", "would_go", "accept")


def held_section(rows: Sequence[RowMapping], city: City) -> list[Component]:
    """Return the panel of held loads, newest first."""
    lines = [held_line(row, city) for row in rows]
    parts = [
        bilingual("loads.held", tag=html.H2),
        bilingual("loads.held_why", class_name="why"),
        html.Table([head(_HEADS), html.Tbody(lines)]),
    ]
    return [html.Section(parts, className="panel loads-held")]


def held_line(row: RowMapping, city: City) -> html.Tr:
    """Return one held load; its number links to its account."""
    going = two_lines(row["message_zh"] or row["message"], row["message_en"] or "")
    return html.Tr(
        [
            html.Td(dcc.Link(f"№ {row['load_id']}", href=f"/loads/{row['load_id']}")),
            html.Td(two_lines(*find_source_name(city, row["source"]))),
            html.Td(row["file"], className="load-file"),
            html.Td(local_time(row["finished_at"], city.timezone), className="number"),
            html.Td(going, className="load-held"),
            html.Td(accept_command(row["load_id"])),
        ]
    )


def accept_command(load_id: int) -> html.Code:
    """Return the command that loads a held file after all, as it is typed."""
    return html.Code(f"python app.py accept {load_id}", className="accept-command")
