"""The incoming folder is never half written, and nobody's real file is touched."""

import shutil
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from commands import simulated_files
from commands.simulated_files import (
    MARKER,
    SIMULATION,
    incoming_dir,
    read_simulated_files,
    write_simulated_files,
)
from geodata.city.configuration import City, load_city
from geodata.settings import Settings

Simulate = Callable[..., Any]


@pytest.fixture
def settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    monkeypatch.setenv("OCC_NOW", "2026-11-21T17:00:00+00:00")  # the 22nd in Changchun
    return Settings(data_dir=tmp_path, seed=7, simulate_days=7, database_url=None)


def pretend(monkeypatch: pytest.MonkeyPatch, *names: str, fails: bool = False) -> list[date]:
    """Let the simulator write these files, and fail after the first if told."""
    starts: list[date] = []

    def simulate(city: City, out_dir: Path, seed: int, start_on: date, days: int) -> None:
        starts.append(start_on)
        for name in names:
            (out_dir / name).parent.mkdir(exist_ok=True, parents=True)
            (out_dir / name).write_text(f"{seed} {days}")
            if fails:
                raise RuntimeError("killed")

    monkeypatch.setattr("simulator.simulate", simulate)
    return starts


def test_the_last_simulated_day_is_yesterday_in_the_city(
    settings: Settings, city: City, monkeypatch: pytest.MonkeyPatch
) -> None:
    starts = pretend(monkeypatch, "a/one.csv")
    assert write_simulated_files(settings, city).start_on == "2026-11-15"
    assert starts == [date(2026, 11, 15)]


def test_written_once_for_a_seed_and_a_length(
    settings: Settings, city: City, monkeypatch: pytest.MonkeyPatch
) -> None:
    pretend(monkeypatch, "a/one.csv", "b/two.csv")
    assert read_simulated_files(settings, city) is None
    done = write_simulated_files(settings, city)
    assert done.files == ["a/one.csv", "b/two.csv"]
    assert read_simulated_files(settings, city) == done
    assert read_simulated_files(settings.model_copy(update={"seed": 8}), city) is None
    assert read_simulated_files(settings.model_copy(update={"simulate_days": 8}), city) is None
    (incoming_dir(settings, city) / "b/two.csv").unlink()
    assert read_simulated_files(settings, city) is None


def test_another_simulation_file_means_other_files(
    settings: Settings, city: City, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pretend(monkeypatch, "a/one.csv")
    copied = load_city(str(shutil.copytree(city.folder, tmp_path / city.code)))
    write_simulated_files(settings, copied)
    assert read_simulated_files(settings, copied) is not None
    (copied.folder / SIMULATION).write_text("changed: true", encoding="utf-8")
    assert read_simulated_files(settings, copied) is None


def test_another_simulator_means_other_files(
    settings: Settings, city: City, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pretend(monkeypatch, "a/one.csv")
    copied = shutil.copytree(simulated_files.SIMULATOR, tmp_path / "simulator")
    monkeypatch.setattr(simulated_files, "SIMULATOR", copied)
    write_simulated_files(settings, city)
    assert read_simulated_files(settings, city) is not None
    (copied / "ground" / "world.py").write_text("changed = True", encoding="utf-8")
    assert read_simulated_files(settings, city) is None


def test_what_fails_midway_leaves_nothing(
    settings: Settings, city: City, monkeypatch: pytest.MonkeyPatch
) -> None:
    pretend(monkeypatch, "a/one.csv", "b/two.csv", fails=True)
    with pytest.raises(RuntimeError):
        write_simulated_files(settings, city)
    folder = incoming_dir(settings, city)
    assert list(folder.iterdir()) == []
    assert list(folder.parent.iterdir()) == [folder]


def test_a_new_simulation_replaces_the_old_and_nothing_else(
    settings: Settings, city: City, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = incoming_dir(settings, city)
    (folder / "a").mkdir(parents=True)
    (folder / "a" / "real.csv").write_text("a department's")
    pretend(monkeypatch, "a/old.csv", "a/both.csv")
    write_simulated_files(settings, city)
    pretend(monkeypatch, "a/both.csv", "a/new.csv")
    write_simulated_files(settings.model_copy(update={"seed": 8}), city)
    there = sorted(path.name for path in folder.rglob("*") if path.is_file())
    assert there == sorted(["both.csv", "new.csv", "real.csv", MARKER])
    assert (folder / "a" / "both.csv").read_text() == "8 7"
