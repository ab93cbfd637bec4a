"""T4 on what `read_served` says of stop S1 of mini-feed M."""

from datetime import UTC, date, datetime

import polars as pl

from geodata.queries.timetable import SERVED_SCHEMA, SERVICE_DAY_SCHEMA
from layers.catalogue.formula import apply_formula
from layers.measures.transit_span import compute_service_hours, compute_service_span, on_days
from layers.states.merge_frames import merge_states

ZONE = "Asia/Shanghai"
TUESDAY = date(2026, 12, 1)


def served(*rows: tuple[int, float, float, list[int]], on: date = TUESDAY) -> pl.DataFrame:
    calls = pl.DataFrame(
        [
            ("m", "WD", cell, "d", 6, int(first * 3600), int(last * 3600), _bits(hours), False)
            for cell, first, last, hours in rows
        ],
        schema=dict(SERVED_SCHEMA),
        orient="row",
    )
    running = pl.DataFrame([("m", "WD", on)], schema=dict(SERVICE_DAY_SCHEMA), orient="row")
    return on_days(calls, running)


def _bits(hours: list[int]) -> int:
    return sum(1 << hour for hour in hours)


S1 = served((1, 7.0, 24.5, [7, 9, 24]))


def span_h(states: pl.DataFrame) -> float:
    return float(apply_formula("daily_span", merge_states(states, []))[0])


def test_t4_span_and_hours_of_s1() -> None:
    """T4: 17.5 h; 3 clock hours (07, 09, 24)."""
    assert span_h(compute_service_span(S1, ZONE)) == 17.5
    assert len(compute_service_hours(S1, ZONE)["ids"][0]) == 3


def test_t4_a_parent_is_the_extent_of_its_cells_and_not_their_sum() -> None:
    """T4: min and max are recomputed, hours united."""
    both = served((1, 7.0, 9.0, [7, 9]), (2, 8.0, 10.0, [8, 9, 10]))
    assert span_h(compute_service_span(both, ZONE)) == 3.0
    united = merge_states(compute_service_hours(both, ZONE), [])["ids"][0]
    assert len(united) == 4


def test_t4_days_are_averaged() -> None:
    """T4: the spans of two days are not one span of both."""
    days = pl.concat([S1, served((1, 8.0, 10.0, [8, 10]), on=date(2026, 12, 2))])
    assert span_h(compute_service_span(days, ZONE)) == (17.5 + 2.0) / 2
    assert len(merge_states(compute_service_hours(days, ZONE), [])["ids"][0]) == 5


def test_t4_a_state_carries_the_midnight_of_its_service_day() -> None:
    """T4: what departs after midnight belongs to the service day before."""
    midnight = datetime(2026, 11, 30, 16, tzinfo=UTC)
    assert compute_service_span(S1, ZONE)["starts_at"].to_list() == [midnight]


def test_t4_services_and_feeds_of_one_day_are_joined() -> None:
    """T4: the hours of two services are united, also where their ids are equal in two feeds."""
    rows = [
        (source, "WD", 1, "d", 1, first, last, _bits(hours), False)
        for source, first, last, hours in (
            ("a", 25_200, 32_400, [7, 9]),
            ("b", 32_400, 36_000, [9, 10]),
        )
    ]
    calls = pl.DataFrame(rows, schema=dict(SERVED_SCHEMA), orient="row")
    both = pl.DataFrame(
        [("a", "WD", TUESDAY), ("b", "WD", TUESDAY)], schema=dict(SERVICE_DAY_SCHEMA), orient="row"
    )
    together = on_days(calls, both)
    assert span_h(compute_service_span(together, ZONE)) == 3.0
    assert len(compute_service_hours(together, ZONE)["ids"][0]) == 3
    alone = on_days(calls, both.filter(pl.col("source") == "a"))
    assert span_h(compute_service_span(alone, ZONE)) == 2.0
