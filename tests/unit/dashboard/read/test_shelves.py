"""Answers on a shelf: whole or not there, never code, never another program's."""

import os
import pickle
import time
from pathlib import Path

import pytest

from dashboard.read.cache import AnswerCache, build_cache
from dashboard.read.shelves import DAY_S, FolderShelf, seal, unseal
from geodata.identity.caller import Caller, Role, asked_by
from geodata.settings import Settings


class Planted:
    """What makes a file when it is unpickled."""

    def __init__(self, marker: Path) -> None:
        self._marker = marker

    def __reduce__(self):
        return (Path.touch, (self._marker,))


@pytest.fixture
def folder(tmp_path) -> Path:
    return tmp_path / "answers"


def test_the_planted_pickle_would_run(tmp_path) -> None:
    pickle.loads(pickle.dumps(Planted(tmp_path / "ran")))
    assert (tmp_path / "ran").exists()


@pytest.mark.parametrize("head", [b"", b"\0\0\0\0", b"!"], ids=["bare", "file", "redis"])
def test_a_file_planted_in_the_folder_does_not_run(tmp_path, city, head: bytes) -> None:
    cache = build_cache(Settings(data_dir=tmp_path), city)
    assert cache.get_bytes("key", lambda: b"first") == b"first"
    (file,) = (tmp_path / "cache" / "answers").iterdir()
    file.write_bytes(head + pickle.dumps(Planted(tmp_path / "ran")))
    assert cache.get_bytes("key", lambda: b"computed") == b"computed"
    assert not (tmp_path / "ran").exists()


def test_even_sealed_a_pickle_is_only_bytes(tmp_path, folder: Path) -> None:
    FolderShelf(folder).set("key", pickle.dumps(Planted(tmp_path / "ran")))
    with asked_by(Caller(Role.PLANNER)):  # whose answers are kept under the plain key
        kept = AnswerCache(FolderShelf(folder)).get_bytes("key", lambda: b"")
    assert kept.startswith(b"\x80")
    assert not (tmp_path / "ran").exists()


@pytest.mark.parametrize("cut", [0, 5, 20, 44, 50])
def test_a_file_cut_off_is_not_believed(folder: Path, cut: int) -> None:
    shelf = FolderShelf(folder)
    shelf.set("key", b"content")
    (file,) = folder.iterdir()
    file.write_bytes(file.read_bytes()[:cut])
    assert shelf.get("key") is None


def test_an_answer_under_another_key_is_not_believed() -> None:
    assert unseal("one", seal("one", b"content")) == b"content"
    assert unseal("other", seal("one", b"content")) is None


def test_an_answer_is_kept_a_day(folder: Path) -> None:
    shelf = FolderShelf(folder)
    shelf.set("key", b"content")
    (file,) = folder.iterdir()
    yesterday = time.time() - DAY_S - 1
    os.utime(file, (yesterday, yesterday))
    assert shelf.get("key") is None


def test_the_oldest_make_room_and_strange_files_go_after_a_day(folder: Path) -> None:
    shelf = FolderShelf(folder, most_files=10)
    (folder / "of an older program").write_bytes(b"")
    os.utime(folder / "of an older program", (0, 0))
    for number in range(40):
        shelf.set(str(number), b"content")
    assert len(list(folder.iterdir())) <= 20
    assert shelf.get("39") == b"content"
    assert shelf.get("0") is None
    assert not (folder / "of an older program").exists()


def test_an_older_programs_answers_are_not_ours(folder: Path) -> None:
    shelf = FolderShelf(folder)
    assert AnswerCache(shelf, "occ:x:1:").get_bytes("key", lambda: b"old") == b"old"
    assert AnswerCache(shelf, "occ:x:2:").get_bytes("key", lambda: b"new") == b"new"
