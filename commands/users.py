"""`users`: who may sign in, and the tokens of walls, kiosks and programs."""

import argparse
import getpass
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from commands.context import get_context
from commands.text_table import print_table
from geodata.clock import true_now
from geodata.database.handle import Engine
from geodata.errors import OperationsError, RequestError
from geodata.identity.audit import Outcome, write_audit
from geodata.identity.caller import DEVICES as DEVICES
from geodata.identity.caller import USERS as USERS
from geodata.identity.caller import Caller, Role, asked_by
from geodata.identity.devices import issue_device, list_devices, revoke_device
from geodata.identity.users import (
    User,
    add_user,
    disable_user,
    enable_user,
    has_administrator,
    list_users,
    set_password,
)


def add(options: argparse.Namespace) -> None:
    """Add a user, whose password comes from a file or is asked for."""
    engine = get_context().ready_engine
    detail = {"role": options.role, "districts": options.districts}
    with _audited(engine, "users add", options.name, detail):
        password = _read_password(options.password_file)
        user = add_user(engine, options.name, options.role, password, options.districts)
    print(f"{user.name} may sign in as {user.role}, {_scope(user)}")


def list_(options: argparse.Namespace) -> None:
    """List the users."""
    engine = get_context().ready_engine
    with _audited(engine, "users list"):
        users = list_users(engine)
    rows = [
        (each.name, each.role, _scope(each), _way_in(each), _state(each), each.created_at)
        for each in users
    ]
    print_table(("name", "role", "districts", "signs in by", "state", "since"), rows)


def disable(options: argparse.Namespace) -> None:
    """Sign a user out everywhere and let them in no more."""
    engine = get_context().ready_engine
    with _audited(engine, "users disable", options.name):
        disable_user(engine, options.name)
    print(f"{options.name} is signed out and may not sign in")
    if not has_administrator(engine):
        print("no administrator is left: `run` will not start until there is one", file=sys.stderr)


def enable(options: argparse.Namespace) -> None:
    """Let a disabled or locked-out user sign in again."""
    engine = get_context().ready_engine
    with _audited(engine, "users enable", options.name):
        enable_user(engine, options.name)
    print(f"{options.name} may sign in again")


def password(options: argparse.Namespace) -> None:
    """Give a user a new password; who is signed in by the old one is signed out."""
    engine = get_context().ready_engine
    with _audited(engine, "users password", options.name):
        set_password(engine, options.name, _read_password(options.password_file))
    print(f"{options.name} has a new password and is signed out everywhere")


def token(options: argparse.Namespace) -> None:
    """Make the token of a wall, a kiosk or a program."""
    engine = get_context().ready_engine
    with _audited(engine, "users token", options.name, {"kind": options.kind}):
        made = issue_device(engine, options.kind, options.name)
    print(f"the token of {options.kind} {options.name}, shown this once:", file=sys.stderr)
    print(made)


def tokens(options: argparse.Namespace) -> None:
    """List the tokens given out, never the tokens themselves."""
    engine = get_context().ready_engine
    with _audited(engine, "users tokens"):
        devices = list_devices(engine)
    rows = [
        (each.kind, each.name, each.created_by, each.created_at, each.last_seen_at, each.revoked_at)
        for each in devices
    ]
    print_table(("kind", "name", "made by", "since", "last seen", "revoked"), rows)


def revoke(options: argparse.Namespace) -> None:
    """Let a wall, a kiosk or a program in no more."""
    engine = get_context().ready_engine
    with _audited(engine, "users revoke", options.name):
        revoke_device(engine, options.name)
    print(f"{options.name} is not let in any more")


@contextmanager
def _audited(
    engine: Engine, act: str, subject: str = "", detail: dict[str, object] | None = None
) -> Iterator[None]:
    """Do the block as the user of this machine, and write down how it ended."""
    with asked_by(Caller(Role.ADMINISTRATOR, f"{getpass.getuser()} (command line)")):
        try:
            yield
        except OperationsError as error:
            why = {**(detail or {}), "reason": str(error)}
            write_audit(engine, act, subject, Outcome.REFUSED, why)
            raise
        write_audit(engine, act, subject, Outcome.DONE, detail)


def _read_password(file: Path | None) -> str:
    """Return a password: a file's first line, else typed twice, else the first line of a pipe.

    It is no argument: the list of processes shows those to everybody.

    Raises:
        RequestError: there is no such file, or the two differ.
    """
    if file is not None:
        try:
            return _first_line(file.read_text(encoding="utf-8"))
        except (OSError, UnicodeDecodeError) as error:
            raise RequestError(f"no password can be read from {file}: {error}") from error
    if not sys.stdin.isatty():
        return _first_line(sys.stdin.readline())
    typed = getpass.getpass("password: ")
    if getpass.getpass("once more: ") != typed:
        raise RequestError("the two passwords differ")
    return typed


def _first_line(text: str) -> str:
    return text.splitlines()[0] if text else ""


def _scope(user: User) -> str:
    return ", ".join(user.districts) or "all districts"


def _way_in(user: User) -> str:
    return "password" if user.has_password else "identity provider"


def _state(user: User) -> str:
    if not user.is_enabled:
        return f"disabled {user.disabled_at:%Y-%m-%d %H:%M}"
    if user.locked_until is not None and user.locked_until > true_now():
        return f"locked until {user.locked_until:%H:%M:%S} UTC"
    return "may sign in"
