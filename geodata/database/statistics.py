"""Updates the planner's statistics of tables that have just changed much."""

from sqlalchemy import Engine, text
from sqlalchemy.sql.expression import quoted_name

from geodata.tables import SCHEMA

_CHANGED = text(
    "SELECT relname FROM pg_stat_user_tables WHERE schemaname = :schema "
    "AND n_mod_since_analyze > CASE WHEN coalesce(last_analyze, last_autoanalyze) IS NULL THEN 0 "
    "ELSE 20000 + n_live_tup / 10 END ORDER BY relname"
)


def analyze_changed(engine: Engine) -> list[str]:
    """Analyse tables without statistics or of which a tenth is new; return their names.

    The server does so by itself, but a minute later: until then queries on a table just filled are
    planned as if it were empty. One small table without statistics is enough for a bad plan: with
    those of stops and trips missing, the hours of service of a city's buses took minutes.
    """
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        names = list(connection.execute(_CHANGED, {"schema": SCHEMA}).scalars())
        quote = connection.dialect.identifier_preparer.quote
        for name in names:
            table = f"{SCHEMA}.{quote(quoted_name(name, quote=True))}"
            connection.exec_driver_sql(f"ANALYZE {table}")
    return names
