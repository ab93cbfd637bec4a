"""By what a source is late: its own cadence, a timetable by its last day."""

from datetime import UTC, datetime, timedelta

import pytest

from geodata.city.configuration import load_city
from layers.catalogue.registry import find_indicator
from layers.states.version import Build, Failure, SourceEnd, is_stale

NOW = datetime(2026, 11, 28, tzinfo=UTC)
DAY = timedelta(days=1)
CALLS = find_indicator(load_city("changchun"), "incident_count")  # a day is expected


def _build(*ends, as_of=NOW, failure=None):
    return Build("incident_count", "1", NOW, as_of, (), (), False, ends, failure)


@pytest.mark.parametrize(
    ("expected", "age", "is_late"),
    [
        (DAY, 3 * DAY, False),
        (DAY, 3 * DAY + timedelta(seconds=1), True),
        (30 * DAY, 80 * DAY, False),  # monthly: not late by the daily one beside it
        (30 * DAY, 91 * DAY, True),
        (timedelta(0), timedelta(seconds=1), True),  # a timetable past its last day
        (timedelta(0), -DAY, False),
        (None, 9999 * DAY, False),  # comes only once
    ],
)
def test_a_source_is_late_by_its_own_cadence(expected, age, is_late):
    current, other = SourceEnd("a", NOW, DAY), SourceEnd("b", NOW - age, expected)
    build = _build(current, other)
    assert build.late_sources(NOW) == (("b",) if is_late else ())
    assert is_stale(CALLS, build, NOW) == is_late


def test_a_period_that_was_complete_at_its_end_does_not_become_stale():
    build = _build(SourceEnd("a", NOW - 10 * DAY, DAY))
    assert is_stale(CALLS, build, NOW)
    assert not is_stale(CALLS, build, NOW - 8 * DAY)


def test_what_could_not_be_built_is_stale():
    assert is_stale(CALLS, _build(failure=Failure("incident_count", NOW, "no")), NOW)
    assert not is_stale(CALLS, None, NOW)
    assert is_stale(CALLS, _build(as_of=NOW - 4 * DAY), NOW)
