"""Sources written on the spot and loaded into the module's database."""

from pathlib import Path
from uuid import uuid4

import pytest
import yaml
from sqlalchemy import select

from etl.pipeline.run import load_source
from etl.source.data_places import NOWHERE, DataPlaces
from etl.source.declaration import SourceDeclaration
from geodata.space.districts import DistrictLocator, read_districts
from geodata.tables import metadata


@pytest.fixture(scope="module")
def locator(city):
    return DistrictLocator(read_districts(city))


BASE = {
    "title_zh": "来源",
    "title_en": "source",
    "owner": "police",
    "licence": "none",
    "cadence": "P1D",
    "provenance": "real",
    "path": "*.csv",
    "format": "csv",
    "timezone": "Asia/Shanghai",
}


def yaml_of(key: str, **declared) -> str:
    """Return a declaration as the text of its file."""
    return yaml.safe_dump(BASE | {"key": key} | declared, allow_unicode=True)


class Source:
    """A source of its own key, so that tests of one database do not meet."""

    def __init__(self, engine, city, locator, folder: Path, **declared) -> None:
        self._parts = (engine, city, locator)
        self._folder = folder
        base = BASE | {"key": f"s{uuid4().hex[:10]}"}
        self.declaration = SourceDeclaration.model_validate(base | declared)
        self.table = metadata.tables[self.declaration.table]
        self._number = 0

    def load(self, text: str | bytes, name: str | None = None, places: DataPlaces = NOWHERE):
        """Write a file and load it; returns what became of it."""
        self._number += 1
        path = self._folder / (name or f"{self.declaration.key}_{self._number}.csv")
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        engine, city, locator = self._parts
        (result,) = load_source(
            engine, city, self.declaration, path, locator=locator, places=places
        ).files
        return result

    def current(self, *names: str):
        """Return the current records, the named columns, in order."""
        columns = [self.table.c[name] for name in names]
        mine = (self.table.c.source == self.declaration.key) & self.table.c.retired_by.is_(None)
        with self._parts[0].connect() as connection:
            return sorted(tuple(row) for row in connection.execute(select(*columns).where(mine)))

    def every(self):
        """Return (load_id, retired_by) of all records, current or not."""
        columns = self.table.c
        mine = select(columns.load_id, columns.retired_by).where(
            columns.source == self.declaration.key
        )
        with self._parts[0].connect() as connection:
            return [tuple(row) for row in connection.execute(mine)]


@pytest.fixture
def source(engine, city, locator, tmp_path):
    """Return a function from a declaration's keys to a source."""

    def make(**declared):
        return Source(engine, city, locator, tmp_path, **declared)

    return make


CALLS = {
    "table": "incident",
    "mapping": {
        "record_id": "id",
        "revision": {"source": "rev", "optional": True},
        "channel": {"const": "110"},
        "received_at": "t0",
        "address": {"source": "address", "optional": True},
        "lon": {"source": "lon", "optional": True},
        "lat": {"source": "lat", "optional": True},
    },
}
PLACES = {
    "table": "facility",
    "mode": "snapshot",
    "mapping": {"facility_id": "id", "kind": {"const": "aed"}, "name": "name"},
}


@pytest.fixture
def calls(source):
    """A source of calls that are added to."""
    return source(**CALLS)


@pytest.fixture
def places(source):
    """A source of facilities that comes whole each time."""
    return source(**PLACES)
