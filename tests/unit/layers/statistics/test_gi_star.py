"""E11: Gi* with the false discovery rate, on exact figures."""

import h3.api.basic_int as h3
import numpy as np
import pytest

from geodata.space.grid import disk_pairs, latlng_to_cell
from layers.statistics.gi_star import (
    compute_hot_spots,
    false_discovery_mask,
    gi_star,
    two_sided,
)

CENTRE = latlng_to_cell(43.88, 125.32, 8)


def disk(k: int, centre: int = CENTRE) -> np.ndarray:
    return np.sort(np.array(list(h3.grid_disk(centre, k)), dtype=np.int64))


def peaked(cells: np.ndarray, centre: int = CENTRE) -> np.ndarray:
    """Return 10 at the centre, 5 on the first ring, 1 beyond."""
    far = np.array([h3.grid_distance(centre, int(cell)) for cell in cells])
    return np.select([far == 0, far == 1], [10.0, 5.0], 1.0)


def test_e11_z_of_the_centre() -> None:
    """E11 Test: 19 cells, centre 10, ring-1 5, ring-2 1 -> z 3.844117, two-sided p 1.2099e-4."""
    cells = disk(2)
    assert len(cells) == 19
    z = gi_star(cells, peaked(cells))
    at = int(np.flatnonzero(cells == CENTRE)[0])
    assert z[at] == pytest.approx(3.844117, abs=5e-7)
    assert two_sided(z)[at] == pytest.approx(1.2099e-4, abs=5e-9)


def test_e11_z_is_the_formula_of_the_brief() -> None:
    """E11: z=(Σ w x - x̄W)/(s√[(nS₁-W²)/(n-1)]), computed cell by cell."""
    cells = disk(4)
    values = np.random.default_rng(1).poisson(3, len(cells)).astype(float)
    n, mean = len(cells), values.mean()
    s = np.sqrt((values**2).sum() / n - mean**2)
    expected = []
    for cell in cells:
        inside = np.isin(cells, list(h3.grid_disk(int(cell), 1)))
        w = inside.sum()
        above = values[inside].sum() - mean * w
        expected.append(above / (s * np.sqrt((n * w - w**2) / (n - 1))))
    assert gi_star(cells, values) == pytest.approx(expected, rel=1e-9)


def test_e11_benjamini_hochberg() -> None:
    """E11 Test: ten p values -> 2 rejected (cut-off 0.01)."""
    p = np.array([0.001, 0.008, 0.039, 0.041, 0.042, 0.06, 0.074, 0.205, 0.212, 0.216])
    assert false_discovery_mask(p).tolist() == [True, True, *[False] * 8]
    assert false_discovery_mask(np.append(p[[0]], 0.01)).sum() == 2


def test_e11_hot_and_cold_spots_of_a_large_area() -> None:
    """E11: two-sided, marked over all cells; p one-sided would mark too many."""
    cells = disk(8)
    found = compute_hot_spots(cells, peaked(cells))
    marked = set(cells[found.is_hot].tolist())
    assert marked
    assert marked <= set(disk(2).tolist())
    assert not found.is_cold.any()
    turned = compute_hot_spots(cells, -peaked(cells))  # negative sums turn nothing around
    assert (turned.is_cold == found.is_hot).all()


def test_e11_unknown_cells_are_taken_out_and_zeros_stay() -> None:
    """E11: zeros included, no_data removed."""
    cells = disk(8)
    values = peaked(cells)
    values[0] = np.nan
    found = compute_hot_spots(cells, values)
    without = compute_hot_spots(cells[1:], values[1:])
    assert np.isnan(found.z[0])
    assert not found.is_significant[0]
    assert found.z[1:] == pytest.approx(without.z)


def test_e11_fewer_than_30_cells_are_off() -> None:
    """E11: n<30 cells -> off."""
    small = disk(2)
    assert np.isnan(compute_hot_spots(small, peaked(small)).z).all()
    larger = disk(3)
    assert len(larger) == 37
    assert np.isfinite(compute_hot_spots(larger, peaked(larger)).z).all()


@pytest.mark.parametrize("value", [0.0, 4.0])
def test_e11_values_that_do_not_differ_have_no_hot_spots(value: float) -> None:
    cells = disk(4)
    found = compute_hot_spots(cells, np.full(len(cells), value))
    assert np.isnan(found.z).all()
    assert not found.is_significant.any()


def test_e11_a_pentagon_has_five_neighbours() -> None:
    """E11: grid_disk, never six neighbours assumed."""
    pentagon = next(iter(h3.get_pentagons(8)))
    cells = disk(3, pentagon)
    focal, _ = disk_pairs(cells)
    assert np.count_nonzero(focal == np.flatnonzero(cells == pentagon)[0]) == 6
    values = np.where(cells == pentagon, 9.0, 1.0)
    assert np.isfinite(compute_hot_spots(cells, values).z).all()
