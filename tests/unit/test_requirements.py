"""The program imports what requirements.txt lists first; what only tests use is not there."""

import ast
import re
import sys
from collections.abc import Iterator
from importlib.metadata import packages_distributions

import pytest

from geodata.settings import ROOT

PROGRAM = ("app.py", "commands", "geodata", "etl", "layers", "dashboard", "simulator")
TOOLS = {ROOT / "dashboard" / "fonts" / "subset.py"}  # run by hand, where fonts change
NOT_IMPORTED = {
    "highspy": "PuLP solves with it",
    "tzdata": "zoneinfo reads it where the system has no time zones",
}


def name_of(requirement: str) -> str:
    return re.sub(r"[-_.]+", "-", requirement.partition("==")[0]).lower()


def first_block(file: str) -> set[str]:
    """The packages of a requirement file's first part, which are used directly."""
    lines = (ROOT / file).read_text(encoding="utf-8").partition("\n\n")[0].splitlines()
    return {name_of(line) for line in lines if "==" in line}


def imported(source: str) -> Iterator[str]:
    """Yield the top-level modules that a module imports, also by `import_module` of a text."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            yield from (each.name.partition(".")[0] for each in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            yield node.module.partition(".")[0]
        elif (
            isinstance(node, ast.Call)
            and ast.unparse(node.func).endswith("import_module")
            and isinstance(node.args[0], ast.Constant)
        ):
            yield str(node.args[0].value).partition(".")[0]


def packages_of(*places: str) -> set[str]:
    """The distributions whose modules are imported below these places."""
    known = packages_distributions()
    found: set[str] = set()
    for place in places:
        whole = ROOT / place
        for path in sorted(whole.rglob("*.py")) if whole.is_dir() else [whole]:
            if path not in TOOLS and "node_modules" not in path.parts:
                found |= set(imported(path.read_text(encoding="utf-8")))
    foreign = found - set(sys.stdlib_module_names)
    return {name_of(package) for module in foreign for package in known.get(module, ())}


def test_the_program_imports_what_its_first_block_lists() -> None:
    assert packages_of(*PROGRAM) == first_block("requirements.txt") - set(NOT_IMPORTED)


def test_what_the_tests_have_of_their_own_is_not_the_programs() -> None:
    assert first_block("requirements-dev.txt") & packages_of(*PROGRAM) == set()


@pytest.mark.parametrize("package", sorted(NOT_IMPORTED))
def test_the_exceptions_are_listed(package: str) -> None:
    assert package in first_block("requirements.txt")


def test_an_import_is_seen_wherever_it_stands() -> None:
    source = "def f():\n    import a.b\n    from c.d import e\n    importlib.import_module('g.h')"
    assert set(imported(source)) == {"a", "c", "g"}
