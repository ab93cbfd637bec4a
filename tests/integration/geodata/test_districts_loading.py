"""Districts in a real PostGIS: written once, written over, never mixed."""

from pathlib import Path

import geopandas as gpd
import numpy as np
import pytest
from sqlalchemy import text

from geodata.city.configuration import load_city
from geodata.errors import CityError
from geodata.space.districts import DistrictLocator, load_districts, read_districts

PORTO_ALEGRE = str(Path(__file__).parents[2] / "data" / "cities" / "portoalegre")


@pytest.fixture
def connection(engine):
    """A connection whose work is undone after the test."""
    with engine.connect() as opened, opened.begin() as transaction:
        yield opened
        transaction.rollback()


def _rows(connection):
    query = text(
        "SELECT district_id, name_zh, position, area_km2 FROM ops.district ORDER BY position"
    )
    return connection.execute(query).all()


def test_districts_and_the_rows_of_none_are_there_once_however_often_they_are_loaded(
    connection,
):
    city = load_city("changchun")
    load_districts(connection, city)
    first = _rows(connection)
    load_districts(connection, city)
    assert _rows(connection) == first
    assert len(first) == 14
    assert first[0][:3] == ("220102", "南关区", 1)
    assert first[0].area_km2 == pytest.approx(532.4, abs=0.05)
    assert [(row.district_id, row.position, row.area_km2) for row in first[-3:]] == [
        ("unknown", 12, None), ("outside", 13, None), ("unplaced", 14, None)
    ]  # fmt: skip


def test_what_changed_is_written_over(connection):
    city = load_city("changchun")
    load_districts(connection, city)
    connection.execute(text("UPDATE ops.district SET name_zh = 'x', geom = NULL"))
    load_districts(connection, city)
    stale = text("SELECT count(*) FROM ops.district WHERE name_zh = 'x'")
    empty = text("SELECT count(*) FROM ops.district WHERE geom IS NULL")
    assert connection.scalar(stale) == 0
    assert connection.scalar(empty) == 3, "only the rows of no district have no polygon"


def test_geometry_arrives_as_it_was(connection):
    city = load_city("changchun")
    load_districts(connection, city)
    query = "SELECT district_id, geom FROM ops.district WHERE geom IS NOT NULL ORDER BY position"
    stored = gpd.read_postgis(text(query), connection, geom_col="geom")
    assert stored.crs.to_epsg() == 4326
    assert stored.geometry.geom_equals_exact(read_districts(city).geometry, 1e-9).all()


def test_postgis_places_points_in_the_same_districts(connection):
    city = load_city("changchun")
    load_districts(connection, city)
    rng = np.random.default_rng(20141101)
    lon, lat = rng.uniform(123.9, 127.2, 500), rng.uniform(43.0, 45.4, 500)
    query = text(
        "SELECT coalesce(min(district_id) FILTER (WHERE ST_Covers(geom, "
        "ST_SetSRID(ST_MakePoint(p.lon, p.lat), 4326))), 'outside') "
        "FROM unnest(CAST(:lon AS float8[]), CAST(:lat AS float8[])) "
        "WITH ORDINALITY AS p(lon, lat, row) CROSS JOIN ops.district GROUP BY p.row ORDER BY p.row"
    )
    by_postgis = connection.scalars(query, {"lon": lon.tolist(), "lat": lat.tolist()}).all()
    assert DistrictLocator(read_districts(city)).locate(lon, lat).tolist() == by_postgis


def test_another_city_is_not_loaded_over_this_one(connection):
    load_districts(connection, load_city("changchun"))
    with pytest.raises(CityError, match="another city: 220102"):
        load_districts(connection, load_city(PORTO_ALEGRE))


def test_the_second_city_loads_from_configuration_alone(connection):
    load_districts(connection, load_city(PORTO_ALEGRE))
    assert [row.district_id for row in _rows(connection)] == [
        "poa",
        "unknown",
        "outside",
        "unplaced",
    ]
