"""Whether `run` plays today: as asked, else where all that is followed is simulated."""

import argparse
import shutil
from pathlib import Path
from typing import Any, cast

import pytest

from commands.context import CommandContext
from commands.screens import is_played
from geodata.city.configuration import City, load_city

CHANGCHUN = load_city("changchun")


class Context:
    """A city and one setting, as the command's context has them."""

    def __init__(self, city: City, live: bool = True) -> None:
        self.city = city
        self.settings = argparse.Namespace(live=live)


def played(city: City, asked: bool | None = None, **settings: Any) -> bool:
    context = cast(CommandContext, Context(city, **settings))
    return is_played(context, argparse.Namespace(play=asked))


def test_a_simulated_city_is_played_unless_told_otherwise() -> None:
    assert played(CHANGCHUN)
    assert not played(CHANGCHUN, asked=False)
    assert not played(CHANGCHUN, live=False)
    assert played(CHANGCHUN, asked=True, live=False)


def test_a_city_without_live_sources_is_not_played() -> None:
    assert not played(load_city(str(Path(__file__).parents[2] / "data" / "cities" / "portoalegre")))


@pytest.mark.parametrize("source", ["incidents_119", "bus_stop_events"])
def test_a_city_with_a_real_live_source_is_not_played(tmp_path: Path, source: str) -> None:
    folder = shutil.copytree(CHANGCHUN.folder, tmp_path / "changchun")
    path = folder / "sources" / f"{source}.yaml"
    path.write_text(path.read_text("utf-8").replace("provenance: simulated", "provenance: real"))
    assert not played(load_city(str(folder)))
