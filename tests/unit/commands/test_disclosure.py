"""The report of disclosure control as a table."""

from commands.disclosure import table_of
from layers.disclosure.report import Line


def test_a_row_a_level_with_its_figures() -> None:
    counts = Line("incident_count", "2026-10", "h3-8", 5, 1379, 3415, 68, 399.0, 60)
    free = Line("incident_calls", "2026-10", "district", 5, 11, 1, 1, float("inf"), 4)
    share = Line("within_target_share", "2026-10", "district", 5, 13, 0, 0, None, 0)
    assert table_of([counts, free, share]).splitlines()[2:] == [
        "| `incident_count` | 2026-10 | h3-8 | 5 | 1,379 | 3,415 | 68 | 399 | 60 |",
        "| `incident_calls` | 2026-10 | district | 5 | 11 | 1 | 1 | no bound | 4 |",
        "| `within_target_share` | 2026-10 | district | 5 | 13 | 0 | 0 |  |  |",
    ]
