"""Answers on a shelf: whole or not there, never code, never another program's."""

import os
import pickle
import tempfile
import time
from pathlib import Path

import pytest

from dashboard.read.cache import AnswerCache, build_cache
from dashboard.read.shelves import DAY_S, FolderShelf, RedisShelf
from geodata.identity.caller import Caller, Role, asked_by
from geodata.private_files import seal, unseal
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


def damage(file: Path, how: str) -> None:
    content = bytearray(file.read_bytes())
    if how == "flipped":
        content[-3] ^= 0x10
    file.write_bytes(b"" if how == "empty" else bytes(content))
    if how == "another's":
        if os.geteuid() != 0:
            pytest.skip("only root gives files away")
        os.chown(file, 65534, 65534)
    if how == "a link":
        file.rename(file.with_suffix(".elsewhere"))
        file.symlink_to(file.with_suffix(".elsewhere"))


@pytest.mark.parametrize("how", ["flipped", "empty", "another's", "a link"])
def test_what_cannot_be_believed_is_computed_anew_and_said(folder: Path, how: str, caplog) -> None:
    cache = AnswerCache(FolderShelf(folder), "occ:1:")
    assert cache.get_bytes("key", lambda: b"content") == b"content"
    (file,) = folder.iterdir()
    damage(file, how)
    assert cache.get_bytes("key", lambda: b"anew") == b"anew"
    assert file.name in caplog.text
    caplog.clear()
    assert cache.get_bytes("key", lambda: b"never") == b"anew"  # and kept, whole, again
    assert caplog.text == ""


def test_a_folder_that_cannot_be_written_costs_the_memory_and_is_said_once(caplog) -> None:
    if os.geteuid() != 0:
        pytest.skip("needs an account that may not write where root may")
    with tempfile.TemporaryDirectory() as parent:
        Path(parent).chmod(0o755)  # root's, to be read by all
        os.seteuid(65534)
        try:
            cache = AnswerCache(FolderShelf(Path(parent) / "cache" / "answers"))
            for number in range(3):
                assert cache.get_bytes(f"{number}", lambda: b"computed") == b"computed"
        finally:
            os.seteuid(0)
        assert caplog.text.count("answers are not kept in") == 1
        assert cache.get_bytes("later", lambda: b"computed") == b"computed"
        assert "answers are kept in" in caplog.text
        assert cache.get_bytes("later", lambda: b"never") == b"computed"


def test_a_redis_that_is_gone_costs_the_memory_and_is_said_once(loopback, caplog) -> None:
    cache = AnswerCache(RedisShelf("redis://127.0.0.1:1/0"))
    for number in range(3):
        assert cache.get_bytes(f"{number}", lambda: b"computed") == b"computed"
    assert caplog.text.count("answers are not kept in Redis") == 1


def test_after_the_clock_was_set_back_answers_are_still_kept(folder: Path) -> None:
    shelf = FolderShelf(folder)
    shelf.set("key", b"content")
    (file,) = folder.iterdir()
    for ahead_s, kept in ((2 * 3600 + 17 * 60, b"content"), (DAY_S + 60, None)):
        os.utime(file, (time.time() + ahead_s,) * 2)
        assert shelf.get("key") == kept
