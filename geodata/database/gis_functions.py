"""tipg's own functions, made once by the owner instead of by each connection of the service.

tipg would make them anew in every session, as temporary ones, which takes the right to make
temporary objects; the public reader has none.
"""

from importlib import resources

from geodata.tables.published import PUBLISHED

GIS_SCHEMA = "tipg"
# for a connection of the service; PostGIS stays wherever the server's administrator put it
FIND_PUBLISHED_FIRST = (
    f"SELECT set_config('search_path', '{PUBLISHED}, ' || current_setting('search_path'), false)"
)


def function_statements() -> list[str]:
    """Return the DDL of the functions in a schema of their own; it holds nothing else."""
    source = resources.files("tipg") / "sql" / "dbcatalog.sql"
    return [
        f"CREATE SCHEMA IF NOT EXISTS {GIS_SCHEMA}",
        source.read_text(encoding="utf-8").replace("pg_temp", GIS_SCHEMA),
    ]
