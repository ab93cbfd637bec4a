"""Both languages say the same things, with the same places to fill."""

import re

import pytest

from dashboard.wording.i18n import LANGUAGES, as_language, translate, words
from layers.score.attainment import Rating
from layers.states.status import Status


def test_both_dictionaries_have_the_same_keys() -> None:
    assert words("zh").keys() == words("en").keys()


def test_every_text_has_the_same_places_in_both_languages() -> None:
    place = re.compile(r"\{(\w+)\}")
    for key in words("zh"):
        found = [sorted(place.findall(words(language)[key])) for language in LANGUAGES]
        assert found[0] == found[1], key


def test_no_text_is_empty() -> None:
    assert [
        key for code in LANGUAGES for key, text in words(code).items() if not text.strip()
    ] == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_status_and_standing_has_its_word(language: str) -> None:
    for status in Status:
        assert translate(f"status.{status.key}", language)
    for rating in Rating:
        assert translate(f"standing.{rating}", language)


def test_fills_places() -> None:
    assert translate("age.hours", "en", count=3) == "3 h"


def test_an_unknown_key_is_an_error() -> None:
    with pytest.raises(KeyError):
        translate("nothing.of.this", "zh")


@pytest.mark.parametrize(
    ("text", "language"), [("en", "en"), ("zh", "zh"), (None, "zh"), ("fr", "zh")]
)
def test_chinese_unless_english_is_asked_for(text: str | None, language: str) -> None:
    assert as_language(text) == language
