"""The kiosk's districts: a button for each, and one for the whole city."""

import polars as pl
from dash import dcc

from dashboard.components.text import named
from dashboard.pages.kiosk.state import KioskState
from dashboard.read.context import ScreenContext
from dashboard.read.public import read_district_names
from dashboard.wording.i18n import translate


def district_name(context: ScreenContext, state: KioskState) -> tuple[str, str]:
    """Return the chosen district's names, or the city's."""
    found = read_district_names(context).filter(pl.col("district_id") == (state.district or ""))
    if found.is_empty():
        return context.city.name_zh, context.city.name_en
    row = found.row(0, named=True)
    return row["name_zh"], row["name_en"]


def district_buttons(context: ScreenContext, state: KioskState) -> list[dcc.Link]:
    """Return the city's button and each district's."""
    choices: list[tuple[str | None, str]] = [(None, translate("kiosk.city", state.lang))]
    for row in read_district_names(context).iter_rows(named=True):
        choices.append((row["district_id"], named(row["name_zh"], row["name_en"], state.lang)))
    return [
        dcc.Link(
            name,
            href="/kiosk" + state.search(district=district_id),
            className="kiosk-button" + (" chosen" if district_id == state.district else ""),
        )
        for district_id, name in choices
    ]
