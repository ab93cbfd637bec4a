"""Users whom an identity provider signs in: kept beside the others, without a password."""

import re
from collections.abc import Collection, Iterator
from hashlib import sha256
from typing import Any
from urllib.parse import urlsplit

from sqlalchemy import Engine, Row, insert, select, update
from sqlalchemy.engine import Connection
from sqlalchemy.exc import IntegrityError

from geodata.clock import true_now
from geodata.errors import RequestError, SignInRefusedError
from geodata.identity.caller import Caller, Role
from geodata.identity.names import LONGEST_NAME, check_name, name_key
from geodata.identity.users import checked_rights
from geodata.tables import user_account

LONGEST_SUBJECT = 255  # as OpenID Connect bounds it
_TURNS = 3  # of two first sign-ins at once, or a name that was free a moment ago
_STRANGE = re.compile(r"[^\w.@+\-]+")


def admit_provider_user(
    engine: Engine,
    issuer: str,
    subject: str,
    name: str,
    role: Role,
    districts: Collection[str] | None = None,
) -> Caller:
    """Return the user of a provider's subject, made at the first sign-in.

    The role is what the provider says, each time anew. The name is the one of the first sign-in. It
    never takes over a user of ours of that name: what counts is issuer and subject. `districts`
    None leaves those that the user has.

    Raises:
        SignInRefusedError: the user is disabled, or what the provider says does not fit the city.
    """
    if not 0 < len(subject) <= LONGEST_SUBJECT or not subject.isprintable():
        raise SignInRefusedError("not signed in: the provider's name for the user is malformed")
    for _ in range(_TURNS):
        try:
            with engine.begin() as connection:
                return _admit(connection, issuer, subject, name, role, districts)
        except IntegrityError:
            continue
        except RequestError as error:
            raise SignInRefusedError(f"not signed in: {error}") from error
    raise SignInRefusedError("not signed in: too many signed in under this name at once")


def _admit(
    connection: Connection,
    issuer: str,
    subject: str,
    name: str,
    role: Role,
    districts: Collection[str] | None,
) -> Caller:
    c = user_account.c
    own = (c.issuer == issuer) & (c.provider_subject == subject)
    known = connection.execute(select(user_account).where(own)).one_or_none()
    if known is not None and known.disabled_at is not None:
        raise SignInRefusedError("not signed in: the user is disabled here")
    kept = known.districts if known is not None else ()
    bounds = () if role == Role.ADMINISTRATOR else kept if districts is None else districts
    rights = checked_rights(connection, role, bounds)
    if known is None:
        row = _new_row(connection, issuer, subject, name) | rights
        statement: Any = insert(user_account).values(**row)
    else:
        statement = update(user_account).where(own).values(**rights)
    return _caller(connection.execute(statement.returning(user_account)).one())


def _new_row(connection: Connection, issuer: str, subject: str, name: str) -> dict[str, object]:
    taken = select(user_account.c.user_id)
    for each in _names(issuer, subject, name):
        query = taken.where(user_account.c.name_key == name_key(each))
        if connection.execute(query).first() is None:
            return {
                "name": check_name(each),
                "name_key": name_key(each),
                "issuer": issuer,
                "provider_subject": subject,
                "created_at": true_now(),
            }
    raise SignInRefusedError("not signed in: every name for the user is taken")


def _names(issuer: str, subject: str, name: str) -> Iterator[str]:
    """Yield names for a new user: the provider's, the same with the provider, one nobody has."""
    plain = _STRANGE.sub("_", name)[:LONGEST_NAME].strip("_.@+-")
    host = urlsplit(issuer).hostname or ""
    for each in (plain, f"{plain}@{host}"[:LONGEST_NAME] if plain else ""):
        try:
            yield check_name(each)
        except RequestError:
            continue
    yield f"user-{sha256(f'{issuer} {subject}'.encode()).hexdigest()[:16]}"


def _caller(row: Row[Any]) -> Caller:
    return Caller(Role(row.role), row.name, tuple(row.districts))
