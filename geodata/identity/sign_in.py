"""Signing in with a password, and the lock-out of a name that is guessed at."""

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Engine, Row, update
from sqlalchemy.engine import Connection

from geodata.clock import true_now
from geodata.errors import RequestError, SignInRefusedError
from geodata.identity.caller import Caller, Role
from geodata.identity.names import name_key
from geodata.identity.passwords import verify_password
from geodata.tables import user_account

FREE_ATTEMPTS = 5  # of which none has to wait
FIRST_DELAY = timedelta(seconds=30)  # after those; twice as long after each further one
LONGEST_DELAY = timedelta(hours=1)
REFUSED = (
    "not signed in: the name or the password is wrong, or there were too many attempts; "
    "wait a while and try again"
)


def check_password(engine: Engine, name: str, password: str, now: datetime | None = None) -> Caller:
    """Return the user of a name and a password; the caller opens the session.

    An attempt is counted before it is verified, so that many at once are no way round the
    lock-out. An attempt during the delay counts for nothing: nobody can keep a user out for ever.

    Raises:
        SignInRefusedError: they do not belong together, or the name is disabled or locked out.
    """
    now = now or true_now()
    with engine.begin() as connection:
        row = _count_attempt(connection, name, now)
    is_right, anew = verify_password(password, row.password_hash if row else None)
    if row is None or not is_right:
        raise SignInRefusedError(REFUSED)
    with engine.begin() as connection:
        _forget_attempts(connection, row.user_id, anew)
    return Caller(Role(row.role), row.name, tuple(row.districts))


def delay_after(failed: int) -> timedelta:
    """Return how long a name is locked after so many attempts that failed in a row."""
    if failed < FREE_ATTEMPTS:
        return timedelta(0)
    doublings = min(failed - FREE_ATTEMPTS, 16)  # beyond that it is the longest anyway
    return min(FIRST_DELAY * (1 << doublings), LONGEST_DELAY)


def _count_attempt(connection: Connection, name: str, now: datetime) -> Row[Any] | None:
    """Count an attempt as failed and return the user; None where nobody may sign in so now."""
    try:
        key = name_key(name)
    except RequestError:
        return None
    c = user_account.c
    open_now = (c.name_key == key) & c.disabled_at.is_(None) & c.password_hash.is_not(None)
    unlocked = c.locked_until.is_(None) | (c.locked_until <= now)
    counted = (
        update(user_account)
        .where(open_now, unlocked)
        .values(failed_sign_ins=c.failed_sign_ins + 1)
        .returning(c.user_id, c.name, c.role, c.districts, c.password_hash, c.failed_sign_ins)
    )
    row = connection.execute(counted).one_or_none()
    if row is not None and row.failed_sign_ins >= FREE_ATTEMPTS:
        until = now + delay_after(row.failed_sign_ins)
        connection.execute(
            update(user_account).where(c.user_id == row.user_id).values(locked_until=until)
        )
    return row


def _forget_attempts(connection: Connection, user_id: int, anew: str | None) -> None:
    changed: dict[str, object] = {"failed_sign_ins": 0, "locked_until": None}
    if anew is not None:
        changed["password_hash"] = anew
    connection.execute(
        update(user_account).where(user_account.c.user_id == user_id).values(**changed)
    )
