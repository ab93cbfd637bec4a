"""Sessions of users: opened at sign-in, found by their token, ended by time or by hand.

They go by the machine's own clock (`true_now`): a played day must neither end nor keep one.
"""

from datetime import datetime, timedelta

from sqlalchemy import Engine, delete, insert, select, update
from sqlalchemy.engine import Connection
from sqlalchemy.sql.elements import ColumnElement

from geodata.clock import true_now
from geodata.database.announce import SIGNED_OUT, announce
from geodata.errors import SignInRefusedError
from geodata.identity.caller import Caller, Role
from geodata.identity.names import name_key
from geodata.identity.tokens import digest_of, new_token
from geodata.tables import user_account, user_session

LONGEST_SESSION = timedelta(hours=12)  # one shift
LONGEST_IDLE = timedelta(hours=2)
_SEEN_EVERY = timedelta(minutes=1)  # a page asks many times a second: not each one is written down
_KEPT = timedelta(days=30)  # the row of a session that has ended
_LONGEST_CLIENT = 100


def open_session(engine: Engine, name: str, client: str = "", now: datetime | None = None) -> str:
    """Return the token of a new session of a user; it is told this once.

    Raises:
        SignInRefusedError: there is no such user, or the user is disabled.
    """
    now = now or true_now()
    token = new_token()
    c = user_account.c
    query = select(c.user_id).where(c.name_key == name_key(name), c.disabled_at.is_(None))
    with engine.begin() as connection:
        user_id = connection.execute(query).scalar_one_or_none()
        if user_id is None:
            raise SignInRefusedError("not signed in: the user may not sign in any more")
        _forget_ended(connection, now)
        row = {
            "token_sha256": digest_of(token),
            "user_id": user_id,
            "created_at": now,
            "last_seen_at": now,
            "expires_at": now + LONGEST_SESSION,
            "client": client[:_LONGEST_CLIENT],
        }
        connection.execute(insert(user_session).values(**row))
    return token


def find_caller(engine: Engine, token: str, now: datetime | None = None) -> Caller | None:
    """Return whose session a token is, None when it has ended or never was.

    Name, role and districts are those of the user's row now: a change of them holds at once.
    """
    now = now or true_now()
    u, s = user_account.c, user_session.c
    query = (
        select(u.name, u.role, u.districts, s.last_seen_at)
        .join_from(user_session, user_account)
        .where(_is_open(token, now), u.disabled_at.is_(None))
    )
    with engine.connect() as connection:
        row = connection.execute(query).one_or_none()
    if row is None:
        return None
    if abs(now - row.last_seen_at) >= _SEEN_EVERY:
        seen = update(user_session).where(_is_open(token, now)).values(last_seen_at=now)
        with engine.begin() as connection:
            connection.execute(seen)
    return Caller(Role(row.role), row.name, tuple(row.districts))


def end_session(engine: Engine, token: str) -> bool:
    """End a session, as at signing out; return whether there was one that had not been ended."""
    s = user_session.c
    own = (s.token_sha256 == digest_of(token)) & s.revoked_at.is_(None)
    with engine.begin() as connection:
        ended = update(user_session).where(own).values(revoked_at=true_now())
        if not connection.execute(ended).rowcount:
            return False
        announce(connection, SIGNED_OUT)
    return True


def end_sessions_in(connection: Connection, user_id: int) -> int:
    """End every session of a user in a transaction that changes the user too."""
    s = user_session.c
    now = true_now()
    own = (s.user_id == user_id) & s.revoked_at.is_(None) & (s.expires_at > now)
    ended = connection.execute(update(user_session).where(own).values(revoked_at=now)).rowcount
    announce(connection, SIGNED_OUT)
    return ended


def _is_open(token: str, now: datetime) -> ColumnElement[bool]:
    s = user_session.c
    return (
        (s.token_sha256 == digest_of(token))
        & s.revoked_at.is_(None)
        & (s.expires_at > now)
        & (s.last_seen_at > now - LONGEST_IDLE)
    )


def _forget_ended(connection: Connection, now: datetime) -> None:
    """Delete what ended long ago, so that the table does not grow for ever."""
    connection.execute(delete(user_session).where(user_session.c.expires_at < now - _KEPT))
