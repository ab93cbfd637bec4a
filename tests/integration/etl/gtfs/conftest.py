"""Loading a feed straight into the tables, without the pipeline around it."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, insert

from etl.gtfs.load import load_feed
from etl.outcome import LoadOutcome
from etl.source.declaration import SourceDeclaration
from etl.source.file import SourceFile
from geodata.city.configuration import City
from geodata.clock import now
from geodata.space.districts import DistrictLocator, load_districts, read_districts
from geodata.tables import load

FeedLoader = Callable[..., LoadOutcome]


def declare(key: str, path: Path, **options: Any) -> SourceDeclaration:
    return SourceDeclaration.model_validate(
        {
            "key": key,
            "title_zh": key,
            "title_en": key,
            "owner": "test",
            "licence": "test",
            "cadence": "none",
            "provenance": "real",
            "path": str(path),
            "format": "gtfs",
            "table": "gtfs",
            "mode": "snapshot",
        }
        | options
    )


@pytest.fixture(scope="session")
def declare_feed() -> Callable[..., SourceDeclaration]:
    return declare


@pytest.fixture(scope="module")
def load_path(engine: Engine, city: City) -> FeedLoader:
    """Load a feed as source `key`, in a transaction of its own."""
    districts = read_districts(city)
    locator = DistrictLocator(districts)
    with engine.begin() as connection:
        load_districts(connection, city)

    def load_path(key: str, path: Path, **options: Any) -> LoadOutcome:
        with engine.begin() as connection:
            row = {
                "source": key, "table_name": "gtfs", "file": path.name, "sha256": "-",
                "status": "loaded", "provenance": "real", "owner": "test", "licence": "test",
                "started_at": now(), "finished_at": now(), "rows_in": 0, "rows_loaded": 0,
                "rows_rejected": 0, "records": 0,
            }  # fmt: skip
            load_id = connection.execute(
                insert(load).values(row).returning(load.c.load_id)
            ).scalar_one()
            declaration, file = declare(key, path, **options), SourceFile.at(path)
            return load_feed(connection, city, declaration, file, load_id, locator)

    return load_path
