"""Tests found by what they say they prove."""

import pytest

from geodata.city.configuration import load_city
from layers.catalogue.registry import load_catalogue
from layers.documentation.proofs import TESTS, named_codes, read_proofs

CHANGCHUN = load_city("changchun")

COUNTS = {"T": 10, "E": 11, "B": 9, "H": 8}
CODES = [f"{letter}{n + 1}" for letter, count in COUNTS.items() for n in range(count)]


def test_every_code_of_the_methods_has_a_unit_test() -> None:
    found = read_proofs()
    proven = {code for code in CODES if any(p.file.startswith("unit/") for p in found[code])}
    assert proven == set(CODES)
    assert all((TESTS / proof.file).is_file() for proofs in found.values() for proof in proofs)


def test_every_entry_with_a_code_has_one_that_the_methods_know() -> None:
    assert {entry.code for entry in load_catalogue(CHANGCHUN).values() if entry.code} <= set(CODES)


@pytest.mark.parametrize(
    ("docstring", "codes"),
    [
        ("E6: of the two clocks themselves.", ("E6",)),
        ("E10 Test: ten of them.", ("E10",)),
        ("B3 fibre_passed_share, fibre_takeup: 90 and 50 %.", ("B3",)),
        ("H5, H7 and H8: as the methods have it.", ("H5", "H7", "H8")),
        ("T4 to T6: by service day.", ("T4", "T5", "T6")),
        ("METHODS 8 Test: 65.33.", ("METHODS 8",)),
        ("H3 cells cover the city.", ()),
        ("The sum is E6: no.", ()),
    ],
)
def test_a_docstring_names_its_codes_before_a_colon(docstring: str, codes: tuple[str, ...]) -> None:
    assert named_codes(docstring) == codes
