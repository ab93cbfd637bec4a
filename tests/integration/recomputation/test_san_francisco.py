"""E1, E3-E8 of San Francisco's fire calls, counted again by pandas from the unit rows."""

from collections.abc import Callable
from math import ceil
from pathlib import Path

import geopandas as gpd
import h3
import numpy as np
import pandas as pd
import pytest
import scipy.stats
import shapely
from sqlalchemy import Engine

from geodata.city.configuration import City
from layers.maps.analyses import read_analysis
from layers.maps.cell_lists import read_cells
from layers.period import Period
from layers.statistics.gi_star import compute_hot_spots
from layers.values.query import ValueQuery, check_query
from layers.values.read import read_build, read_values

pytestmark = pytest.mark.realdata

ZONE = "America/Los_Angeles"
CLOCKS = {
    "t0": "Received DtTm",
    "t2": "Dispatch DtTm",
    "t3": "Response DtTm",
    "t4": "On Scene DtTm",
    "t6": "Available DtTm",
}
INTERVALS = {
    "call_processing_p90": ("t0", "t2"),
    "turnout_p90": ("own_t2", "t3"),
    "travel_p90": ("t3", "t4"),
    "call_to_arrival_p90": ("t0", "t4"),
}
BACKLOG = ["open_incidents", "open_incidents_mean", "open_age_p90", "stale_open"]
INDICATORS = ["incident_count", "incident_calls", *INTERVALS, "within_target_share", *BACKLOG]
DISTRICTS = ["ne", "nw", "se", "sw", "unknown"]
PERIODS = ["2009", "2014", "2017", "2017-11"]  # November 2017 has an hour more: clocks go back


@pytest.fixture(scope="module")
def city(engine: Engine, fill: Callable[..., City]) -> City:
    return fill(engine, "sanfrancisco", {"sf_outside_fire": {}}, INDICATORS)


@pytest.fixture(scope="module")
def calls(trial_data: Path) -> pd.DataFrame:
    """One row a call of the city: the clocks of the first unit on scene, and its own notice.

    Beside them `t2`, when the first of all units was notified, and `t6`, when the last was free.
    The trial city ends within San Francisco: calls beyond its boundary are in no number of it.
    """
    units = pd.read_csv(trial_data / "emergency" / "sf_outside_fire_2009_2018.csv", dtype=str)
    for name, column in CLOCKS.items():
        naive = pd.to_datetime(units[column], format="%m/%d/%Y %I:%M:%S %p")
        units[name] = naive.dt.tz_localize(ZONE)
    place = units["Location"].str.extract(r"\(([-0-9.]+), ([-0-9.]+)\)").astype(float)
    units["lat"], units["lon"] = place[0], place[1]
    ordered = units.sort_values(["t4", "t3", "t2"], na_position="last", kind="stable")
    call = ordered.groupby("Call Number").head(1).set_index("Call Number")
    call["own_t2"] = call["t2"]
    call["t2"] = units.groupby("Call Number")["t2"].min()
    call["t6"] = units.groupby("Call Number")["t6"].max()
    call = call[call["Call Final Disposition"] != "Cancelled"]
    beyond = call["lon"] >= -122.4425
    assert 0 < beyond.sum() < len(call)
    call = call[~beyond].copy()
    fine = [h3.latlng_to_cell(y, x, 10) for y, x in zip(call["lat"], call["lon"], strict=True)]
    north, east = call["lat"] > 37.776, call["lon"] > -122.45
    box = north.map({True: "n", False: "s"}) + east.map({True: "e", False: "w"})
    call["district"] = box
    call["fine"], call["cell"] = fine, [h3.cell_to_parent(cell, 8) for cell in fine]
    return call.assign(city="sanfrancisco")


def of_period(calls: pd.DataFrame, period: str) -> pd.DataFrame:
    return calls[calls["t0"].dt.strftime("%Y-%m").str.startswith(period)]


def seconds(calls: pd.DataFrame, start: str, end: str) -> pd.Series:
    """Whole seconds between two clocks; negative or over two hours is no observation."""
    length = (calls[end] - calls[start]).dt.total_seconds()
    return length.where((length >= 0) & (length <= 7200))


