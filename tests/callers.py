"""Somebody of every role for tests: users and devices that a database lets in by known tokens."""

from datetime import timedelta

from fastapi import FastAPI
from fastapi.testclient import TestClient
from sqlalchemy import Engine
from sqlalchemy.dialects.postgresql import insert

from geodata.clock import true_now
from geodata.identity.caller import DEVICES, USERS, Caller, Role
from geodata.identity.tokens import digest_of
from geodata.tables import device_token, user_account, user_session

DEMO = Caller(Role.ADMINISTRATOR, "demo", is_demo=True)
LONG = timedelta(days=7)


def token_of(role: Role) -> str:
    """The token by which somebody of a role is let in."""
    return f"token-of-the-{role}-of-the-tests".ljust(43, "x")


def cookie_of(role: Role) -> tuple[str, str]:
    """The cookie of somebody of a role."""
    return ("occ_device" if role in DEVICES else "occ_session", token_of(role))


def headers_of(role: Role, origin: str = "http://testserver") -> dict[str, str]:
    """What the browser of somebody of a role sends; the public sends no cookie."""
    if role == Role.PUBLIC:
        return {"Origin": origin}
    return {"Cookie": "=".join(cookie_of(role)), "Origin": origin}


def let_in(engine: Engine) -> None:
    """Let somebody of every role in; a second time does nothing."""
    now = true_now()
    with engine.begin() as connection:
        for role in USERS:
            row = {"name": f"a {role}", "name_key": f"a {role}", "role": role, "created_at": now}
            added = insert(user_account).values(row).on_conflict_do_nothing()
            number = connection.execute(
                added.returning(user_account.c.user_id)
            ).scalar_one_or_none()
            if number is not None:
                _open(connection, number, token_of(role))
        for role in DEVICES:
            row = {
                "token_sha256": digest_of(token_of(role)), "kind": role, "name": f"a {role}",
                "name_key": f"a {role}", "created_by": "tests", "created_at": now,
            }  # fmt: skip
            connection.execute(insert(device_token).values(row).on_conflict_do_nothing())


def as_administrator(server: FastAPI, engine: Engine) -> TestClient:
    """A client of a server who is signed in there as administrator."""
    let_in(engine)
    return TestClient(server, headers=headers_of(Role.ADMINISTRATOR))


def _open(connection, user_id: int, token: str) -> None:
    now = true_now()
    row = {
        "token_sha256": digest_of(token), "user_id": user_id, "created_at": now,
        "last_seen_at": now + LONG, "expires_at": now + LONG,
    }  # fmt: skip
    connection.execute(insert(user_session).values(row))
