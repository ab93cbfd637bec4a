"""Reasons in Chinese: why a row or a place was not taken."""

import re
from collections.abc import Mapping
from functools import cache
from pathlib import Path

from geodata.declared import read_declared

_REASONS = Path(__file__).with_name("reasons.yaml")


@cache
def read_reasons() -> Mapping[str, str]:
    """Return the Chinese text of each reason by its English one; `{}` is what a reason quotes."""
    return read_declared(_REASONS, dict[str, str])


def in_chinese(reason: str) -> str:
    """Return a reason in Chinese, with what it quotes; one that is not known stays as it is."""
    plain = read_reasons().get(reason)
    if plain is not None:
        return plain
    for pattern, text in _quoting():
        found = pattern.fullmatch(reason)
        if found:
            return _filled(text, [in_chinese(each) for each in found.groups()])
    return reason


@cache
def _quoting() -> tuple[tuple[re.Pattern[str], str], ...]:
    """Return the reasons that quote something, the longest first: it says the most."""
    quoting = sorted((each for each in read_reasons() if "{}" in each), key=len, reverse=True)
    return tuple(
        (re.compile("(.+?)".join(map(re.escape, each.split("{}")))), read_reasons()[each])
        for each in quoting
    )


def _filled(text: str, quoted: list[str]) -> str:
    """Put quotations where `{}` stands in turn, or `{1}`, `{2}` by their number."""
    for number, each in enumerate(quoted, start=1):
        text = (
            text.replace(f"{{{number}}}", each)
            if f"{{{number}}}" in text
            else text.replace("{}", each, 1)
        )
    return text
