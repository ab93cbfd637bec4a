"""The engines of a process: one for each role that the program takes in its database."""

from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass, replace
from functools import cache, partial

from sqlalchemy import Engine
from sqlalchemy.engine import URL

from geodata.database.cluster import Cluster
from geodata.database.engine import (
    connect,
    database_name,
    make_engine,
    open_for_answers,
    parse_url,
)
from geodata.database.rights import owns_everything
from geodata.database.role_access import Access, given_access, private_access
from geodata.database.role_setup import PUBLIC_STATEMENT_S
from geodata.database.row_rights import Districts, show_rows
from geodata.errors import DatabaseError
from geodata.settings import Settings
from geodata.tables.published import PUBLISHED

_READ_ONLY = f"-c default_transaction_read_only=on -c statement_timeout={PUBLIC_STATEMENT_S}s"


@dataclass(frozen=True)
class Engines:
    """An engine for each role; `complaint` says why one role does everything, where it does."""

    owner: Engine  # brings the schema up to date
    writer: Engine  # loads, builds, publishes, signs in, acts at the duty desk
    reader: Engine  # answers screens and layers
    public: Engine  # answers what everybody may ask
    complaint: str = ""

    @classmethod
    def of_one(cls, engine: Engine, complaint: str = "") -> "Engines":
        """Return the engines of one role that owns everything; what is public only reads."""
        public = make_engine(engine.url, PUBLISHED, _READ_ONLY, like=engine)
        return cls(engine, engine, engine, public, complaint)

    def for_answers(self) -> "Engines":
        """Return engines of the same roles for the answers of a server: see `open_for_answers`."""
        return replace(
            self,
            writer=open_for_answers(self.writer, connections=8),
            reader=open_for_answers(self.reader),
            public=open_for_answers(self.public, PUBLISHED, _READ_ONLY, connections=16),
        )

    def dispose(self) -> None:
        """Close the connections of all."""
        for each in (self.owner, self.writer, self.reader, self.public):
            each.dispose()


def nobody() -> tuple[str, ...]:
    """Return the districts of one who may read no record."""
    return ()


@cache
def get_engines(settings: Settings, districts: Districts = nobody) -> Engines:
    """Return the process's engines for these settings; the first call connects and checks.

    Starts the private cluster and makes its roles where needed. `districts` are those whose records
    the caller of the request being answered may read.

    Raises:
        SettingsError: an address is not one of a PostgreSQL.
        DatabaseError: the database cannot be reached, is too old or lacks PostGIS.
    """
    if settings.database_url:
        return _open(partial(given_access, settings, parse_url(settings.database_url)), districts)
    cluster = Cluster(settings.data_dir)
    cluster.ensure_started()
    return _open(partial(private_access, cluster, database_name(settings.city)), districts)


def administrator_url(settings: Settings) -> URL:
    """Return the address of whoever may create databases and roles; for set-up and benchmarks."""
    if settings.database_url:
        return parse_url(settings.database_url)
    cluster = Cluster(settings.data_dir)
    cluster.ensure_started()
    return cluster.url("postgres")


def _connect_owner(access: Access) -> Engine | None:
    """Connect as the owner; None where it cannot, or where something belongs to another."""
    try:
        owner = connect(access.owner)
    except DatabaseError:
        return None
    with owner.connect() as connection:
        if owns_everything(connection):
            return owner
    owner.dispose()
    return None


def _open(find: Callable[..., Access], districts: Districts) -> Engines:
    """Connect as each role; where they are not as they were made they are made again, once."""
    access = find()
    owner = None if access.is_single else _connect_owner(access)
    if owner is None:
        access = access if access.is_single else find(is_forced=True)
        owner = connect(access.owner)
    if access.is_single:
        return Engines.of_one(owner, access.complaint)
    with ExitStack() as made:
        try:
            writer, reader = (_opened(made, each) for each in (access.writer, access.reader))
            public = _opened(made, access.public, PUBLISHED, _READ_ONLY)
        except DatabaseError as error:
            return Engines.of_one(owner, f"the roles do not answer: {error}")
        made.pop_all()  # they stay open
    show_rows(reader, writer, districts)
    return Engines(owner, writer, reader, public)


def _opened(made: ExitStack, url: URL, *options: str) -> Engine:
    """Connect, for as long as what is made is kept."""
    engine = connect(url, *options)
    made.callback(engine.dispose)
    return engine
