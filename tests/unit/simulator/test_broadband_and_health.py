import json
from pathlib import Path

import numpy as np
import polars as pl

from geodata.space.datums import gcj02_to_wgs84
from simulator.broadband.base_stations import build_masts
from simulator.ground.world import World
from simulator.months import complete_months_before
from tests.unit.simulator.conftest import DAYS, START_ON


def _csv(incoming: Path, name: str) -> pl.DataFrame:
    return pl.read_csv(incoming / name)


def test_cell_identities_give_the_base_station(incoming: Path) -> None:
    sectors = _csv(incoming, "broadband/base_stations.csv")
    four = sectors.filter(制式="4G")
    five = sectors.filter(制式="5G")
    assert (four["小区标识"] // 256 == four["基站标识"]).all()
    assert (five["小区标识"] // 4096 == five["基站标识"]).all()
    assert four["小区标识"].max() < 2**28
    assert five["小区标识"].max() < 2**36
    assert sectors.group_by("制式", "基站标识").len()["len"].unique().to_list() == [3]


def test_there_are_26_gnb_per_10k_residents(world: World) -> None:
    assert len(build_masts(world, "5G").node_id) == round(26 * 7.5001)


def test_report_index_is_that_of_the_technology(incoming: Path) -> None:
    samples = _csv(incoming, "broadband/radio_samples_202611.csv")
    offset = {"4G": 141, "5G": 157}
    for technology, base in offset.items():
        own = samples.filter(制式=technology)
        step = own["RSRP_dBm"] - (own["MR索引"] - base)
        assert own.height > 100
        assert step.min() >= 0
        assert step.max() <= 1


def test_radio_covers_the_last_days_only(incoming: Path) -> None:
    days = _csv(incoming, "broadband/radio_samples_202611.csv")["采样时间"].str.head(10)
    assert sorted(set(days)) == ["2026-11-17", "2026-11-18"]


def test_speeds_are_plausible(incoming: Path) -> None:
    tests = _csv(incoming, "broadband/speed_tests_202611.csv")
    assert 400 < tests.height < 800
    mean = dict(tests.group_by("接入方式").agg(pl.col("下行速率_Mbps").mean()).iter_rows())
    assert 150 < mean["移动网络"] < 350
    assert 250 < mean["固定宽带"] < 550
    assert tests["测试编号"].n_unique() == tests.height


def test_access_points_stand_in_their_venue(incoming: Path) -> None:
    points = _csv(incoming, "broadband/wifi_access_points.csv")
    venues = json.loads((incoming / "broadband/hotspot_venues.geojson").read_text(encoding="utf-8"))
    rings = {
        item["properties"]["venue_id"]: np.array(item["geometry"]["coordinates"][0])
        for item in venues["features"]
    }
    lon, lat = gcj02_to_wgs84(points["经度"].to_numpy(), points["纬度"].to_numpy())
    for venue, x, y in zip(points["场所编号"], lon, lat, strict=True):
        (west, south), (east, north) = rings[venue].min(axis=0), rings[venue].max(axis=0)
        assert west <= x <= east
        assert south <= y <= north
    assert points.height == 30
    silent = points.filter(状态="离线")["最后在线时间"]
    assert (silent < f"{START_ON.replace(day=START_ON.day + DAYS - 1)} 00:00:00").all()


def test_beds_and_doctors_meet_the_city_totals(incoming: Path) -> None:
    hospitals = _csv(incoming, "health/hospitals.csv")
    assert hospitals["实有床位数"].sum() == round(75_001 * 7.5 / 1000)
    assert hospitals["执业（助理）医师数"].sum() == round(75_001 * 3.6 / 1000)
    origin = dict(hospitals.select("机构名称", "位置来源").iter_rows())
    assert origin["平原第一医院"] == "OpenStreetMap"
    assert origin["东镇人民医院"] == "模拟"


def test_emergency_departments_report_every_quarter_of_an_hour(incoming: Path) -> None:
    reports = _csv(incoming, "health/ed_presence_202611.csv")
    departments = _csv(incoming, "health/hospitals.csv").filter(设有急诊="是")
    assert set(reports["机构编码"]) == set(departments["机构编码"])
    expected = departments.height * 96 * DAYS
    assert 0.95 * expected < reports.height <= expected
    assert (reports["开放诊位"] > 0).all()


def test_recognised_results_are_among_the_existing(incoming: Path) -> None:
    report = _csv(incoming, "health/lab_recognition_202610.csv")
    assert (report["互认份数"] <= report["既有结果份数"]).all()
    rate = report["互认份数"].sum() / report["既有结果份数"].sum()
    assert 0.25 < rate < 0.65
    names = [f"{month:%Y%m}" for month in complete_months_before(START_ON, 3)]
    assert names == ["202608", "202609", "202610"]
