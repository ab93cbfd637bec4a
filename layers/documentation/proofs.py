"""Finds which tests prove which indicator, by the tests' docstrings, without running them.

A test proves an indicator's code if its docstring begins with the code, before a colon:
`E6: ...`, `E10 Test: ...`, `B3 fibre_takeup: ...`, `H5, H7 and H8: ...`, `T4 to T6: ...`.
`METHODS 8: ...` stands for a section of the methods where there is no code.
"""

import ast
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from geodata.settings import ROOT

TESTS = ROOT / "tests"

_CODE = r"(?:[TEBH]\d{1,2}|METHODS \d{1,2}(?:\.\d)?)"
_BEGINNING = re.compile(rf"({_CODE}(?:(?:, | and |/| to |-){_CODE})*)(?:,? [^:.]{{1,60}})?:")
_SPAN = re.compile(r"([TEBH])(\d{1,2})(?: to |-)\1(\d{1,2})")


@dataclass(frozen=True, order=True)
class Proof:
    """A test and the file it is in, relative to the folder of the tests."""

    file: str
    test: str


def read_proofs(folder: Path = TESTS) -> Mapping[str, tuple[Proof, ...]]:
    """Return the tests that name each code, by code, in the order of their files."""
    found: dict[str, list[Proof]] = {}
    for path in sorted(folder.rglob("test_*.py")):
        for test, docstring in _documented_tests(path):
            proof = Proof(path.relative_to(folder).as_posix(), test)
            for code in named_codes(docstring):
                found.setdefault(code, []).append(proof)
    return {code: tuple(proofs) for code, proofs in found.items()}


def named_codes(docstring: str) -> tuple[str, ...]:
    """Return the codes a docstring begins with, a span with all that lie in it."""
    beginning = _BEGINNING.match(docstring)
    if beginning is None:
        return ()
    text = _SPAN.sub(_spell_out, beginning[1])
    return tuple(dict.fromkeys(re.findall(_CODE, text)))


def _spell_out(span: re.Match[str]) -> str:
    letter, first, last = span.groups()
    return ", ".join(f"{letter}{number}" for number in range(int(first), int(last) + 1))


def _documented_tests(path: Path) -> Iterator[tuple[str, str]]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.FunctionDef) and node.name.startswith("test_"):
            yield node.name, ast.get_docstring(node) or ""
