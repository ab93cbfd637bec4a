"""Incident files on a real PostGIS: clocks by call, nothing twice, nothing half."""

from pathlib import Path

import pytest
from sqlalchemy import func, select

from etl.pipeline.run import load_source
from etl.source.declaration import read_declaration
from geodata.city.configuration import load_city
from geodata.tables import incident, load

DATA = Path(__file__).resolve().parents[2] / "data"


@pytest.mark.realdata
def test_unit_rows_become_calls(engine, trial_data):
    city = load_city(str(DATA / "cities" / "sanfrancisco"))
    declaration = read_declaration(DATA / "declarations" / "sf_outside_fire.yaml")
    result = load_source(engine, city, declaration, root=trial_data)
    assert [f.message for f in result.refused] == []
    assert (result.rows_in, result.rows_loaded, result.rows_rejected) == (4340, 4340, 0)
    with engine.connect() as connection:
        counts = select(
            func.count(), func.count(incident.c.arrived_at), func.count(incident.c.cell)
        )
        assert connection.execute(counts).one() == (901, 866, 901)
    assert load_source(engine, city, declaration, root=trial_data).status == "already loaded"
    with engine.connect() as connection:
        assert connection.execute(select(func.count()).select_from(load)).scalar_one() == 1
        assert connection.execute(select(func.count()).select_from(incident)).scalar_one() == 901
