"""Answers come back from bytes as they were: values, types, missing and infinite numbers."""

import math
from datetime import UTC, date, datetime

import polars as pl
import pytest
from polars.testing import assert_frame_equal

from dashboard.read.forms import FRAME, JsonForm
from dashboard.read.scores import SCORES
from dashboard.read.values import CLASSES, PERIODS
from geodata.city.configuration import load_city
from layers.catalogue.targets import find_target
from layers.maps.classes import Classes
from layers.period import Period
from layers.score.score import DomainScore, Part, PlaceScore
from layers.states.status import Status

NOVEMBER = Period(date(2026, 11, 1), date(2026, 12, 1))


def test_frames_come_back_exactly() -> None:
    frame = pl.DataFrame(
        {
            "key": ["朝阳", None, "220104"],
            "value": [0.1 + 0.2, None, math.inf],
            "lo": [math.nan, -0.0, 5e-324],
            "n": pl.Series([1, None, 2**62], dtype=pl.Int64),
            "status": pl.Series([0, 1, 255], dtype=pl.UInt8),
            "at": [datetime(2026, 11, 20, 8, 0, 0, 1, tzinfo=UTC), None, None],
            "day": [date(2026, 11, 20), None, None],
            "parts": [[1.5], [], None],
        }
    )
    assert_frame_equal(FRAME.unpack(FRAME.pack(frame)), frame, check_exact=True)
    assert FRAME.unpack(FRAME.pack(frame.clear())).schema == frame.schema


@pytest.mark.parametrize(
    ("form", "answer"),
    [
        (PERIODS, [NOVEMBER, Period.last_days(1, date(2026, 11, 20))]),
        (PERIODS, []),
        (CLASSES, Classes((0.1 + 0.2, 1e-300, math.inf), ("#000", "#fff"), None)),
        (CLASSES, Classes((), (), 90.0)),
    ],
)
def test_other_answers_come_back_equal_and_of_their_type(form: JsonForm, answer: object) -> None:
    found = form.unpack(form.pack(answer))
    assert found == answer
    assert type(found) is type(answer)


def test_scores_come_back_with_what_they_rest_on() -> None:
    target = find_target(load_city("changchun"), "within_target_share", "119", date(2026, 11, 20))
    part = Part("a", "b", 1.0, NOVEMBER, 1 / 3, Status.LOW_N, target, 0.5)
    scores = {"city": PlaceScore(None, {"x": DomainScore(2 / 3, (part,))})}
    found = SCORES.unpack(SCORES.pack(scores))
    assert found == scores
    assert found["city"].domains["x"].parts[0].status is Status.LOW_N


def test_a_number_that_is_none_stays_one() -> None:
    found = CLASSES.unpack(CLASSES.pack(Classes((math.nan,), ())))
    assert math.isnan(found.breaks[0])


@pytest.mark.parametrize("form", [FRAME, PERIODS])
def test_what_does_not_read_is_a_value_error(form) -> None:
    with pytest.raises(ValueError, match=r"Arrow|validation|JSON"):
        form.unpack(b"\x80\x04nonsense")
