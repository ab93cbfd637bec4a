"""Who sees the records of some districts alone is told so, and is shown no rejected rows."""

import pytest

from dashboard.components.caller import caller_tab
from dashboard.pages.loads.account import rejected_table
from geodata.identity.caller import ANYONE, Caller, Role, asked_by
from geodata.identity.readable_districts import WHOLE_CITY, districts_of, scope_of_records

ROW = {"file": "calls.csv", "row_number": 7, "field": "at", "reason": "no time"}
BOUND = Caller(Role.DUTY, "d", districts=("b", "a"))


def test_the_tab_says_of_how_many_districts() -> None:
    assert "2" in str(caller_tab(BOUND))
    assert "a" in str(caller_tab(BOUND))
    assert "records of" not in str(caller_tab(Caller(Role.DUTY, "d")))


def test_rejected_rows_are_held_back_aloud() -> None:
    with asked_by(BOUND):
        shown = str(rejected_table([ROW]))
    assert "calls.csv" not in shown
    assert "not shown" in shown
    with asked_by(Caller(Role.ADMINISTRATOR)):
        assert "calls.csv" in str(rejected_table([ROW]))


@pytest.mark.parametrize(
    ("caller", "districts", "scope"),
    [
        (ANYONE, (), "records none/"),
        (Caller(Role.KIOSK, "k"), (), "records none/"),
        (Caller(Role.PROGRAM, "p"), (), "records none/"),
        (Caller(Role.WALL, "w"), WHOLE_CITY, ""),
        (Caller(Role.LEADER, "l"), WHOLE_CITY, ""),
        (BOUND, ("b", "a"), "records a+b/"),
    ],
)
def test_who_reads_whose_records(caller: Caller, districts: tuple[str, ...], scope: str) -> None:
    assert districts_of(caller) == districts
    with asked_by(caller):
        assert scope_of_records() == scope
