"""The views of schema `published` that public readers ask, beside the collections.

A role that may read this schema and nothing else can answer every public address.
"""

from sqlalchemy import column, table
from sqlalchemy.sql.expression import TableClause

from geodata.tables.published import PUBLISHED, published_layer

_OWN = ("basis",)  # the publisher's own


def _view(name: str, *columns: str) -> TableClause:
    return table(name, *(column(each) for each in columns), schema=PUBLISHED)


layer_view = table(
    "layer",
    *(column(each.name, each.type) for each in published_layer.columns if each.name not in _OWN),
    schema=PUBLISHED,
)
_NUMBERS = ("value", "lo", "hi", "n", "status")
hexagon_view = _view("hexagon_number", "layer_id", "cell", "res", *_NUMBERS)
district_number_view = _view("district_number", "layer_id", "district_id", *_NUMBERS, "covered")
district_view = _view(
    "district", "district_id", "name_zh", "name_en", "kind", "position", "area_km2"
)
gap_view = _view("gap", "name", "indicator", "component", "reason", "inputs", "found_at")
source_view = _view(
    "source", "source", "owner", "licence", "is_simulated", "event_from", "event_to",
    "modified_at", "tables",
)  # fmt: skip
