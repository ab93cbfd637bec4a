from datetime import timedelta
from pathlib import Path

import polars as pl
import pytest

from geodata.city.configuration import City
from geodata.errors import CityError
from simulator import Written, simulate
from simulator.config import read_simulation
from simulator.randomness import stream
from tests.unit.simulator.conftest import DAYS, SEED, START_ON


def _contents(folder: Path) -> dict[str, bytes]:
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def test_same_seed_same_bytes(incoming: Path, written: list[Written]) -> None:
    again = written[0].path.parent.parent
    first = _contents(incoming)
    assert len(first) > 15
    assert first == _contents(again)


def test_another_seed_differs(small_city: City, incoming: Path, tmp_path: Path) -> None:
    simulate(small_city, tmp_path, SEED + 1, START_ON, 1)
    other, first = _contents(tmp_path), _contents(incoming)
    for name in ("transit/gtfs_bus.zip", "population/residents_h3.csv", "health/hospitals.csv"):
        assert other[name] != first[name]


def test_a_longer_run_repeats_the_days_of_a_shorter_one(
    small_city: City, incoming: Path, tmp_path: Path
) -> None:
    simulate(small_city, tmp_path, SEED, START_ON, DAYS - 1)
    name = "broadband/speed_tests_202611.csv"
    short, full = _contents(tmp_path)[name], _contents(incoming)[name]
    assert len(full) > len(short) > 1000
    assert full.startswith(short)


def test_streams_do_not_touch_each_other() -> None:
    alone = stream(1, "calls", "119", 739_000).random(3).tolist()
    stream(1, "something new").random(1000)
    assert stream(1, "calls", "119", 739_000).random(3).tolist() == alone
    assert stream(1, "calls", "120", 739_000).random(3).tolist() != alone
    assert stream(2, "calls", "119", 739_000).random(3).tolist() != alone


def test_written_counts_the_rows_of_each_file(incoming: Path, written: list[Written]) -> None:
    counted = {item.path.name: item.rows for item in written}
    residents = pl.read_csv(incoming / "population" / "residents_h3.csv")
    assert counted["residents_h3.csv"] == residents.height
    assert sum(residents["residents"]) == 75_001


def test_the_folder_says_that_it_is_simulated(incoming: Path) -> None:
    text = (incoming / "README.txt").read_text(encoding="utf-8")
    assert "SIMULATED" in text
    assert f"seed      {SEED}" in text
    assert f"{START_ON} to {START_ON + timedelta(days=DAYS - 1)}" in text


def test_an_unknown_key_is_refused_by_name(tmp_path: Path) -> None:
    path = tmp_path / "simulation.yaml"
    path.write_text("weather: rain\n", encoding="utf-8")
    with pytest.raises(CityError, match="weather"):
        read_simulation(path)
