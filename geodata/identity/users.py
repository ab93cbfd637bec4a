"""Users: who may sign in, with which role, for which districts."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Engine, Row, insert, select, update
from sqlalchemy.engine import Connection
from sqlalchemy.exc import IntegrityError

from geodata.clock import true_now
from geodata.errors import NotFoundError, RequestError
from geodata.identity.caller import USERS, Role
from geodata.identity.names import check_name, name_key
from geodata.identity.passwords import hash_password
from geodata.identity.sessions import end_sessions_in
from geodata.identity.sign_in import check_password as check_password
from geodata.identity.sign_in import forget_attempts_of
from geodata.tables import district, user_account


@dataclass(frozen=True)
class User:
    """One who may sign in; without a password of ours an identity provider signs in."""

    name: str
    role: Role
    districts: tuple[str, ...]
    has_password: bool
    created_at: datetime
    disabled_at: datetime | None
    locked_until: datetime | None

    @property
    def is_enabled(self) -> bool:
        """Return whether the user may sign in at all; a lock-out passes by itself."""
        return self.disabled_at is None


def add_user(
    engine: Engine, name: str, role: Role, password: str, districts: Collection[str] = ()
) -> User:
    """Add a user who signs in with a password; `districts` are those to be read, empty for all.

    Raises:
        RequestError: name, role, password or a district does not do, or the name is taken.
    """
    row = {
        "name": check_name(name),
        "name_key": name_key(name),
        "password_hash": hash_password(password),
        "created_at": true_now(),
    }
    try:
        with engine.begin() as connection:
            rights = checked_rights(connection, role, districts)
            connection.execute(insert(user_account).values(**row, **rights))
    except IntegrityError as error:
        raise RequestError(f"there is already a user {name}") from error
    return find_user(engine, name)


def checked_rights(
    connection: Connection, role: str, districts: Collection[str]
) -> dict[str, object]:
    """Return the columns of a user's rights.

    Raises:
        RequestError: the role is none of a user, or a district is none of the city.
    """
    if role not in USERS:
        raise RequestError(f"'{role}' is no role of a user; roles: {', '.join(USERS)}")
    if districts and role == Role.ADMINISTRATOR:
        raise RequestError("an administrator is not bound to districts")
    known = connection.execute(select(district.c.district_id)).scalars().all()
    unknown = sorted(set(districts) - set(known))
    if unknown:
        raise RequestError(
            f"no district {', '.join(unknown)}; districts: {', '.join(sorted(known)) or 'none yet'}"
        )
    return {"role": str(role), "districts": sorted(set(districts))}


def list_users(engine: Engine) -> list[User]:
    """Return all users by name, the disabled ones too."""
    with engine.connect() as connection:
        rows = connection.execute(select(user_account).order_by(user_account.c.name_key))
        return [_user(row) for row in rows]


def find_user(engine: Engine, name: str) -> User:
    """Return one user.

    Raises:
        NotFoundError: there is no user of that name.
    """
    query = select(user_account).where(user_account.c.name_key == name_key(name))
    with engine.connect() as connection:
        row = connection.execute(query).one_or_none()
    if row is None:
        raise NotFoundError(f"there is no user {name}")
    return _user(row)


def has_administrator(engine: Engine) -> bool:
    """Return whether an administrator may sign in here, without any identity provider."""
    return any(
        each.is_enabled and each.has_password and each.role == Role.ADMINISTRATOR
        for each in list_users(engine)
    )


def disable_user(engine: Engine, name: str) -> None:
    """Sign a user out everywhere and let them in no more.

    Raises:
        NotFoundError: there is no user of that name.
    """
    _change(engine, name, disabled_at=true_now())


def enable_user(engine: Engine, name: str) -> None:
    """Let a disabled or locked-out user sign in again.

    Raises:
        NotFoundError: there is no user of that name.
    """
    _change(engine, name, disabled_at=None, failed_sign_ins=0, locked_until=None)


def set_password(engine: Engine, name: str, password: str) -> None:
    """Give a user a new password; who is signed in by the old one is signed out.

    Raises:
        NotFoundError: there is no user of that name.
        RequestError: the password does not do, or an identity provider signs the user in.
    """
    if not find_user(engine, name).has_password:
        raise RequestError(f"{name} has no password here: the identity provider signs in")
    hashed = hash_password(password)
    _change(engine, name, password_hash=hashed, failed_sign_ins=0, locked_until=None)


def _change(engine: Engine, name: str, **changed: object) -> None:
    """Change a user's row; end the sessions and the waits that began under the old one."""
    c = user_account.c
    statement = update(user_account).where(c.name_key == name_key(name)).values(**changed)
    with engine.begin() as connection:
        user_id = connection.execute(statement.returning(c.user_id)).scalar_one_or_none()
        if user_id is None:
            raise NotFoundError(f"there is no user {name}")
        forget_attempts_of(connection, name_key(name))
        end_sessions_in(connection, user_id)


def _user(row: Row[Any]) -> User:
    return User(
        name=row.name,
        role=Role(row.role),
        districts=tuple(row.districts),
        has_password=row.password_hash is not None,
        created_at=row.created_at,
        disabled_at=row.disabled_at,
        locked_until=row.locked_until,
    )
