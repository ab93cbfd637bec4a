"""The moment that an address of the wall asks for."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from dashboard.pages.wall.replay import parse_moment, refusal, requested
from dashboard.read.cache import AnswerCache
from dashboard.read.forms import JsonForm
from dashboard.read.replay import MomentCache

ZONE = ZoneInfo("Asia/Shanghai")
MORNING = datetime(2026, 11, 20, 0, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    ("search", "text"),
    [
        (None, None),
        ("", None),
        ("?scene=2", None),
        ("?at=", ""),
        ("?at=2026-11-20T08:30", "2026-11-20T08:30"),
        ("?scene=2&at=2026-11-20T08%3A30", "2026-11-20T08:30"),
    ],
)
def test_the_address_names_a_moment_or_none(search: str | None, text: str | None) -> None:
    assert requested(search) == text


@pytest.mark.parametrize(
    "text",
    [
        "2026-11-20T08:30",
        "2026-11-20 08:30:00.7",
        "2026-11-20T00:30Z",
        "2026-11-20T08:30+08:00",
        "2026-11-20T08:30:00 08:00",  # a plus that an address did not escape
    ],
)
def test_a_moment_is_of_the_city_unless_it_names_a_zone(text: str) -> None:
    assert parse_moment(text, ZONE) == MORNING


@pytest.mark.parametrize(
    "text", ["", "yesterday", "2026-13-01T00:00", "0001-01-01", "2026-11-20T8"]
)
def test_what_is_no_moment_is_none(text: str) -> None:
    assert parse_moment(text, ZONE) is None


def test_a_refusal_says_why_in_both_languages_and_leads_back() -> None:
    title, back = refusal("replay.future", "2030-01-01 00:00").children
    assert [line.children for line in title.children] == [
        "2030-01-01 00:00 还没有到。",
        "2030-01-01 00:00 has not come yet.",
    ]
    assert back.href == "/wall"


TEXT = JsonForm(str)


class Shelf(AnswerCache):
    """A cache in a dictionary."""

    def __init__(self) -> None:
        self.kept: dict[str, object] = {}

    def get_or(self, key, compute, form):
        return self.kept.setdefault(key, compute())


def test_answers_of_a_moment_are_not_those_of_the_present() -> None:
    shelf = Shelf()
    shelf.get_or("usual", lambda: "now", TEXT)
    assert MomentCache(shelf, MORNING).get_or("usual", lambda: "then", TEXT) == "then"
    assert MomentCache(shelf, MORNING).get_or("usual", lambda: "again", TEXT) == "then"
    assert shelf.kept == {"usual": "now", f"at{int(MORNING.timestamp())}/usual": "then"}
