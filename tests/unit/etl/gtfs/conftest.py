"""Feeds as small texts: the mini-feed of the methods brief, and changes to it."""

from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest

from etl.gtfs.feed import Feed, read_feed
from etl.source.file import SourceFile

MINI = Path(__file__).parents[3] / "data" / "gtfs" / "mini"
REFERENCE_ON = date(2026, 12, 1)

FeedFactory = Callable[..., Path]


@pytest.fixture(scope="session")
def mini() -> Feed:
    return read_feed(SourceFile.at(MINI), REFERENCE_ON)


@pytest.fixture
def make_feed(tmp_path: Path) -> FeedFactory:
    """Write mini-feed M with some files replaced (text or bytes) or left out (None)."""

    def make(files: dict[str, str | bytes | None] | None = None) -> Path:
        content: dict[str, str | bytes | None] = {
            path.name: path.read_bytes() for path in MINI.glob("*.txt")
        }
        folder = tmp_path / "feed"
        folder.mkdir()
        for name, data in (content | (files or {})).items():
            if data is not None:
                (folder / name).write_bytes(data.encode() if isinstance(data, str) else data)
        return folder

    return make
