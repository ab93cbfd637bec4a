"""METHODS 2.5: which source of residents speaks for a district."""

from datetime import date
from itertools import permutations

import polars as pl
import pytest

from geodata.queries.residents import mark_speaking

OLD, NEW = date(2010, 11, 1), date(2020, 11, 1)
SCHEMA = {
    "source": pl.String, "vintage_on": pl.Date, "district_id": pl.String, "residents": pl.Float64,
    "units": pl.Int64, "covered_share": pl.Float64, "is_measured": pl.Boolean, "covers": pl.Boolean,
}  # fmt: skip


def count(source, vintage, district="A", *, people=5000.0, share=None, units=50, **more):
    return {
        "source": source, "vintage_on": vintage, "district_id": district, "residents": people,
        "units": units, "covered_share": share, "is_measured": share is not None, "covers": False,
    } | more  # fmt: skip


def speaking(*counts, declared=frozenset()):
    """Return who speaks, as (district, year, source), whatever the order of the counts."""
    answers = set()
    for order in permutations(counts):
        marked = mark_speaking(pl.DataFrame(list(order), schema=SCHEMA), declared).filter("speaks")
        years = pl.col("vintage_on").dt.year()
        answers.add(tuple(marked.select("district_id", years, "source").sort(pl.all()).rows()))
    (answer,) = answers
    return list(answer)


CENSUS = count("census", OLD, share=1.0)


def test_a_survey_of_a_village_does_not_speak_for_its_district():
    survey = count("survey", NEW, people=200.0, share=0.02, units=1)
    assert speaking(CENSUS, survey) == [("A", 2010, "census")]


def test_it_adds_nothing_alone_either():
    assert speaking(count("survey", NEW, people=200.0, share=0.02)) == []


@pytest.mark.parametrize(("share", "sources"), [(0.94, 1), (0.95, 2), (1.0, 2)])
def test_ninety_five_percent_of_the_ground_are_enough(share, sources):
    assert len(speaking(CENSUS, count("later", NEW, share=share))) == sources


def test_who_declares_to_cover_speaks():
    points = count("points", NEW)
    assert speaking(CENSUS, points) == [("A", 2010, "census")]
    both = [("A", 2010, "census"), ("A", 2020, "points")]
    assert speaking(CENSUS, points, declared={("points", None)}) == both
    assert speaking(CENSUS, points, declared={("points", "A")}) == both
    assert speaking(CENSUS, points, declared={("points", "B")}) == [("A", 2010, "census")]


def test_a_record_that_is_the_district_itself_covers_it():
    yearbook = count("yearbook", NEW, units=1, covers=True)
    assert speaking(CENSUS, yearbook)[1] == ("A", 2020, "yearbook")


def test_of_one_vintage_the_finest_speaks_alone():
    assert speaking(CENSUS, count("streets", OLD, share=0.99, units=12)) == [("A", 2010, "census")]
    same = count("another", OLD, share=1.0)
    assert speaking(CENSUS, same) == [("A", 2010, "another")]


def test_what_cannot_be_measured_speaks_where_nobody_covers():
    """Hexagons of which only the inhabited are listed, and points: all vintages of one source."""
    hexagons = [
        count("hexagons", year, share=0.6, is_measured=False) for year in (OLD, NEW)
    ]  # fmt: skip
    points = count("points", NEW, people=90.0)
    assert speaking(*hexagons, points) == [("A", 2010, "hexagons"), ("A", 2020, "hexagons")]
    assert speaking(*hexagons, CENSUS) == [("A", 2010, "census")]


def test_each_district_has_its_own_speaker():
    there = [count("census", OLD, "A", share=1.0), count("census", OLD, "B", share=0.3)]
    other = count("towns", OLD, "B", share=0.97)
    assert speaking(*there, other) == [("A", 2010, "census"), ("B", 2010, "towns")]


def test_records_in_no_district_go_with_who_is_heard():
    lost = [count(name, OLD, "unknown", people=8.0) for name in ("census", "survey")]
    survey = count("survey", OLD, people=200.0, share=0.02)
    assert speaking(CENSUS, survey, *lost) == [("A", 2010, "census"), ("unknown", 2010, "census")]
    assert speaking(lost[1]) == [("unknown", 2010, "survey")]


def test_of_records_in_no_district_those_of_who_declares_the_city_are_heard():
    lost = [count(name, OLD, "unknown", people=8.0 + n) for n, name in enumerate("ab")]
    assert speaking(*lost) == [("unknown", 2010, "b")]
    assert speaking(*lost, declared={("a", None)}) == [("unknown", 2010, "a")]
