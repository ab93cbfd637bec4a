"""tipg's connections and list of collections, created on demand and kept current."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import asyncpg
from fastapi import Request
from sqlalchemy import Engine
from sqlalchemy.engine import URL
from sqlalchemy.exc import SQLAlchemyError
from tipg.collections import Catalog, Collection, pg_get_collection_index
from tipg.database import connection_factory
from tipg.settings import DatabaseSettings

from geodata.city.configuration import City
from geodata.clock import now
from geodata.errors import DatabaseError
from geodata.published.layers import PublishedLayer, newest_of, read_edition, read_periods
from geodata.service.about import About, describe
from geodata.service.collection import ServedCollection
from geodata.service.periods import is_of_all_periods
from geodata.tables.published import PUBLISHED

_CHECK_AFTER_S = 10.0
_POOL = {"min_size": 0, "max_size": 8, "timeout": 10}
_SESSION = {
    "default_transaction_read_only": "on",
    "statement_timeout": "20s",
    "timezone": "UTC",
}
_SETTINGS = DatabaseSettings(
    schemas=[PUBLISHED], spatial_extent=False, datetime_extent=False, only_spatial_tables=True
)


@dataclass
class Service:
    """The connections and the catalogue of the GIS service; they belong to one event loop."""

    engine: Engine
    city: City
    pool: asyncpg.Pool | None = None
    edition: str = ""
    checked_at: float = 0.0
    periods: dict[str, tuple[PublishedLayer, ...]] = field(default_factory=dict)
    layers: dict[str, PublishedLayer] = field(default_factory=dict)  # the newest of each
    collections: dict[str, ServedCollection] = field(default_factory=dict)
    about: dict[str, About] = field(default_factory=dict)
    lock: asyncio.Lock = field(default_factory=asyncio.Lock)

    async def ready(self, request: Request) -> None:
        """Connect if needed and reread the catalogue if it changed; a dependency of all routes.

        Raises:
            HTTPException: the database does not answer; status 503.
        """
        state = request.app.state
        try:
            async with self.lock:
                if self.pool is None:
                    self.pool = await _connect(self.engine)
                if time.monotonic() - self.checked_at > _CHECK_AFTER_S:
                    await self._refresh()
                    state.collection_catalog = Catalog(
                        collections=dict[str, Collection](self.collections), last_updated=now()
                    )
                    state.published_periods = self.periods
        except (OSError, SQLAlchemyError, asyncpg.PostgresError, TimeoutError) as error:
            raise DatabaseError("the database does not answer") from error

    @asynccontextmanager
    async def connection(self) -> AsyncIterator[asyncpg.Connection]:
        """Lend a connection for one query."""
        assert self.pool is not None  # noqa: S101 - every route depends on `ready`
        async with self.pool.acquire() as lent:
            yield lent

    async def close(self) -> None:
        """Close the connections."""
        if self.pool is not None:
            await self.pool.close()
            self.pool = None

    async def _refresh(self) -> None:
        edition = await asyncio.to_thread(read_edition, self.engine)
        if edition != self.edition or not self.collections:
            assert self.pool is not None  # noqa: S101
            self.periods = await asyncio.to_thread(self._read_periods)
            self.layers = newest_of(self.periods)
            async with self.pool.acquire() as connection:
                views = await pg_get_collection_index(connection, settings=_SETTINGS)
            found = [each for each in views if not is_of_all_periods(each.table)]
            self.about = {each.table: describe(each.table, self.layers) for each in found}
            self.collections = {
                each.table: self._named(each) for each in sorted(found, key=_by_kind)
            }
            self.edition = edition
        self.checked_at = time.monotonic()

    def _read_periods(self) -> dict[str, tuple[PublishedLayer, ...]]:
        with self.engine.connect() as connection:
            return read_periods(connection)

    def _named(self, found: Collection) -> ServedCollection:
        """Give a collection its plain name, its titles and the city's bounds."""
        about = self.about[found.table]
        geometry: Any = found.geometry_column
        bounds = list(self.city.bounds)
        columns = [
            column.model_copy(update={"bounds": bounds}) if column.is_geometry else column
            for column in found.table_columns
        ]
        own = {
            "id": found.table,
            "title": about.title,
            "description": about.description,
            "table_columns": [column.model_dump() for column in columns],
            "geometry_column": geometry.model_copy(update={"bounds": bounds}).model_dump(),
        }
        schema = {"schema": found.model_dump()["dbschema"]}
        return ServedCollection.model_validate(found.model_dump() | schema | own)


def _by_kind(collection: Collection) -> tuple[bool, str]:
    return collection.table.startswith("hex"), collection.table


async def _connect(engine: Engine) -> asyncpg.Pool:
    """Return connections that can only read; tipg's own functions are temporary ones."""
    prepare = connection_factory([PUBLISHED], "pg_temp")

    async def prepare_once(connection: asyncpg.Connection) -> None:
        await connection.execute("SET default_transaction_read_only = off")
        await prepare(connection)
        await connection.execute("RESET default_transaction_read_only")

    return await asyncpg.create_pool(
        **_address(engine.url), init=prepare_once, server_settings=_SESSION, **_POOL
    )


def _address(url: URL) -> dict[str, Any]:
    """Return the database's address for asyncpg, which reads no socket folder from a URL."""
    if url.host:
        plain = url.set(drivername="postgresql")
        return {"dsn": plain.render_as_string(hide_password=False)}
    return {
        "host": url.query.get("host"),
        "port": url.port,
        "user": url.username,
        "password": url.password,
        "database": url.database,
    }
