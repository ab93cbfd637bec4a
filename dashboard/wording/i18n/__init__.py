"""The texts of the screens in Chinese and English: one dictionary a language, the same keys."""

from functools import cache
from pathlib import Path
from typing import Literal

from geodata.declared import read_declared

Language = Literal["zh", "en"]
LANGUAGES: tuple[Language, ...] = ("zh", "en")


@cache
def words(language: Language) -> dict[str, str]:
    """Return a language's dictionary."""
    return read_declared(Path(__file__).parent / f"{language}.yaml", dict[str, str])


def translate(key: str, language: Language, **values: object) -> str:
    """Return the text of `key` with its `{places}` filled.

    Raises:
        KeyError: no dictionary has the key.
    """
    return words(language)[key].format(**values)


def as_language(text: str | None) -> Language:
    """Return the language a URL asks for; Chinese unless it says `en`."""
    return "en" if text == "en" else "zh"
