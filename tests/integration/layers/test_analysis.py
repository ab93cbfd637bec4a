"""E2 smoothed, E11 hot spots and their history, read from a seeded city like any layer."""

from datetime import UTC, date, datetime, timedelta

import numpy as np
import polars as pl
import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from sqlalchemy import insert

from geodata.city.configuration import load_city
from geodata.errors import NotFoundError
from geodata.http.problems import add_problem_handlers
from geodata.tables import source_coverage
from layers.build.run import build_states
from layers.errors import QueryError
from layers.maps.analyses import CODES, analysis_classes, read_sensitivity, read_smoothed
from layers.maps.encoding import decode_column
from layers.maps.routes import LayerContext, serve_layers
from layers.maps.urls import analysis_address, cells_address, values_address
from layers.period import Period
from layers.states.status import Status
from layers.statistics.gi_star import compute_hot_spots
from layers.values.read import ValueQuery, read_build, read_values

CHANGCHUN = load_city("changchun")

FIRST = datetime(2026, 9, 30, 16, tzinfo=UTC)  # 2026-10-01 in Changchun
OCTOBER = Period.parse("2026-10")
DAYS = Period.parse("2026-11-04--2026-11-07")
RATE = "incident_rate_10k"


@pytest.fixture(scope="module")
def seeded(engine, city, add, points, emergencies):
    """Incidents and residents alone, with the states of these."""
    end = FIRST + timedelta(days=40)
    number = add("incident", emergencies, source="incidents", event_to=end)
    said = {"source": "incidents", "table_name": "incident", "starts_at": FIRST, "ends_at": end}
    lon, lat, cell, district = points
    people = [
        {
            "unit_id": str(i),
            "vintage_on": date(2020, 11, 1),
            "residents": 150.0 * (1 + i % 19),
            "cell": int(cell[i]),
            "district_id": str(district[i]),
            "geom": f"SRID=4326;POINT({lon[i]} {lat[i]})",
        }
        for i in range(2000)
    ]
    add("population", people, source="census", event_to=end)
    with engine.begin() as connection:
        connection.execute(insert(source_coverage).values(**said, load_id=number))
    build_states(engine, city, ["incident_count", "residents", RATE])
    return engine


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("data")


@pytest.fixture(scope="module")
def client(seeded, city, folder):
    app = FastAPI()
    add_problem_handlers(app)
    serve_layers(app, LayerContext(seeded, city, folder))
    with TestClient(app) as made:
        yield made


def address(name: str, key: str, version: str, period: Period, res: int, area: str = "city"):
    return analysis_address(name, key, version, period, res, area)


def test_e11_hot_spots_are_those_of_the_layer_itself(client, seeded, city) -> None:
    """E11: over all cells of the city, zeros included; z where FDR 5 % holds, else a true zero."""
    version = read_build(seeded, CHANGCHUN, "incident_count").version
    cells = np.frombuffer(client.get(cells_address(city, 7)).content, "<u8").astype(np.int64)
    layer = client.get(values_address("incident_count", "all", version, OCTOBER, 7)).content
    found = compute_hot_spots(cells, decode_column(layer)[0].astype(float))
    answer = client.get(address("hotspot", "incident_count", version, OCTOBER, 7))
    assert answer.headers["cache-control"] == "public, max-age=31536000, immutable"
    values, status = decode_column(answer.content)
    assert found.is_hot.sum() > 10
    assert (status == np.where(found.is_significant, Status.OK, Status.ZERO_TRUE)).all()
    expected = np.where(found.is_significant, found.z, 0)
    assert values == pytest.approx(expected.astype(np.float32))


def test_e11_a_district_has_the_marks_of_the_city(client, seeded, city) -> None:
    version = read_build(seeded, CHANGCHUN, "incident_count").version
    whole = np.frombuffer(client.get(cells_address(city, 7)).content, "<u8")
    own = np.frombuffer(client.get(cells_address(city, 7, "220104")).content, "<u8")
    values, _ = decode_column(
        client.get(address("hotspot", "incident_count", version, OCTOBER, 7)).content
    )
    part, _ = decode_column(
        client.get(address("hotspot", "incident_count", version, OCTOBER, 7, "220104")).content
    )
    assert part.tolist() == values[np.isin(whole, own)].tolist()


