"""Devices and programs: walls, kiosks and other systems, let in by tokens that can be revoked."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Engine, insert, select, update
from sqlalchemy.exc import IntegrityError

from geodata.clock import true_now
from geodata.database.announce import SIGNED_OUT, announce
from geodata.errors import NotFoundError, RequestError
from geodata.identity.caller import DEVICES, Caller, Role, current_caller
from geodata.identity.names import check_name, name_key
from geodata.identity.tokens import digest_of, new_token
from geodata.tables import device_token

_SEEN_EVERY = timedelta(minutes=1)


@dataclass(frozen=True)
class Device:
    """One token given out; of the token itself nothing is kept that could be shown."""

    kind: Role
    name: str
    created_by: str
    created_at: datetime
    last_seen_at: datetime | None
    revoked_at: datetime | None


def issue_device(engine: Engine, kind: Role, name: str) -> str:
    """Return the token of a new device or program; it is told this once.

    Raises:
        RequestError: the kind is none, the name does not do or is in use.
    """
    if kind not in DEVICES:
        raise RequestError(f"'{kind}' is no kind of device; kinds: {', '.join(DEVICES)}")
    token = new_token()
    row = {
        "token_sha256": digest_of(token),
        "kind": str(kind),
        "name": check_name(name),
        "name_key": name_key(name),
        "created_by": current_caller().name,
        "created_at": true_now(),
    }
    try:
        with engine.begin() as connection:
            connection.execute(insert(device_token).values(**row))
    except IntegrityError as error:
        raise RequestError(f"there is already a device {name}: revoke it first") from error
    return token


def find_device(engine: Engine, token: str, now: datetime | None = None) -> Caller | None:
    """Return the device of a token, None when it was revoked or never was."""
    now = now or true_now()
    d = device_token.c
    is_own = (d.token_sha256 == digest_of(token)) & d.revoked_at.is_(None)
    with engine.connect() as connection:
        query = select(d.kind, d.name, d.last_seen_at).where(is_own)
        row = connection.execute(query).one_or_none()
    if row is None:
        return None
    if row.last_seen_at is None or abs(now - row.last_seen_at) >= _SEEN_EVERY:
        with engine.begin() as connection:
            connection.execute(update(device_token).where(is_own).values(last_seen_at=now))
    return Caller(Role(row.kind), row.name)


def revoke_device(engine: Engine, name: str) -> None:
    """Let a device in no more.

    Raises:
        NotFoundError: there is no device of that name, or it is revoked already.
    """
    d = device_token.c
    is_own = (d.name_key == name_key(name)) & d.revoked_at.is_(None)
    with engine.begin() as connection:
        statement = update(device_token).where(is_own).values(revoked_at=true_now())
        if not connection.execute(statement).rowcount:
            raise NotFoundError(f"there is no device {name} that is let in")
        announce(connection, SIGNED_OUT)


def list_devices(engine: Engine) -> list[Device]:
    """Return all tokens given out, by name and time, the revoked ones too."""
    d = device_token.c
    columns = (d.kind, d.name, d.created_by, d.created_at, d.last_seen_at, d.revoked_at)
    with engine.connect() as connection:
        rows = connection.execute(select(*columns).order_by(d.name_key, d.created_at))
        return [Device(Role(row.kind), *row[1:]) for row in rows]
