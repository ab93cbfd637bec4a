import csv
import io
from datetime import timedelta
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from geodata.space.datums import bd09_to_wgs84, gcj02_to_wgs84
from simulator.emergency.faults import CLOCKS, plant_faults
from simulator.emergency.incident_files import build_dispatchers, channel_calls, crossed_calls
from simulator.ground.world import World
from tests.unit.simulator.conftest import DAYS, START_ON


@pytest.fixture(scope="module")
def calls(world: World) -> pl.DataFrame:
    dispatchers = build_dispatchers(world, ("110", "120"))
    return pl.concat(
        channel_calls(world, dispatcher, START_ON + timedelta(days=number))
        for dispatcher in dispatchers
        for number in range(10)
    )


def _rows(world: World, incoming: Path, system: str) -> list[dict[str, str]]:
    encoding = next(item.encoding for item in world.rules.systems if item.key == system)
    text = (incoming / "emergency" / f"incidents_{system}_202611.csv").read_bytes().decode(encoding)
    return list(csv.DictReader(io.StringIO(text)))


def test_sound_clocks_are_in_order(calls: pl.DataFrame) -> None:
    sound = calls.filter(fault="").select(CLOCKS).to_numpy()
    steps = [np.diff(row[~np.isnan(row)]) for row in sound]
    assert len(steps) > 4000
    assert all((step > 0).all() for step in steps)


@pytest.mark.parametrize(
    ("fault", "share"),
    [
        ("missing_arrival", 0.05 * 0.96 * 0.97), ("negative_clock", 0.03 * 0.96),
        ("batch_keyed", 0.04), ("cancelled", 0.02), ("blank_id", 0.02),
        ("zero_coordinates", 0.03), ("swapped_coordinates", 0.02), ("outside_city", 0.02),
        ("blank_coordinates", 0.03),
    ],
)  # fmt: skip
def test_faults_come_in_their_declared_shares(
    calls: pl.DataFrame, fault: str, share: float
) -> None:
    found = calls["fault"].str.contains(fault).mean()
    spread = (share * (1 - share) / calls.height) ** 0.5
    assert found == pytest.approx(share, abs=4 * spread)


def test_each_fault_is_what_it_says(calls: pl.DataFrame) -> None:
    def planted(fault: str) -> pl.DataFrame:
        found = calls.filter(pl.col("fault") == f"{fault};", ~pl.col("is_repeat"))
        assert found.height > 10, fault
        return found

    assert (planted("negative_clock")["arrived"] < planted("negative_clock")["enroute"]).all()
    batch = planted("batch_keyed")
    assert (batch["notified"] == batch["arrived"]).all()
    assert planted("missing_arrival")["arrived"].is_null().all()
    assert (planted("zero_coordinates")["lon"] == 0).all()
    assert planted("swapped_coordinates")["lat"].is_between(125, 126).all()
    assert (planted("outside_city")["lat"] < 43).all()
    assert (planted("blank_id")["record_id"] == "").all()


def test_one_rate_does_not_move_the_other_faults(world: World) -> None:
    frame = pl.DataFrame(
        {name: np.arange(2000.0) for name in (*CLOCKS, "lon", "lat")} | {"record_id": ["x"] * 2000}
    )
    rules = world.rules.faults
    more = rules.model_copy(update={"cancelled": 0.5})
    before = plant_faults(frame, rules, lambda name: world.rng("t", name))
    after = plant_faults(frame, more, lambda name: world.rng("t", name))
    for fault in ("batch_keyed", "negative_clock", "zero_coordinates", "blank_id"):
        assert before["fault"].str.contains(fault).equals(after["fault"].str.contains(fault))


def test_a_crash_reported_twice_has_two_ids_and_is_near(world: World) -> None:
    (traffic,) = build_dispatchers(world, ("122",))
    accidents = channel_calls(world, traffic, START_ON)
    assert traffic.rules.crossing
    crossed = crossed_calls(world, accidents, "122", traffic.rules.crossing, START_ON)
    assert crossed.height > 3
    pairs = crossed.join(accidents, on="event", how="left", suffix="_122").filter(
        ~pl.col("is_repeat_122")
    )
    assert pairs.height == crossed.height
    assert (pairs["event_id"] != pairs["event_id_122"]).all()
    assert (pairs["received"] - pairs["received_122"]).is_between(0, 15 * 60).all()
    here, there = (
        world.plane.to_metres(pairs[f"lon{end}"].to_numpy(), pairs[f"lat{end}"].to_numpy())
        for end in ("", "_122")
    )
    assert np.hypot(*(here - there).T).max() < 300


def test_police_file_is_gb18030_in_gcj02(world: World, incoming: Path) -> None:
    rows = _rows(world, incoming, "110_122")
    assert {row["报警电话"] for row in rows} == {"110", "122"}
    raw = (incoming / "emergency" / "incidents_110_122_202611.csv").read_bytes()
    with pytest.raises(UnicodeDecodeError):
        raw.decode("utf-8")
    sound = [row for row in rows if row["经度"] and 125.1 < float(row["经度"]) < 125.6]
    given = np.array([[float(row["经度"]), float(row["纬度"])] for row in sound])
    lon, lat = gcj02_to_wgs84(*given.T)
    shift_m = np.hypot((given[:, 0] - lon) * 80_000, (given[:, 1] - lat) * 111_000)
    assert shift_m.min() > 400
    assert shift_m.max() < 700


def test_medical_file_has_a_mark_and_bd09(incoming: Path, world: World) -> None:
    raw = (incoming / "emergency" / "incidents_120_202611.csv").read_bytes()
    assert raw.startswith(b"\xef\xbb\xbf")
    rows = [row for row in _rows(world, incoming, "120") if row["经度"]]
    given = np.array([[float(row["经度"]), float(row["纬度"])] for row in rows])
    given = given[(given[:, 0] > 125.1) & (given[:, 0] < 125.6)]
    located = world.locator.locate(*bd09_to_wgs84(*given.T))
    assert (located != "unknown").mean() > 0.99


def test_clocks_after_the_end_are_not_known_yet(world: World, incoming: Path) -> None:
    end = f"{START_ON + timedelta(days=DAYS):%Y-%m-%d} 00:00:00"
    rows = _rows(world, incoming, "110_122")
    for column in ("报警时间", "到场时间", "结案时间"):
        assert max(row[column] for row in rows) < end
    open_rows = [row for row in rows if not row["结案时间"]]
    assert open_rows
    steps = ("派警时间", "出警时间", "到场时间", "处置完毕时间", "结案时间")
    known = [sum(bool(row[step]) for step in steps) for row in rows]
    assert [int(row["修订号"]) for row in rows] == known


def test_ids_are_unique_but_for_blank_ones(world: World, incoming: Path) -> None:
    ids = [row["接警单编号"] for row in _rows(world, incoming, "110_122") if row["接警单编号"]]
    assert len(ids) == len(set(ids)) > 1000
