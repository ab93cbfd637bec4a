"""The pattern of a published period is kept: what was withheld once is never shown later."""

from sqlalchemy import Engine, select

from geodata.tables import withheld_pattern
from layers.disclosure.pattern import Publication, read_pattern
from layers.period import Period

MONTH = Publication("incident_count", "119", Period.parse("2026-10"), "district")


def test_9_a_pattern_only_grows(engine: Engine) -> None:
    asked: list[set[str]] = []

    def decide(*places: str):
        def _decide(already):
            asked.append(set(already))
            return frozenset(already) | frozenset(places)

        return _decide

    assert read_pattern(engine, MONTH, decide("a", "b")) == {"a", "b"}
    assert read_pattern(engine, MONTH, decide()) == {"a", "b"}
    assert read_pattern(engine, MONTH, decide("c")) == {"a", "b", "c"}
    assert read_pattern(engine, MONTH, decide()) == {"a", "b", "c"}
    assert asked == [set(), {"a", "b"}, {"a", "b"}, {"a", "b", "c"}]
    other = Publication(MONTH.indicator, MONTH.component, Period.parse("2026-09"), "district")
    assert read_pattern(engine, other, decide()) == frozenset()
    with engine.connect() as connection:
        rows = connection.execute(
            select(withheld_pattern.c.period, withheld_pattern.c.revision).order_by("period")
        ).all()
    assert [tuple(row) for row in rows] == [("2026-09", 0), ("2026-10", 1)]
