"""A live source of calls in a folder of its own, and how it is followed."""

from datetime import UTC, datetime
from pathlib import Path
from uuid import uuid4

import pytest
from sqlalchemy import select

from etl.live.piece import LiveSource
from etl.live.record_files import FollowedRecords
from etl.source.declaration import SourceDeclaration
from geodata import tables
from geodata.space.districts import DistrictLocator, read_districts

MAPPING = {
    "record_id": "id",
    "revision": "rev",
    "channel": "channel",
    "category": {"source": "kind", "optional": True},
    "received_at": "t0",
    "closed_at": {"source": "t6", "optional": True},
    "lon": {"source": "lon", "optional": True},
    "lat": {"source": "lat", "optional": True},
}
HEADER = "id,rev,channel,kind,t0,t6,lon,lat\n"
NOW = datetime(2026, 11, 22, 4, 0, tzinfo=UTC)  # noon in Changchun


@pytest.fixture(scope="session")
def districts(city):
    return read_districts(city)


@pytest.fixture
def declare():
    """Return a function from a declaration's keys to a live source of calls."""

    def make(**declared) -> SourceDeclaration:
        base = {
            "key": f"live{uuid4().hex[:8]}",
            "title_zh": "来源",
            "title_en": "source",
            "owner": "police",
            "licence": "none",
            "cadence": "P1D",
            "provenance": "simulated",
            "path": "calls*.csv",
            "format": "csv",
            "timezone": "Asia/Shanghai",
            "table": "incident",
            "mapping": MAPPING,
            "live": {"path": "live/calls*.csv", "expected": "PT5M"},
        }
        return SourceDeclaration.model_validate(base | declared)

    return make


class Calls:
    """A followed file of calls."""

    def __init__(self, engine, city, districts, declaration, folder: Path) -> None:
        self.engine, self.city = engine, city
        self.declaration = declaration
        self.folder = folder / "live"
        self.folder.mkdir(parents=True, exist_ok=True)
        self.path = self.folder / "calls.csv"
        self._parts = (engine, city, districts)
        self._incoming = folder

    def append(self, text: str, path: Path | None = None) -> None:
        with (path or self.path).open("ab") as stream:
            stream.write(text.encode())

    def follow(self) -> FollowedRecords:
        """Return a follower as in a process that has just been started."""
        engine, city, districts = self._parts
        rule = self.declaration.live[0]
        target = LiveSource(engine, city, self.declaration, rule, DistrictLocator(districts))
        return FollowedRecords(target, self._incoming)

    def poll(self):
        """Look once, as a process that has just been started."""
        return list(self.follow().poll())

    def rows(self, table: str, *names: str):
        columns = tables.metadata.tables[table].c
        chosen = select(*(columns[name] for name in names)).where(
            columns.source == self.declaration.key
        )
        if "retired_by" in columns:
            chosen = chosen.where(columns.retired_by.is_(None))
        with self.engine.connect() as connection:
            return sorted(tuple(row) for row in connection.execute(chosen))

    def rejected(self):
        """Return row number, reason of every rejected row of the source."""
        c = tables.rejected_row.c
        chosen = (
            select(c.row_number, c.reason)
            .join(tables.load, tables.load.c.load_id == c.load_id)
            .where(tables.load.c.source == self.declaration.key)
        )
        with self.engine.connect() as connection:
            return sorted(tuple(row) for row in connection.execute(chosen))


@pytest.fixture
def calls(engine, city, districts, declare, tmp_path, monkeypatch):
    """A followed file of calls, at noon of 22 November 2026."""
    monkeypatch.setenv("OCC_NOW", NOW.isoformat())
    return Calls(engine, city, districts, declare(), tmp_path)
