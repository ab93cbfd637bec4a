"""The state of a page is its address, both ways."""

import pytest

from dashboard.pages.explore.state import ExploreState
from dashboard.pages.kiosk.state import KioskState

SUBJECTS = ("transit", "emergency", "broadband", "health")


def test_an_address_and_back() -> None:
    state = ExploreState(
        indicator="incident_count",
        component="119",
        period="2026-11",
        res="8",
        cell="88317662a5fffff",
        theme="light",
        lang="en",
        camera="125.32,43.88,10.5",
    )
    assert ExploreState.parse(state.search()) == state


def test_defaults_leave_no_trace() -> None:
    assert ExploreState().search() == "?"
    assert KioskState().search() == "?"


def test_nonsense_falls_back_alone() -> None:
    state = ExploreState.parse("?res=99&theme=pink&lang=fr&indicator=beds_per_1000&evil=1")
    assert (state.res, state.theme, state.lang) == ("auto", "dark", "zh")
    assert state.indicator == "beds_per_1000"


def test_changes_keep_the_rest() -> None:
    state = ExploreState.parse("?indicator=incident_count&district=220104")
    assert state.search(district=None, res="7") == "?indicator=incident_count&res=7"


@pytest.mark.parametrize(
    ("text", "cell"), [("88317662a5fffff", 613359701817556991), ("xyz", None), ("", None)]
)
def test_cells_are_read_from_hexadecimal(text: str, cell: int | None) -> None:
    assert ExploreState(cell=text).cell_id == cell


@pytest.mark.parametrize("text", ["", "1,2", "a,b,c", None])
def test_a_broken_camera_is_none(text: str | None) -> None:
    assert ExploreState(camera=text).camera_place is None


def test_the_kiosk_keeps_language_and_district_only() -> None:
    state = KioskState.parse("?lang=en&district=220104&name=somebody", SUBJECTS)
    assert state.search() == "?lang=en&district=220104"
    assert state.search(district=None) == "?lang=en"


def test_a_kiosk_keeps_its_subject_with_another_district_and_forgets_unknown_ones():
    state = KioskState.parse("?subject=health&district=220104", SUBJECTS)
    assert KioskState.parse(state.search(district="220105"), SUBJECTS).subject == "health"
    assert KioskState.parse("?subject=weather", SUBJECTS).subject is None
