"""What the set-up says of simulated files that are there already."""

from pathlib import Path

import pytest

from commands import steps
from commands.context import CommandContext
from commands.simulated_files import write_simulated_files
from geodata.settings import Settings

SIMULATING = dict(steps.FIRST_STEPS)["simulating the departments' files"]


@pytest.fixture
def context(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> CommandContext:
    """A folder with files simulated on the 23rd, so up to the 22nd."""
    made = CommandContext(Settings(data_dir=tmp_path, seed=7, simulate_days=7, database_url=None))
    monkeypatch.setenv("OCC_NOW", "2026-11-22T17:00:00+00:00")  # the 23rd in Changchun
    monkeypatch.setattr("simulator.simulate", lambda *parts: None)
    write_simulated_files(made.settings, made.city)
    return made


@pytest.fixture
def no_simulation(context: CommandContext, monkeypatch: pytest.MonkeyPatch) -> None:
    def simulate(*parts: object) -> None:
        pytest.fail("simulated anew unasked")

    monkeypatch.setattr("simulator.simulate", simulate)


@pytest.mark.usefixtures("no_simulation")
def test_files_up_to_yesterday_are_up_to_date(
    context: CommandContext, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OCC_NOW", "2026-11-23T15:59:00+00:00")
    assert SIMULATING(context) == "up to date"


@pytest.mark.usefixtures("no_simulation")
def test_files_that_end_earlier_are_kept_and_their_end_is_said(
    context: CommandContext, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OCC_NOW", "2026-11-23T16:00:00+00:00")  # the 24th in Changchun
    assert SIMULATING(context) == (
        "simulated files end on 2026-11-22; `app.py simulate` writes them up to yesterday"
    )
