"""tipg's own functions, made once by the owner instead of by each connection of the service.

tipg would make them anew in every session, as temporary ones, which takes the right to make
temporary objects; the public reader has none.
"""

from importlib import resources

GIS_SCHEMA = "tipg"


def function_statements() -> list[str]:
    """Return the DDL of the functions in a schema of their own; it holds nothing else."""
    source = resources.files("tipg") / "sql" / "dbcatalog.sql"
    return [
        f"CREATE SCHEMA IF NOT EXISTS {GIS_SCHEMA}",
        source.read_text(encoding="utf-8").replace("pg_temp", GIS_SCHEMA),
    ]
