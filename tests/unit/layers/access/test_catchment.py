import numpy as np
import pandas as pd
import pytest
from access.fca import two_stage_fca

from layers.access.catchment import e2sfca, gaussian, steps

PEOPLE = np.array([1000.0, 2000.0, 1500.0])
DOCTORS = np.array([60.0, 45.0])
MINUTES = np.array([[5.0, 25.0], [15.0, 15.0], [35.0, 10.0]])
LUO_QI = steps((10, 1.0), (20, 0.68), (30, 0.22))


def test_h3_gaussian_catchment_as_the_methods_have_it() -> None:
    """H3 e2sfca_doctors: weights, supply ratios, access and the invariant."""
    shares = gaussian(30)(MINUTES)
    expected = [[0.964945, 0.254448], [0.701367, 0.701367], [0, 0.862656]]
    np.testing.assert_allclose(shares, expected, atol=5e-7)
    found = e2sfca(PEOPLE, DOCTORS, MINUTES, gaussian(30))
    np.testing.assert_allclose(1000 * found.ratio, [25.341277, 15.248211], atol=5e-7)
    np.testing.assert_allclose(1000 * found.access, [28.332832, 28.468110, 13.153965], atol=5e-7)
    assert PEOPLE @ found.access == pytest.approx(105, rel=1e-12)


def test_h3_step_variant() -> None:
    """H3 e2sfca_doctors with the steps of Luo & Qi."""
    found = e2sfca(PEOPLE, DOCTORS, MINUTES, LUO_QI)
    np.testing.assert_allclose(1000 * found.access, [28.638015, 27.223201, 14.610390], atol=5e-7)
    np.testing.assert_allclose(LUO_QI(np.array([0, 10, 10.1, 30, 30.1])), [1, 1, 0.68, 0.22, 0])


def test_h3_facility_without_anybody_in_reach_is_listed() -> None:
    """H3: its ratio is undefined, and the invariant holds for the others."""
    minutes = np.column_stack([MINUTES, np.full(3, np.inf)])
    found = e2sfca(PEOPLE, np.array([60.0, 45.0, 7.0]), minutes, gaussian(30))
    assert found.undefined.tolist() == [2]
    assert PEOPLE @ found.access == pytest.approx(105)


@pytest.mark.parametrize("weight", [gaussian(30), LUO_QI])
def test_h3_equals_the_library_on_random_places(weight) -> None:
    """H3: the matrix sums equal PySAL access with this weight function and max_cost."""
    rng = np.random.default_rng(3)
    people, doctors = rng.integers(1, 900, 80).astype(float), rng.integers(1, 50, 12).astype(float)
    minutes = rng.uniform(0, 60, (80, 12))
    origin, dest = np.divmod(np.arange(minutes.size), 12)
    library = two_stage_fca(
        pd.DataFrame({"demand": people}).rename_axis("geoid").reset_index(),
        pd.DataFrame({"supply": doctors}).rename_axis("geoid"),
        pd.DataFrame({"origin": origin, "dest": dest, "cost": minutes.ravel()}),
        max_cost=30,
        weight_fn=lambda cost: float(weight(np.array([cost]))[0]),
    )
    found = e2sfca(people, doctors, minutes, weight)
    np.testing.assert_allclose(found.access[library.index], library.to_numpy(), rtol=1e-12)