def rank_90(values: pd.Series) -> float:
    known = sorted(values.dropna())
    return known[ceil(round(0.9 * len(known), 9)) - 1] if known else float("nan")


@pytest.mark.parametrize("by", ["city", "district", "cell"])
@pytest.mark.parametrize("period", PERIODS)
def test_e1_counts(city, calls, answer, agrees, period: str, by: str) -> None:
    """E1: calls that were not cancelled, each once; places without one are true zeros."""
    own = of_period(calls, period).groupby(by).size()
    if by == "district" and period != "2009":  # the file begins on the 10th of January 2009
        own = own.reindex(DISTRICTS, fill_value=0)
    for key in ("incident_count", "incident_calls"):
        found = answer(city, key, period, by)
        agrees(found, own, exact=True)


@pytest.mark.parametrize("by", ["city", "district", "cell"])
@pytest.mark.parametrize("period", PERIODS)
@pytest.mark.parametrize("key", INTERVALS)
def test_e3_to_e6_ranks(city, calls, answer, agrees, key: str, period: str, by: str) -> None:
    """E3, E4, E5, E6: the value of rank ceil(0.9 n), of the clocks of the first unit on scene."""
    chosen = of_period(calls, period)
    own = seconds(chosen, *INTERVALS[key]).groupby(chosen[by]).agg(rank_90)
    agrees(answer(city, key, period, by), own, exact=True)


def test_e4_another_units_notice_makes_no_turnout(calls) -> None:
    """E4: the notice to the first of all units would give some calls a longer turnout."""
    own, first = (seconds(calls, start, "t3") for start in ("own_t2", "t2"))
    assert (own < first).sum() >= 10


@pytest.mark.parametrize("by", ["city", "district", "cell"])
@pytest.mark.parametrize("period", PERIODS)
def test_e7_share(city, calls, answer, agrees, period: str, by: str) -> None:
    """E7: on scene within 300 s of the first unit's notice, of the calls where both are known."""
    chosen = of_period(calls, period)
    length = seconds(chosen, "t2", "t4")
    within = (length <= 300).where(length.notna())
    own = 100 * within.groupby(chosen[by]).mean().astype(float)
    agrees(answer(city, "within_target_share", period, by), own, exact=False)


@pytest.fixture(scope="module")
def midnights(calls: pd.DataFrame) -> pd.DatetimeIndex:
    """The midnights at which some call was open: the ends of the days they were received on."""
    ends = (calls["t0"].dt.tz_localize(None).dt.normalize() + pd.Timedelta(days=1)).dt.tz_localize(
        ZONE
    )
    late = ends[calls["t6"].isna() | (calls["t6"] > ends)]
    return pd.DatetimeIndex(late.sort_values().unique())


def open_at(calls: pd.DataFrame, moment: pd.Timestamp) -> pd.DataFrame:
    is_open = (calls["t0"] <= moment) & (calls["t6"].isna() | (calls["t6"] > moment))
    return calls[is_open]


@pytest.mark.parametrize("by", ["city", "district", "cell"])
def test_e8_open_at_midnight(city, calls, midnights, answer, agrees, by: str) -> None:
    """E8: open at the end of the day and their ages; older than thirty days are stale, apart."""
    assert len(midnights) >= 3
    for moment in [*midnights[:4], *midnights[-4:]]:
        day = f"{moment - pd.Timedelta(hours=1):%Y-%m-%d}"
        found = open_at(calls, moment)
        is_stale = found["t0"] < moment - pd.Timedelta(days=30)
        counts = {"open_incidents": ~is_stale, "stale_open": is_stale}
        for key, chosen in counts.items():
            own = chosen.groupby(found[by]).sum()  # 0 where all that is open is stale
            if by == "district":
                own = own.reindex(DISTRICTS, fill_value=0)
            if by == "cell" and key == "stale_open":
                own = own[own > 0]
            if len(own):
                agrees(answer(city, key, day, by), own, exact=True)
        minutes = (moment - found["t0"])[~is_stale].dt.total_seconds() / 60
        own = minutes.groupby(found[by]).agg(rank_90)
        if len(own):
            agrees(answer(city, "open_age_p90", day, by), own, exact=True)