def test_e11_history_of_hot_spots(client, seeded) -> None:
    """E11: twelve spans of three days; a hot centre for most of them is persistent."""
    version = read_build(seeded, CHANGCHUN, "incident_count").version
    values, status = decode_column(
        client.get(address("emerging", "incident_count", version, DAYS, 6)).content
    )
    codes = set(values[status == Status.OK].tolist())
    assert codes <= {sign * code for code in CODES.values() for sign in (1, -1)}
    assert CODES["persistent"] in codes
    early = Period.parse("2026-10-04--2026-10-07")
    _, unknown = decode_column(
        client.get(address("emerging", "incident_count", version, early, 6)).content
    )
    assert set(unknown) == {Status.NO_DATA}


def test_e2_smoothed_rates_say_estimated(client, seeded, city, folder) -> None:
    """E2: empirical Bayes as an option; people without events are part of it."""
    query = ValueQuery(RATE, OCTOBER, "all", by="cell", res=7)
    raw, smooth = read_values(seeded, city, query), read_smoothed(seeded, city, folder, query)
    both = raw.filter(pl.col("value").is_not_null()).join(smooth, on="key", suffix="_smooth")
    assert (both["status_smooth"] == Status.ESTIMATED).all()
    assert both["value_smooth"].std() < both["value"].std()
    mean = 10_000 * smooth["num"].sum() / smooth.filter(pl.col("value").is_not_null())["den"].sum()
    assert both["value_smooth"].min() < mean < both["value_smooth"].max()
    quiet = smooth.filter(pl.col("num") == 0, pl.col("value").is_not_null())
    assert len(quiet) > 10
    assert (quiet["value"] > 0).all()
    values, status = decode_column(
        client.get(
            address("smoothed", RATE, read_build(seeded, CHANGCHUN, RATE).version, OCTOBER, 7)
        ).content
    )
    assert np.isfinite(values[status == Status.ESTIMATED]).all()
    assert (status == Status.ESTIMATED).sum() > len(both) / 2


def test_what_cannot_be_analysed_is_refused(client, seeded, city, folder) -> None:
    version = read_build(seeded, CHANGCHUN, "incident_count").version
    assert client.get(address("magic", "incident_count", version, OCTOBER, 7)).status_code == 404
    assert client.get(address("hotspot", "incident_count", "9999", OCTOBER, 7)).status_code == 404
    assert client.get(address("smoothed", "incident_count", version, OCTOBER, 7)).status_code == 400
    with pytest.raises(QueryError, match="only cells"):
        read_smoothed(seeded, city, folder, ValueQuery(RATE, OCTOBER, "all", by="district"))
    with pytest.raises(NotFoundError):
        read_smoothed(seeded, city, folder, ValueQuery("nothing", OCTOBER, by="cell"))


def test_maup_the_same_question_at_the_neighbouring_resolutions(seeded, city) -> None:
    """METHODS 7: sensitivity at res +-1; counts of what has a place add up at each."""
    found = read_sensitivity(seeded, city, ValueQuery("incident_count", OCTOBER, "all", res=8))
    assert sorted(found) == [7, 8, 9]
    assert len({frame["value"].sum() for frame in found.values()}) == 1
    coarsest = read_sensitivity(seeded, city, ValueQuery("incident_count", OCTOBER, "all", res=5))
    assert sorted(coarsest) == [5, 6]


def test_classes_of_an_analysis_are_fixed_around_none() -> None:
    classes = analysis_classes("hotspot")
    assert classes is not None
    assert len(classes.palette) == len(classes.breaks) + 1
    assert classes.target in classes.breaks
    assert analysis_classes("smoothed") is None
