"""GCJ-02 and BD-09 against published vectors, and back."""

from pathlib import Path

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from geodata.errors import GeographyError
from geodata.space import datums

VECTORS = Path(__file__).parents[3] / "data" / "datums"
CHANGCHUN = (124.0, 43.0, 127.5, 45.5)
# The Changchun vectors come from a library with another radius: its shifts are larger by this.
THEIR_SCALE = 6378245.0 / 6378137.0
ROUNDING_M = 1.5e-3  # both ends of the Changchun vectors are rounded to eight decimals


def _vectors(name, *prefixes):
    frame = pl.read_csv(VECTORS / name)
    return [(frame[f"{p}_lon"].to_numpy(), frame[f"{p}_lat"].to_numpy()) for p in prefixes]


def _apart_m(first, second):
    east = (first[0] - second[0]) * 111_195 * np.cos(np.radians(second[1]))
    return float(np.hypot(east, (first[1] - second[1]) * 111_195).max())


def test_the_centre_of_changchun():
    lon, lat = np.array([125.32]), np.array([43.88])
    gcj, bd = datums.wgs84_to_gcj02(lon, lat), datums.wgs84_to_bd09(lon, lat)
    assert (gcj[0][0], gcj[1][0]) == pytest.approx((125.326507, 43.882410), abs=5.1e-7)
    assert (bd[0][0], bd[1][0]) == pytest.approx((125.333089, 43.888118), abs=5.1e-7)
    for back in (datums.gcj02_to_wgs84(*gcj), datums.bd09_to_wgs84(*bd)):
        assert (back[0][0], back[1][0]) == pytest.approx((125.32, 43.88), abs=1e-7)


def test_published_vectors_are_met_within_a_millimetre():
    wgs, gcj = _vectors("published_vectors.csv", "wgs", "gcj")
    lon, lat = datums.wgs84_to_gcj02(*wgs)
    cities = pl.read_csv(VECTORS / "published_vectors.csv")["place"].to_list()
    east_m = np.abs(lon - gcj[0]) * 111_195 * np.cos(np.radians(wgs[1]))
    north_m = np.abs(lat - gcj[1]) * 111_195
    assert (north_m < 1e-3).all()
    off = [city for city, metres in zip(cities, east_m, strict=True) if metres >= 1e-3]
    assert off == ["shenzhen"], "its published longitude alone is 1 cm off the formula"
    assert east_m.max() < 0.0103


def test_changchun_vectors_differ_by_the_other_radius_and_nothing_else():
    wgs, gcj = _vectors("changchun_vectors.csv", "wgs", "gcj")
    ours = datums.wgs84_to_gcj02(*wgs)
    assert _apart_m(ours, gcj) < 0.0103 + ROUNDING_M
    rescaled = tuple(w + (o - w) * THEIR_SCALE for w, o in zip(wgs, ours, strict=True))
    assert _apart_m(rescaled, gcj) < ROUNDING_M


def test_bd09_agrees_within_a_millimetre_from_the_same_gcj02():
    gcj, bd = _vectors("changchun_vectors.csv", "gcj", "bd")
    assert _apart_m(datums.gcj02_to_bd09(*gcj), bd) < ROUNDING_M
    assert _apart_m(datums.bd09_to_gcj02(*bd), gcj) < ROUNDING_M


@pytest.mark.parametrize("name", ["published_vectors.csv", "changchun_vectors.csv"])
def test_round_trips_return_within_a_millimetre(name):
    (wgs,) = _vectors(name, "wgs")
    assert _apart_m(datums.gcj02_to_wgs84(*datums.wgs84_to_gcj02(*wgs)), wgs) < 1e-3
    assert _apart_m(datums.bd09_to_wgs84(*datums.wgs84_to_bd09(*wgs)), wgs) < 1e-3


@settings(deadline=None)
@given(st.lists(st.tuples(st.floats(73.6, 135.1), st.floats(18.2, 53.6)), min_size=1, max_size=20))
def test_round_trips_hold_all_over_china(points):
    wgs = tuple(np.array(axis) for axis in zip(*points, strict=True))
    assert _apart_m(datums.gcj02_to_wgs84(*datums.wgs84_to_gcj02(*wgs)), wgs) < 1e-3
    assert _apart_m(datums.bd09_to_wgs84(*datums.wgs84_to_bd09(*wgs)), wgs) < 1e-3


def test_the_shift_over_changchun_is_500_to_610_m_and_1300_to_1450_m():
    (wgs,) = _vectors("changchun_vectors.csv", "wgs")
    gcj, bd = datums.wgs84_to_gcj02(*wgs), datums.wgs84_to_bd09(*wgs)
    assert 600 < _apart_m(gcj, wgs) < 610
    assert 1400 < _apart_m(bd, wgs) < 1460


def test_rows_outside_the_declared_area_are_left_and_reported():
    lon, lat = (
        np.array([125.326507, 116.384, np.nan, 125.3]),
        np.array([43.882410, 39.913, 43.0, np.nan]),
    )
    out_lon, out_lat, left = datums.to_wgs84(lon, lat, "gcj02", CHANGCHUN)
    assert left.tolist() == [False, True, True, True]
    assert (out_lon[0], out_lat[0]) == pytest.approx((125.32, 43.88), abs=1e-6)
    assert (out_lon[1], out_lat[1]) == (116.384, 39.913)
    assert lon[0] == 125.326507, "the original is kept"


def test_wgs84_is_returned_as_it_is_everywhere():
    lon, lat, left = datums.to_wgs84([125.32, -51.2], [43.88, -30.05], "wgs84", None)
    assert lon.tolist() == [125.32, -51.2]
    assert lat.tolist() == [43.88, -30.05]
    assert not left.any()


def test_a_city_without_an_area_shifts_nothing():
    lon, _, left = datums.to_wgs84([-51.2], [-30.05], "bd09", None)
    assert lon.tolist() == [-51.2]
    assert left.all()


def test_empty_input_and_unknown_datums():
    lon, _, left = datums.to_wgs84([], [], "gcj02", CHANGCHUN)
    assert len(lon) == len(left) == 0
    with pytest.raises(GeographyError, match="wgs84, gcj02, bd09"):
        datums.to_wgs84([125.0], [43.0], "gcj-02", CHANGCHUN)
