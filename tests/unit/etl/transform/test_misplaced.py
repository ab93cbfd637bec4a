"""Likely causes of misplaced points: in several cities, hemispheres and projections."""

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from pyproj import Transformer

from etl.transform.misplaced import (
    DEGREES,
    DIGIT_LOST,
    DIGIT_TOO_MANY,
    METRES,
    OTHER_CRS,
    OTHER_DATUM,
    POINT_SHIFTED,
    SIGN_LOST,
    SWAPPED,
    SWAPPED_AND_SIGN_LOST,
    Reading,
    find_causes,
)
from geodata.space import datums

CHANGCHUN = (124.0, 43.0, 127.5, 45.5)
PORTO_ALEGRE = (-51.4, -30.4, -50.9, -29.6)
OAHU = (-158.4, 21.1, -157.5, 21.8)
HELSINKI = (24.5, 59.9, 25.4, 60.4)
CITIES = {
    "changchun": (CHANGCHUN, Reading(4551, datum_area=CHANGCHUN)),
    "porto_alegre": (PORTO_ALEGRE, Reading(31982)),
    "oahu": (OAHU, Reading(26904)),
    "helsinki": (HELSINKI, Reading(3067)),
}


def cause(x, y, bounds, reading):
    return find_causes(np.array([float(x)]), np.array([float(y)]), bounds, reading)[0]


@pytest.mark.parametrize(
    ("city", "x", "y", "expected"),
    [
        ("changchun", 43.88, 125.32, SWAPPED),
        ("changchun", -125.32, 43.88, SIGN_LOST),
        ("changchun", 445682.308, 4862044.522, METRES),
        ("changchun", 4862044.522, 445682.308, METRES),
        ("changchun", 42445682.308, 4862044.522, METRES),
        ("changchun", 12.532, 43.88, POINT_SHIFTED),
        ("changchun", 125320000, 43880000, POINT_SHIFTED),
        ("changchun", 12519.2, 4352.8, POINT_SHIFTED),
        ("changchun", 15.32, 43.88, DIGIT_LOST),
        ("changchun", 25.32, 43.88, DIGIT_LOST),
        ("changchun", 125.32, 943.88, DIGIT_TOO_MANY),
        ("changchun", 116.4, 39.9, ""),
        ("changchun", np.nan, 43.88, ""),
        ("changchun", np.inf, 43.88, ""),
        ("porto_alegre", -30.05, -51.2, SWAPPED),
        ("porto_alegre", 51.2, -30.05, SIGN_LOST),
        ("porto_alegre", 51.2, 30.05, SIGN_LOST),
        ("porto_alegre", 30.05, 51.2, SWAPPED_AND_SIGN_LOST),
        ("porto_alegre", 478000, 6677000, METRES),
        ("porto_alegre", -5.12, -30.05, POINT_SHIFTED),
        ("porto_alegre", -46.63, -23.55, ""),
        ("oahu", 157.97, 21.46, SIGN_LOST),
        ("oahu", 21.46, -157.97, SWAPPED),
        ("oahu", -57.97, 21.46, DIGIT_LOST),
        ("oahu", -17585000, 2445000, METRES),
        ("helsinki", 60.17, 24.94, SWAPPED),
        ("helsinki", 386000, 6672000, METRES),
        ("helsinki", 24.94, 6.0, POINT_SHIFTED),
        ("helsinki", 24.94, 0.17, DIGIT_LOST),
    ],
)
def test_a_slip_is_known_by_the_place_it_hides(city, x, y, expected):
    assert cause(x, y, *CITIES[city]) == expected


@pytest.mark.parametrize(
    ("x", "y", "expected"),
    [
        (4862044.522, 445682.308, SWAPPED),
        (125.3, 43.9, DEGREES),
        (42445682.308, 4862044.522, OTHER_CRS),  # the easting begins with its zone
        (13950000, 5445000, OTHER_CRS),  # web Mercator
        (600000, 3000000, ""),
    ],
)
def test_a_slip_in_metres_is_known_too(x, y, expected):
    reading = Reading(4551, crs=4551, datum_area=CHANGCHUN)
    assert cause(x, y, CHANGCHUN, reading) == expected


def test_another_datum_is_thought_of_only_at_the_edge():
    inside = 127.4995, 44.0
    lon, lat = (float(axis[0]) for axis in datums.wgs84_to_gcj02(*map(np.atleast_1d, inside)))
    assert lon > CHANGCHUN[2]
    assert cause(lon, lat, CHANGCHUN, Reading(4551, datum_area=CHANGCHUN)) == OTHER_DATUM
    assert cause(127.6, 44.0, CHANGCHUN, Reading(4551, datum_area=CHANGCHUN)) == ""
    assert cause(lon, lat, CHANGCHUN, Reading(4551)) != OTHER_DATUM  # no city of shifted datums


@given(
    st.floats(-179, 177), st.floats(-75, 73), st.floats(0.1, 0.9), st.floats(0.1, 0.9),
    st.sampled_from(["swap", "mirror", "metres"]),
)  # fmt: skip
def test_whatever_the_city_an_undone_slip_is_told(west, south, across, up, slip):
    bounds = west, south, west + 1.5, south + 1.5
    lon, lat = west + across * 1.5, south + up * 1.5
    zone = int(((bounds[0] + bounds[2]) / 2 + 180) // 6) + 1
    crs = (32600 if south + bounds[3] >= 0 else 32700) + zone
    if slip == "metres":
        x, y = Transformer.from_crs(4326, crs, always_xy=True).transform(lon, lat)
        assume(abs(x) > 360 and abs(y) > 360)
        expected = {METRES}
    else:
        x, y = (lat, lon) if slip == "swap" else (-lon, lat)
        expected = {SWAPPED} if slip == "swap" else {SWAPPED, SIGN_LOST}
    assume(not (bounds[0] <= x <= bounds[2] and bounds[1] <= y <= bounds[3]))
    assert cause(x, y, bounds, Reading(crs)) in expected
