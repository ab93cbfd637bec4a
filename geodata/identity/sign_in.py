"""Signing in with a password, and the lock-out of who guesses."""

from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any

from sqlalchemy import Engine, Row, delete, exists, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.engine import Connection
from sqlalchemy.sql.elements import ColumnElement

from geodata.clock import true_now
from geodata.errors import RequestError, SignInRefusedError
from geodata.identity.caller import Caller, Role
from geodata.identity.names import name_key
from geodata.identity.passwords import verify_password
from geodata.tables import sign_in_attempt, user_account, user_session

FREE_ATTEMPTS = 5  # of a name from one address; none of them has to wait
FREE_ATTEMPTS_OF_ALL = 50  # of a name from anywhere
FIRST_DELAY = timedelta(seconds=30)  # after those; twice as long after each further one
LONGEST_DELAY = timedelta(hours=1)
LONGEST_CLIENT = 100
_REMEMBERED = timedelta(days=1)  # an attempt that failed
REFUSED = (
    "not signed in: the name or the password is wrong, or there were too many attempts; "
    "wait a while and try again"
)


def check_password(
    engine: Engine, name: str, password: str, client: str = "", now: datetime | None = None
) -> Caller:
    """Return the user of a name and a password; who asks then opens the session.

    An attempt is counted before it is verified, so that many at once are no way round the
    lock-out. One address that guesses waits alone; guesses from many make all wait but those
    addresses that the user has signed in from. An attempt during the wait counts for nothing.

    Raises:
        SignInRefusedError: they do not belong together, the name is disabled, or has to wait.
    """
    now, client = now or true_now(), client[:LONGEST_CLIENT]
    with engine.begin() as connection:
        row = _count_attempt(connection, name, client, now)
    is_right, anew = verify_password(password, row.password_hash if row else None)
    if row is None or not is_right:
        raise SignInRefusedError(REFUSED)
    with engine.begin() as connection:
        _forget_attempts(connection, row, client, anew)
    return Caller(Role(row.role), row.name, tuple(row.districts))


def delay_after(failed: int, free: int = FREE_ATTEMPTS) -> timedelta:
    """Return how long to wait after so many attempts that failed in a row."""
    if failed < free:
        return timedelta(0)
    doublings = min(failed - free, 16)  # beyond that it is the longest anyway
    return min(FIRST_DELAY * (1 << doublings), LONGEST_DELAY)


def forget_attempts_of(connection: Connection, key: str) -> None:
    """Let a name be tried from every address anew, in a transaction that changes the user too."""
    own = sign_in_attempt.c.name_sha256 == _digest(key)
    connection.execute(delete(sign_in_attempt).where(own))


def _count_attempt(
    connection: Connection, name: str, client: str, now: datetime
) -> Row[Any] | None:
    """Count an attempt as failed and return the user; None where nobody may sign in so now."""
    try:
        key = name_key(name)
    except RequestError:
        key = ""  # of no user; the same work is done for it
    if not _count_of_address(connection, key, client, now):
        return None
    c = user_account.c
    may = (c.name_key == key) & c.disabled_at.is_(None) & c.password_hash.is_not(None)
    waits_not = c.locked_until.is_(None) | (c.locked_until <= now) | _is_known(client)
    counted = (
        update(user_account)
        .where(may, waits_not)
        .values(failed_sign_ins=c.failed_sign_ins + 1)
        .returning(c.user_id, c.name, c.name_key, c.role, c.districts, c.password_hash,
                   c.failed_sign_ins)
    )  # fmt: skip
    row = connection.execute(counted).one_or_none()
    if row is not None and row.failed_sign_ins >= FREE_ATTEMPTS_OF_ALL:
        until = now + delay_after(row.failed_sign_ins, FREE_ATTEMPTS_OF_ALL)
        own = c.user_id == row.user_id
        connection.execute(update(user_account).where(own).values(locked_until=until))
    return row


def _count_of_address(connection: Connection, key: str, client: str, now: datetime) -> bool:
    """Count an attempt of a name from an address; False while both have to wait."""
    a = sign_in_attempt.c
    connection.execute(delete(sign_in_attempt).where(a.last_at < now - _REMEMBERED))
    row = {"name_sha256": _digest(key), "client": client, "failed": 1, "last_at": now}
    counted = (
        insert(sign_in_attempt)
        .values(row)
        .on_conflict_do_update(
            index_elements=[a.name_sha256, a.client],
            set_={"failed": a.failed + 1, "last_at": now},
            where=a.locked_until.is_(None) | (a.locked_until <= now),
        )
        .returning(a.failed)
    )
    failed = connection.execute(counted).scalar_one_or_none()
    if failed is not None and failed >= FREE_ATTEMPTS:
        until = now + delay_after(failed)
        own = _of_address(key, client)
        connection.execute(update(sign_in_attempt).where(own).values(locked_until=until))
    return failed is not None


def _forget_attempts(connection: Connection, row: Row[Any], client: str, anew: str | None) -> None:
    """Begin to count anew after the right password, and keep its harder hash if there is one."""
    connection.execute(delete(sign_in_attempt).where(_of_address(row.name_key, client)))
    changed: dict[str, object] = {"failed_sign_ins": 0, "locked_until": None}
    if anew is not None:
        changed["password_hash"] = anew
    user = user_account.c.user_id == row.user_id
    connection.execute(update(user_account).where(user).values(**changed))


def _of_address(key: str, client: str) -> ColumnElement[bool]:
    a = sign_in_attempt.c
    return (a.name_sha256 == _digest(key)) & (a.client == client)


def _is_known(client: str) -> ColumnElement[bool]:
    """Return the condition that the user has had a session from an address."""
    s = user_session.c
    return exists().where(s.user_id == user_account.c.user_id, s.client == client, s.client != "")


def _digest(key: str) -> str:
    return sha256(key.encode("utf-8", "replace")).hexdigest()
