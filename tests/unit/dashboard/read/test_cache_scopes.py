"""Answers kept by the server are kept apart for callers who may read other records."""

from pathlib import Path

from dashboard.read.cache import AnswerCache
from dashboard.read.shelves import FolderShelf
from geodata.identity.caller import ANYONE, Caller, Role, asked_by


def test_no_answer_is_shared_across_districts(tmp_path: Path) -> None:
    cache = AnswerCache(FolderShelf(tmp_path / "answers"))
    callers = {
        "whole": Caller(Role.DUTY),
        "a": Caller(Role.DUTY, districts=("a",)),
        "b": Caller(Role.DUTY, districts=("b",)),
        "none": ANYONE,
    }
    for name, caller in callers.items():
        with asked_by(caller):
            assert cache.get_bytes("key", name.encode) == name.encode()
    with asked_by(Caller(Role.LEADER, "another", districts=("a",))):
        assert cache.get_bytes("key", lambda: b"anew") == b"a"