@pytest.mark.parametrize("by", ["city", "district"])
@pytest.mark.parametrize("period", ["2014", "2017-11"])
def test_e8_mean_over_a_period(city, calls, answer, agrees, period: str, by: str) -> None:
    """E8: hours open within the period over its hours, one more in the November of 2017."""
    start = pd.Timestamp(period, tz=ZONE)
    end = start + (pd.DateOffset(years=1) if len(period) == 4 else pd.DateOffset(months=1))
    length = calls["t6"].clip(upper=end) - calls["t0"].clip(lower=start)
    hours = length.dt.total_seconds().clip(lower=0) / 3600
    own = hours.groupby(calls[by]).sum() / ((end - start).total_seconds() / 3600)
    if by == "district":
        own = own.reindex(DISTRICTS, fill_value=0)
    agrees(answer(city, "open_incidents_mean", period, by), own, exact=False)


@pytest.fixture(scope="module")
def study_area(city: City) -> list[str]:
    """The hexagons of resolution 10 that lie in some district, if only in part."""
    area = gpd.read_file(Path(city.folder) / "districts.geojson").union_all()
    west, south, east, north = area.bounds
    lat, lon = np.meshgrid(np.arange(south, north, 4e-4), np.arange(west, east, 4e-4))
    within = shapely.contains_xy(area, lon, lat)
    near = {h3.latlng_to_cell(y, x, 10) for y, x in zip(lat[within], lon[within], strict=True)}
    fine = sorted({other for cell in near for other in h3.grid_disk(cell, 1)})
    outlines = [shapely.Polygon([(x, y) for y, x in h3.cell_to_boundary(cell)]) for cell in fine]
    met = shapely.intersects(area, outlines)
    return [cell for cell, is_met in zip(fine, met, strict=True) if is_met]


def test_e11_hot_spots(engine, city, calls, study_area, tmp_path: Path) -> None:
    """E11: Gi* of the methods' formula over all hexagons, two-sided, false discoveries 5 %."""
    res = 9  # at 8 there are fewer than the 30 hexagons that it takes
    period = "2010-01-01--2018-01-01"
    chosen = calls[calls["t0"].between("2010-01-01", pd.Timestamp("2018-01-01", tz=ZONE))]
    area = sorted({h3.cell_to_parent(cell, res) for cell in study_area})
    places = [h3.cell_to_parent(cell, res) for cell in chosen["fine"]]
    x = chosen.groupby(places).size().reindex(area, fill_value=0).astype(float)
    n, mean = len(x), x.mean()
    s = np.sqrt((x**2).mean() - mean**2)
    disks = [[each for each in h3.grid_disk(cell, 1) if each in x.index] for cell in area]
    w = np.array([len(disk) for disk in disks])
    above = np.array([x[disk].sum() for disk in disks]) - mean * w
    z = above / (s * np.sqrt((n * w - w**2) / (n - 1)))
    p = pd.Series(2 * scipy.stats.norm.sf(np.abs(z)), index=area)
    ranked = p.sort_values()
    kept = ranked[ranked <= 0.05 * np.arange(1, n + 1) / n]
    marked = p <= (kept.max() if len(kept) else -1)
    assert 0 < marked.sum() < n

    query = ValueQuery("incident_count", Period.parse(period), "all", "cell", res=res)
    found = read_values(engine, city, query)
    counts = dict(zip(found["key"], found["value"], strict=True))
    cells = read_cells(tmp_path, city, "city", res)
    assert sorted(h3.int_to_str(int(cell)) for cell in cells) == area
    order = [area.index(h3.int_to_str(int(cell))) for cell in cells]
    spots = compute_hot_spots(cells, np.array([counts.get(int(cell), 0.0) for cell in cells]))
    np.testing.assert_allclose(spots.z, z[order], rtol=1e-9)
    assert (spots.is_significant == marked.to_numpy()[order]).all()

    version = read_build(engine, city, "incident_count").version
    with engine.connect() as connection:
        question = check_query(query, city)
        drawn, _ = read_analysis(connection, city, tmp_path, question, version, "hotspot")
    assert (drawn == np.where(marked, z, 0)[order].astype(np.float32)).all()
