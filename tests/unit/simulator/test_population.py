import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from geodata.space.areal import largest_remainder
from geodata.space.grid import cell_centres, cell_res
from simulator.ground.world import World
from tests.unit.simulator.conftest import RESIDENTS


@pytest.mark.parametrize(
    ("total", "weights", "shares"),
    [(1000, [1, 1, 1], [334, 333, 333]), (7, [2, 2, 1], [3, 3, 1]), (0, [1, 2], [0, 0])],
)
def test_integers_by_largest_remainder(total: int, weights: list[int], shares: list[int]) -> None:
    assert largest_remainder(total, np.array(weights, dtype=float)).tolist() == shares


@given(
    total=st.integers(0, 2_000_000),
    weights=st.lists(st.floats(0.001, 1e6), min_size=1, max_size=60),
)
def test_shares_always_sum_to_the_total(total: int, weights: list[float]) -> None:
    shares = largest_remainder(total, np.array(weights))
    assert shares.sum() == total
    exact = total * np.array(weights) / np.sum(weights)
    assert np.all(np.abs(shares - exact) < 1 + 1e-6)


def test_each_district_keeps_its_census(world: World) -> None:
    cells = world.cells
    totals = {
        key: int(cells.residents[cells.district_id == key].sum())
        for key in np.unique(cells.district_id)
    }
    assert totals == RESIDENTS


def test_cells_are_storage_cells_in_their_district(world: World) -> None:
    cells = world.cells
    assert cell_res(int(cells.cell[0])) == 10
    assert np.all(cells.residents > 0)
    located = world.locator.locate(*cell_centres(cells.cell))
    assert (located == cells.district_id).all()


def test_nobody_lives_in_the_park(world: World) -> None:
    park = world.plane.to_metres(np.array([125.31]), np.array([43.88]))
    homes = world.plane.to_metres(world.cells.lon, world.cells.lat)
    assert np.hypot(*(homes - park).T).min() > 400


def test_the_core_is_denser_than_the_country(world: World) -> None:
    cells = world.cells
    core = world.plane.to_metres(np.array([125.30]), np.array([43.88]))
    distance = np.hypot(*(world.plane.to_metres(cells.lon, cells.lat) - core).T)
    assert cells.urban[distance < 1500].mean() > 3 * cells.urban[distance > 8000].mean()
