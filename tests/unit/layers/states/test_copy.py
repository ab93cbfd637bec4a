import csv
import io
from datetime import UTC, datetime

import polars as pl

from layers.states.copy import encode_states
from layers.states.state import STATE_SCHEMA, complete_states

BUILD = {"indicator": pl.lit("x"), "build_id": pl.lit(7)}


def encode(**columns) -> list[dict[str, str]]:
    row = {
        "component": ["all"],
        "starts_at": [datetime(2026, 10, 31, 16, tzinfo=UTC)],
        "district_id": ["220102"],
    }
    schema = {name: kind for name, kind in STATE_SCHEMA.items() if name in row | columns}
    frame = complete_states(pl.DataFrame(row | columns, schema=schema))
    text = encode_states(frame, BUILD).decode()
    return list(csv.DictReader(io.StringIO(text), fieldnames=[*BUILD, *STATE_SCHEMA]))


def test_numbers_and_instants_keep_every_digit():
    (row,) = encode(num=[0.1 + 0.2], cell=[622236750694711295])
    assert (row["indicator"], row["build_id"]) == ("x", "7")
    assert row["starts_at"] == "2026-10-31 16:00:00.000000+00:00"
    assert float(row["num"]) == 0.1 + 0.2
    assert row["cell"] == "622236750694711295"
    assert row["is_estimated"] == "false"


def test_lists_are_arrays_and_absent_ones_null():
    (row,) = encode(vals=[[1.5, 2e-7]], ids=[[]])
    assert row["vals"] == "{1.5,2e-7}"
    assert row["ids"] == "{}"
    assert row["hist"] == row["num"] == ""
