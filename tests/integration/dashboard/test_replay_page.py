"""The wall of a moment on a real database that holds one load and nothing else."""

import json
from datetime import UTC, datetime, timedelta

import pytest
from plotly.utils import PlotlyJSONEncoder
from sqlalchemy import Engine, insert

from dashboard.factory import build_page
from dashboard.live.points import points_property
from dashboard.page import discover
from dashboard.read.cache import build_cache
from dashboard.read.context import ScreenContext
from geodata.city.configuration import City
from geodata.clock import replayed, replaying
from geodata.settings import Settings
from geodata.space.districts import load_districts
from geodata.tables import load

pytestmark = pytest.mark.usefixtures("asked_by_administrator")

LOADED_AT = datetime(2026, 11, 20, 0, 0, tzinfo=UTC)  # 08:00 in Changchun


def test_the_page_of_a_moment(engine: Engine, city: City, tmp_path) -> None:
    settings = Settings(data_dir=tmp_path)
    context = ScreenContext(engine, city, settings, build_cache(settings, city))
    with engine.begin() as connection:
        load_districts(connection, city)
        row = dict.fromkeys(("source", "table_name", "file", "sha256", "owner", "licence"), "x")
        row |= dict.fromkeys(("rows_in", "rows_loaded", "rows_rejected", "records"), 0)
        row |= {"status": "loaded", "provenance": "real"}
        row |= dict.fromkeys(("started_at", "finished_at"), LOADED_AT)
        connection.execute(insert(load).values(row))

    def page(search: str) -> str:
        return json.dumps(build_page(context, discover(), "/wall", search), cls=PlotlyJSONEncoder)

    shown = page("?at=2026-11-20T08:30")
    assert '"data-at": "2026-11-20T00:30:00+00:00"' in shown
    assert "REPLAY 2026-11-20 08:30" in shown
    assert "vehicles.json" not in shown  # positions are not kept: a scene of none is passed over
    with replaying(LOADED_AT + timedelta(minutes=30)):
        points = points_property(city, ["incidents"])
    assert points is not None
    assert points["url"] == "/live/points/incidents.json?at=2026-11-20T00:30:00Z"
    assert replayed() is None
    assert "Nothing had been loaded by 2026-11-20 07:30" in page("?at=2026-11-20T07:30")
    ahead = datetime.now(UTC) + timedelta(days=2)
    assert "has not come yet" in page(f"?at={ahead:%Y-%m-%d}")
    assert "This is not a time: soon" in page("?at=soon")
    assert "data-at" not in page("")
