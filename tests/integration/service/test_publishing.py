"""What is published: the engine's own numbers, whole editions, nothing that tells on people."""

import numpy as np
import polars as pl
import pytest
from sqlalchemy import text

from geodata.published.layers import newest_of, read_periods
from geodata.published.reading import read_numbers_of
from layers.build.run import build_states
from layers.disclosure.publish import publish_layers
from layers.period import Period
from layers.states.status import Status
from layers.values.read import ValueQuery
from layers.values.read import read_values as read_answer

OCTOBER = Period.parse("2026-10")


def _rows(engine, name: str, res: int) -> pl.DataFrame:
    with engine.connect() as connection:
        return read_numbers_of(connection, name, res)


def test_values_are_those_of_the_engine(published, city):
    rows = _rows(published, "residents", 8)
    with published.connect() as connection:
        period = Period.parse(newest_of(read_periods(connection))["residents"].period)
    asked = read_answer(published, city, ValueQuery("residents", period, by="cell", res=8))
    wanted = dict(asked.select("key", "value").iter_rows())
    assert len(rows) > 500
    assert dict(rows.select("cell", "value").iter_rows()) == {
        key: wanted[key] for key in rows["cell"].to_list()
    }


def test_no_small_count_is_published_and_none_follows_from_a_district(published, city):
    """E1: METHODS 9 on hexagons of resolution 8, k = 5."""
    rows = _rows(published, "incident_count", 8)
    shown = rows.filter(pl.col("status") != Status.SUPPRESSED)["value"].to_numpy()
    assert not ((shown > 0) & (shown < 5)).any()
    assert (shown == 0).sum() > 1000
    asked = read_answer(
        published, city, ValueQuery("incident_count", OCTOBER, "all", by="cell", res=8)
    ).filter(pl.col("value") > 0)
    small = asked.filter(pl.col("value") < 5)["key"]
    hidden = rows.filter(pl.col("status") == Status.SUPPRESSED)["cell"]
    assert set(small.to_list()) & set(rows["cell"].to_list()) <= set(hidden.to_list())
    assert rows["lo"].null_count() == rows["n"].null_count() == len(rows)


def test_a_rate_hides_what_its_count_hides(published):
    counts = _rows(published, "incident_count", 8).filter(pl.col("status") == Status.SUPPRESSED)
    rates = _rows(published, "incident_rate_10k", 8)
    open_rates = rates.filter(pl.col("value").is_not_null())["cell"].to_numpy()
    assert not np.isin(open_rates, counts["cell"].to_numpy()).any()


def test_people_are_counted_at_one_resolution_and_over_a_whole_month(published):
    with published.connect() as connection:
        layers = newest_of(read_periods(connection))
        raw = connection.execute(
            text("SELECT count(*) FROM pg_views WHERE viewname = 'hex7_incident_count'")
        ).scalar_one()
    assert (layers["incident_count"].res, layers["incident_count"].period) == ((8,), "2026-10")
    assert layers["residents"].res == (7, 8)
    assert raw == 0


def test_publishing_again_changes_nothing_until_the_version_does(published, city, data_dir):
    assert publish_layers(published, city, data_dir, ["residents"]) == []
    before = _rows(published, "residents", 7)
    with published.begin() as connection:
        connection.execute(
            text("UPDATE ops.published_layer SET version = 'old' WHERE name = 'residents'")
        )
    build_states(published, city, ["residents"])
    assert publish_layers(published, city, data_dir, ["residents"]) == ["residents"]
    assert _rows(published, "residents", 7).equals(before)


def test_a_publication_that_fails_leaves_the_old_one_whole(published, city, data_dir, monkeypatch):
    before = _rows(published, "residents", 8)
    with published.begin() as connection:
        connection.execute(
            text("UPDATE ops.published_layer SET version = 'old' WHERE name = 'residents'")
        )

    def fail(*_):
        raise RuntimeError("no views")

    monkeypatch.setattr("layers.disclosure.publish.write_views", fail)
    with pytest.raises(RuntimeError, match="no views"):
        publish_layers(published, city, data_dir, ["residents"])
    assert _rows(published, "residents", 8).equals(before)
    with published.connect() as connection:
        assert newest_of(read_periods(connection))["residents"].version == "old"
    monkeypatch.undo()
    assert publish_layers(published, city, data_dir, ["residents"]) == ["residents"]
