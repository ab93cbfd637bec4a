"""The tables a city names: census, stations, places."""

from types import SimpleNamespace

import polars as pl
import pytest

from geodata.city.configuration import load_city
from geodata.errors import CityError
from geodata.space.districts import DistrictLocator, read_districts
from simulator.ground.city_tables import read_census, read_places, read_stations

PUBLISHED_TOTAL = 9_066_906
DEVELOPMENT_ZONES = 1_616_712


@pytest.fixture(scope="module")
def changchun():
    return load_city("changchun")


def test_the_census_conserves_everybody(changchun):
    census = read_census(changchun)
    assert census["residents"].sum() == PUBLISHED_TOTAL
    assert census["residents_on_ground"].sum() == PUBLISHED_TOTAL
    assert census["residents_published"].sum() == PUBLISHED_TOTAL - DEVELOPMENT_ZONES
    added = census["residents_on_ground"] - census["residents_published"]
    assert added.min() >= 0
    assert added.sum() == DEVELOPMENT_ZONES


def test_the_census_has_every_district_once_and_uses_those_on_the_ground(changchun):
    census = read_census(changchun)
    districts = read_districts(changchun)["district_id"]
    assert sorted(census["district_id"]) == sorted(districts)
    nanguan = census.row(by_predicate=pl.col("district_id") == "220102", named=True)
    assert nanguan["residents_published"] == 657_682
    assert nanguan["residents"] == nanguan["residents_on_ground"] == 1_117_972


def test_stations_lie_in_the_city_and_keep_their_order_on_the_line(changchun):
    stations = read_stations(changchun)
    assert stations.height == 208
    assert stations["name"].n_unique() == 178
    assert stations.select("line", "seq").is_duplicated().sum() == 0
    locator = DistrictLocator(read_districts(changchun))
    located = locator.locate(stations["lon"].to_numpy(), stations["lat"].to_numpy())
    assert "unknown" not in located


def test_places_lie_in_the_city(changchun):
    places = read_places(changchun)
    assert places.height == 3113
    assert places["osm_id"].null_count() == 0
    kinds = dict(places["fclass"].value_counts().iter_rows())
    assert (kinds["hospital"], kinds["fire_station"]) == (59, 5)
    locator = DistrictLocator(read_districts(changchun))
    located = locator.locate(places["lon"].to_numpy(), places["lat"].to_numpy())
    assert (located != "unknown").all()


def test_a_city_without_tables_has_empty_ones():
    bare = SimpleNamespace(population=None, stations=None, places=None)
    assert read_census(bare).is_empty()
    assert read_stations(bare).columns == ["line", "seq", "name", "lon", "lat"]
    assert read_places(bare).is_empty()


@pytest.fixture
def recount(changchun, tmp_path):
    """A function that gives Changchun another census file."""

    def make(text):
        path = tmp_path / "census.csv"
        path.write_text(text, encoding="utf-8")
        population = changchun.population.model_copy(update={"file": path})
        return changchun.model_copy(update={"population": population})

    return make


HEADER = "district_id,residents_published,residents_on_ground\n"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (HEADER + "220102,1,2\n", "sums to 2, not to the published 9,066,906"),
        (HEADER + "220102,1,many\n", "census.csv: .*many"),
        ("district_id,residents\n220102,1\n", "columns are district_id, residents, not"),
    ],
)
def test_a_census_that_does_not_add_up_is_refused(recount, text, message):
    with pytest.raises(CityError, match=message):
        read_census(recount(text))
