"""Points along a line that they follow in order: loops, crossings, streets run both ways."""

import numpy as np
import pytest
import shapely

from geodata.space.along import Path, match_along

SQUARE = [(0, 0), (1000, 0), (1000, 1000), (0, 1000), (0, 0)]
THERE_AND_BACK = [(0, 0), (1000, 0), (1000, 10), (0, 10)]
EIGHT = [(0, 0), (1000, 1000), (1000, 0), (0, 1000)]  # crosses itself at 500, 500


def path(vertices: list[tuple[float, float]]) -> Path:
    return Path.of(shapely.LineString(vertices))


@pytest.mark.parametrize(
    ("vertices", "points", "expected"),
    [
        (SQUARE, [(0, 0), (1000, 500), (0, 500), (0, 0)], [0, 1500, 3500, 4000]),
        (SQUARE, [(0, 5), (500, 0), (0, 5)], [0, 500, 3995]),
        (THERE_AND_BACK, [(200, 5), (800, 5), (800, 5), (200, 5)], [200, 800, 800, 1810]),
        (THERE_AND_BACK, [(200, -3), (900, 13), (200, 13)], [200, 1110, 1810]),
        (EIGHT, [(0, 0), (500, 500), (1000, 0), (500, 500), (0, 1000)],
         [0, 707.1, 2414.2, 3121.3, 3828.4]),
        ([(0, 0), (0, 0), (500, 0), (500, 0), (900, 0)], [(0, 9), (500, 9), (900, 9)],
         [0, 500, 900]),
        (SQUARE, [(0, 0), (500, 300), (1000, 500)], [0, None, 1500]),
        (SQUARE, [(0, 0)], [4000]),
        ([(0, 0), (1000, 0)], [(100, 0), (400, 0), (300, 0), (800, 0)], [100, None, 300, 800]),
        ([(5, 5), (5, 5)], [(5, 5), (5, 5)], [None, None]),
        (SQUARE, [], []),
    ],
    ids=["loop", "a loop's end", "both ways", "back only", "crossing", "doubled", "far off",
         "alone", "out of order", "no length", "none"],
)  # fmt: skip
def test_points_are_met_in_order(
    vertices: list[tuple[float, float]],
    points: list[tuple[float, float]],
    expected: list[float | None],
) -> None:
    found = match_along(path(vertices), np.array(points, dtype=float).reshape(-1, 2), 100.0)
    assert [None if at is None else round(at, 1) for at in found] == expected


def test_a_part_is_counted_along_the_line_where_it_crosses_itself() -> None:
    eight = path(EIGHT)
    part = eight.part(600.0, eight.length_m - 600.0)
    assert part is not None
    assert part.length == pytest.approx(eight.length_m - 1200.0)
    assert eight.part(700.0, 700.0) is None
    whole = eight.part(-5.0, 1e9)
    assert whole is not None
    assert whole.length == pytest.approx(eight.length_m)
