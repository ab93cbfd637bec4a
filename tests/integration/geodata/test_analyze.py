"""Which tables the planner gets new statistics of."""

from sqlalchemy import Engine, text

from geodata.database.statistics import analyze_changed

ROWS = "INSERT INTO ops.sample SELECT generate_series(1, {})"


def run(engine: Engine, statement: str) -> None:
    with engine.begin() as connection:
        connection.execute(text(statement))
        connection.execute(text("SELECT pg_stat_force_next_flush()"))


def analyze(engine: Engine) -> bool:
    engine.dispose()  # a session tells of its changes when it ends
    return "sample" in analyze_changed(engine)


def test_a_small_table_is_analysed_when_first_filled_and_then_when_it_has_changed_much(
    engine: Engine,
) -> None:
    run(engine, "CREATE TABLE ops.sample (number integer)")
    run(engine, "ALTER TABLE ops.sample SET (autovacuum_enabled = false)")
    assert not analyze(engine)
    run(engine, ROWS.format(3))
    assert analyze(engine)
    run(engine, ROWS.format(19_000))
    assert not analyze(engine)
    run(engine, ROWS.format(19_000))
    assert analyze(engine)
