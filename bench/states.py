"""States of incident_count: the catalogue's build against the same sums in plain SQL."""

from sqlalchemy import Engine, text

from bench.timing import Table, time_best
from geodata.city import City
from layers.build import build_states

_PLAIN = """
    CREATE TEMPORARY TABLE bench_state ON COMMIT DROP AS
    SELECT channel, date_trunc('day', received_at), cell, district_id, count(*), sum(1.0::float8)
    FROM ops.incident
    WHERE retired_by IS NULL AND NOT (is_duplicate OR is_test OR is_cancelled OR is_mutual_aid)
    GROUP BY 1, 2, 3, 4
"""


def bench_states(engine: Engine, city: City, incidents: int) -> Table:
    """Build all states of the incidents in the database."""

    def run_plain() -> None:
        with engine.begin() as connection:
            connection.execute(text(f"SET LOCAL TimeZone = '{city.timezone}'"))
            connection.execute(text(_PLAIN))

    ours = time_best(
        "layers.build.build_states",
        incidents,
        lambda: build_states(engine, city, ["incident_count"]),
    )
    with engine.connect() as connection:
        states = connection.execute(text("SELECT count(*) FROM ops.state")).scalar_one()
    plain = time_best("floor: GROUP BY into a table without indexes", incidents, run_plain)
    return Table(
        f"States of incident_count: {incidents:,} incidents, {states:,} states", (ours, plain)
    )
