from datetime import UTC, datetime

import numpy as np
import polars as pl
from hypothesis import given, settings
from hypothesis import strategies as st

from geodata.space.grid import latlng_to_cells, parent_expr
from layers.states.merge_frames import merge_states
from layers.states.state import KEYS, SUMS, complete_states
from layers.values.quantile import percentile_disc

AT = datetime(2026, 11, 1, tzinfo=UTC)
DISTRICTS = ["220102", "220103", "unknown"]
RECORD = st.tuples(
    st.floats(43.5, 44.5), st.floats(125.0, 126.0), st.sampled_from(DISTRICTS), st.integers(0, 7200)
)
RECORDS = st.lists(RECORD, min_size=1, max_size=60)


def states_of(records):
    """Return one state for each cell and district of (lat, lon, district, seconds)."""
    lat, lon, district, seconds = (list(column) for column in zip(*records, strict=True))
    x = pl.Series("x", seconds, dtype=pl.Float64)
    rows = pl.DataFrame(
        {
            "cell": latlng_to_cells(lat, lon),
            "district_id": district,
            "component": "119",
            "starts_at": AT,
            "n": 1,
            "num": 1.0,
            "sum_w": 1.0,
            "sum_wx": x,
            "vals": x.reshape((len(x), 1)).arr.to_list(),
            "ids": pl.Series(seconds).reshape((len(x), 1)).arr.to_list(),
        }
    )
    return complete_states(merge_states(complete_states(rows), KEYS))


@settings(deadline=None, max_examples=50)
@given(RECORDS, st.randoms(use_true_random=False))
def test_any_split_into_loads_gives_the_same_states(records, random):
    shuffled = random.sample(records, len(records))
    cut = random.randint(0, len(records))
    parts = [states_of(part) for part in (shuffled[:cut], shuffled[cut:]) if part]
    merged = complete_states(merge_states(pl.concat(parts), KEYS))
    assert merged.equals(states_of(records))


@settings(deadline=None, max_examples=50)
@given(RECORDS)
def test_cells_districts_and_city_agree(records):
    states = states_of(records)
    city = merge_states(states, []).row(0, named=True)
    districts = merge_states(states, ["district_id"])
    assert districts["num"].sum() == city["num"] == len(records)
    for res in (9, 8, 7, 6):
        cells = states.with_columns(parent=parent_expr("cell", res))
        assert merge_states(cells, ["parent"])["num"].sum() == len(records)
    seconds = np.array([record[3] for record in records], dtype=float)
    assert percentile_disc(np.array(city["vals"]), 0.9) == percentile_disc(seconds, 0.9)


@settings(deadline=None, max_examples=30)
@given(RECORDS)
def test_quantiles_and_distinct_ids_do_not_depend_on_the_way_up(records):
    states = states_of(records)
    direct = merge_states(states, []).row(0, named=True)
    stepwise = merge_states(merge_states(states, ["district_id"]), []).row(0, named=True)
    assert direct == stepwise
    assert direct["ids"] == sorted({record[3] for record in records})


def test_what_was_never_known_stays_unknown():
    states = complete_states(
        pl.DataFrame({"component": ["a"], "starts_at": [AT], "district_id": ["220102"], "n": [2]})
    )
    merged = merge_states(states, []).row(0, named=True)
    assert merged["n"] == 2
    assert all(merged[name] is None for name in SUMS)
