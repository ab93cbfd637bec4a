"""Kept lists of cells: believed only if whole, our own and of this program."""

import logging
from pathlib import Path

import numpy as np
import pytest
import shapely

from geodata.private_files import seal
from layers.maps import cell_lists
from layers.maps.cell_lists import districts_of, read_cells

HEAD = len(seal("", b""))


@pytest.fixture
def area(city) -> str:
    """Return the smallest district."""
    districts = districts_of(city)
    return str(districts["district_id"].iloc[int(shapely.area(districts.geometry.values).argmin())])


def spoil(file: Path, how: str) -> None:
    content = file.read_bytes()
    flipped = bytes([*content[:-9], content[-9] ^ 1, *content[-8:]])
    of_older = seal(f"older:{file.name}", content[HEAD:])
    raw = content[HEAD:]  # as programs before this one kept it
    file.write_bytes({
        "cut": content[:-8], "empty": b"", "flipped": flipped, "older": of_older, "bare": raw,
    }[how])  # fmt: skip


@pytest.mark.parametrize("how", ["cut", "empty", "flipped", "older", "bare"])
def test_a_spoilt_list_is_computed_anew_and_said(tmp_path, city, area, how, caplog) -> None:
    whole = read_cells(tmp_path, city, area, 7)
    assert len(whole) > 3
    (file,) = (path for path in tmp_path.rglob("*.bin"))
    spoil(file, how)
    with caplog.at_level(logging.WARNING):
        assert np.array_equal(read_cells(tmp_path, city, area, 7), whole)
    assert "is damaged, or of another program" in caplog.text
    caplog.clear()
    assert np.array_equal(read_cells(tmp_path, city, area, 7), whole)
    assert caplog.text == ""


def test_a_folder_that_cannot_be_written_is_said_once(
    tmp_path, city, area, monkeypatch, caplog
) -> None:
    (tmp_path / "grid").write_bytes(b"a file where the folder would be")
    sizes = {len(read_cells(tmp_path, city, area, 7)) for _ in range(3)}
    assert len(sizes) == 1
    assert sizes != {0}
    assert caplog.text.count("are not kept in") == 1
    cell_lists._say_once.cache_clear()
