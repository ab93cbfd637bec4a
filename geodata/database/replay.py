"""The database as it was known at a moment: the same tables, read through views, and nothing else.

Schema `replay` has a view under the name of every table. `occ.at`, a setting of the session, says
as of when; a connection of `open_as_of` carries it, finds the views in place of the tables, and
cannot write. All moments share a few connections, each told its moment whenever it is taken: who
asks for a thousand moments takes no more of the server than who asks for one. No statement names a
schema, so whatever reads the present reads the past, by the same code.
"""

from datetime import UTC, datetime
from functools import lru_cache
from typing import Any

from sqlalchemy import Engine, event, text
from sqlalchemy.engine import Connection

from geodata.clock import now
from geodata.database.engine import POOL_WAIT_S, make_engine
from geodata.database.replay_views import REPLAY_SCHEMA, are_current, make_views
from geodata.database.row_rights import show_same_rows
from geodata.database.work import follow_work
from geodata.errors import NotFoundError

REPLAY_CONNECTIONS = 6  # of a process: a replay is read by few, and its views cost
REPLAY_STATEMENT_S = 30
_FIRST_YEAR, _LAST_YEAR = 1970, 2199
_MOMENT = "occ_at"  # the option of an engine that carries its moment


class FutureError(NotFoundError):
    """The moment has not come yet."""


class BeforeFirstLoadError(NotFoundError):
    """Nothing had been loaded by then."""


class ForgottenError(NotFoundError):
    """What was shown then is not kept any more."""


def open_as_of(engine: Engine, at: datetime) -> Engine:
    """Return an engine on which everything is as it was known at an instant, to the second.

    What also depends on the time of day, such as what is stale, needs the clock of then as well:
    `geodata.clock.replaying`.

    Raises:
        FutureError: the instant has not come.
        BeforeFirstLoadError: nothing had been loaded.
        ForgottenError: states of then are not kept any more.
    """
    if at.year < _FIRST_YEAR:
        raise BeforeFirstLoadError(f"nothing was loaded by the year {at.year}")
    if at.year > _LAST_YEAR:  # the last years have no moment in every zone
        raise FutureError(f"the year {at.year} has not come yet")
    at = at.astimezone(UTC).replace(microsecond=0)
    if at > now():
        raise FutureError(f"{at:%Y-%m-%d %H:%M:%S} UTC has not come yet")
    _ensure_views(engine)
    told = {_MOMENT: at.isoformat(timespec="seconds")}
    then = _engine(engine).execution_options(**told)
    with then.connect() as connection:
        if connection.execute(text("SELECT NOT EXISTS (SELECT FROM load)")).scalar_one():
            raise BeforeFirstLoadError(f"nothing was loaded by {at:%Y-%m-%d %H:%M:%S} UTC")
    with engine.connect() as connection:
        if connection.execute(text(_FORGOTTEN), {"at": at}).scalar_one():
            raise ForgottenError(f"states of {at:%Y-%m-%d %H:%M:%S} UTC are not kept any more")
    return then


@lru_cache(maxsize=8)
def _engine(present: Engine) -> Engine:
    """Return the engine of all moments beside one of the present, disposed of together with it."""
    timeout_ms = 1000 * REPLAY_STATEMENT_S
    engine = make_engine(
        present.url, REPLAY_SCHEMA,
        f"-c default_transaction_read_only=on -c statement_timeout={timeout_ms}", like=present,
        pool_size=REPLAY_CONNECTIONS, max_overflow=0, pool_timeout=POOL_WAIT_S,
    )  # fmt: skip
    show_same_rows(engine, present)
    follow_work(engine)
    event.listen(engine, "engine_connect", _tell_moment)
    return engine


def _tell_moment(connection: Connection) -> None:
    """Set the moment of a connection that was taken; without one the views answer nothing."""
    taken: Any = connection.connection.dbapi_connection
    taken.autocommit = True  # in a transaction, its rollback would take the moment back
    moment = connection.get_execution_options().get(_MOMENT, "")
    taken.execute("SELECT set_config('occ.at', %s, false)", [moment])
    taken.autocommit = False


def _ensure_views(engine: Engine) -> None:
    """Make the views where there are none, or those of another version of the program."""
    with engine.connect() as connection:
        if are_current(connection):
            return
    with engine.begin() as connection:
        make_views(connection)


# The newest build of then that changed anything is neither kept nor in the past.
_FORGOTTEN = """
SELECT EXISTS (
    SELECT FROM (
        SELECT indicator, max(build_id) AS build_id FROM state_change
        WHERE built_at <= :at GROUP BY indicator
    ) newest
    WHERE NOT EXISTS (SELECT FROM state_build b WHERE b.build_id = newest.build_id)
    AND NOT EXISTS (SELECT FROM state_build_past p WHERE p.build_id = newest.build_id)
)
"""
