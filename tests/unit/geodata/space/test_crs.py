"""Metric work: axes, distances, and what is refused."""

from pathlib import Path

import numpy as np
import pytest
import shapely
from pyproj import Geod

from geodata.city.configuration import load_city
from geodata.errors import CityError
from geodata.space.crs import from_metric, metric_geometry, to_metric, transformer

CONFIGURED = Path(__file__).parents[3] / "data" / "cities"


@pytest.fixture(scope="module")
def changchun():
    return load_city("changchun")


def test_x_is_east_and_y_is_north(changchun):
    x_m, y_m = to_metric(changchun, [126.0, 126.1, 126.0], [43.9, 43.9, 44.0])
    assert x_m[0] == pytest.approx(500_000, abs=1e-3), "false easting on the central meridian"
    assert x_m[1] - x_m[0] == pytest.approx(8_037, abs=5)
    assert y_m[2] - y_m[0] == pytest.approx(11_111, abs=5)


def test_a_line_across_the_centre_is_as_long_as_on_the_ellipsoid(changchun):
    line = metric_geometry(changchun, [shapely.LineString([(125.30, 43.88), (125.34, 43.88)])])
    geodesic_m = Geod(ellps="WGS84").line_length([125.30, 125.34], [43.88, 43.88])
    assert geodesic_m == pytest.approx(3214.71, abs=0.005)
    assert line.length[0] == pytest.approx(3214.82, abs=0.2)


def test_there_and_back(changchun):
    lon, lat = np.array([124.1, 125.32, 127.0]), np.array([43.2, 43.88, 45.2])
    back_lon, back_lat = from_metric(changchun, *to_metric(changchun, lon, lat))
    assert back_lon == pytest.approx(lon, abs=1e-9)
    assert back_lat == pytest.approx(lat, abs=1e-9)


def test_the_second_city_has_its_own(changchun):
    city = load_city(str(CONFIGURED / "portoalegre"))
    x_m, y_m = to_metric(city, -51.2, -30.05)
    assert 470_000 < float(x_m) < 490_000
    assert 6_670_000 < float(y_m) < 6_680_000
    assert transformer(city) is not transformer(changchun)
    assert transformer(city) is transformer(city)


@pytest.mark.parametrize(("epsg", "message"), [(4326, "metres"), (2263, "metres"), (1, "known")])
def test_a_crs_that_does_not_measure_in_metres_is_refused(changchun, epsg, message):
    city = changchun.model_copy(update={"metric_crs": epsg})
    with pytest.raises(CityError, match=f"EPSG:{epsg} .*{message}"):
        to_metric(city, 125.0, 43.0)
    with pytest.raises(CityError, match=message):
        metric_geometry(city, [shapely.Point(125, 43)])
