"""What to do about an error is decided by its type or code, never by its words."""

import re

import pytest

from geodata.settings import ROOT

ROOMS = ("commands", "geodata", "etl", "layers", "dashboard", "simulator", "bench")
_ERROR = r"(?:e|error|exc|exception|fault|err)"
BY_WORDS = re.compile(
    rf"\bin str\({_ERROR}\)"
    rf"|\bstr\({_ERROR}\)\.(?:startswith|endswith|find|index|count)\("
    rf"|\bstr\({_ERROR}\) (?:==|!=)"
    rf"|re\.(?:match|search|fullmatch)\([^)]*str\({_ERROR}\)"
)


@pytest.mark.parametrize("room", ROOMS)
def test_no_decision_is_read_out_of_the_words_of_an_error(room: str) -> None:
    found = [
        f"{path.relative_to(ROOT)}:{number}"
        for path in (ROOT / room).rglob("*.py")
        if "node_modules" not in path.parts
        for number, line in enumerate(path.read_text("utf-8").splitlines(), 1)
        if BY_WORDS.search(line)
    ]
    assert found == []


@pytest.mark.parametrize(
    "line",
    ['if "late" in str(error):', 'str(exc).startswith("x")', 're.search("x", str(e))'],
)
def test_a_planted_decision_is_found(line: str) -> None:
    assert BY_WORDS.search(line)
