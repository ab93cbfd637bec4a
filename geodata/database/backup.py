"""Backup and restore of the city's database, by PostgreSQL's own programs.

A backup is pg_dump's custom format without owners and rights: those belong to the installation and
are set again by its start. A restore fills a database beside the present one and takes its name at
the end: until then nothing has changed, and what was there is kept under another name.
"""

import os
import shutil
import subprocess
import tempfile
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

import psycopg
from psycopg import sql
from sqlalchemy.engine import URL

from geodata.database.cluster.binaries import find_binaries
from geodata.errors import DatabaseError

_BUSY = "it is in use: stop the program that serves or follows it first"


def write_backup(url: URL, path: Path) -> int:
    """Write a database into a new file that only this user may read; return its size in bytes.

    The file appears whole and readable by pg_restore, or not at all.

    Raises:
        DatabaseError: there is a file of that name, or the database cannot be dumped.
    """
    if path.exists():
        raise DatabaseError(f"{path} is there already: a backup replaces none")
    descriptor, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")  # 0600
    os.close(descriptor)
    new = Path(name)
    try:
        _run("pg_dump", url, ["--format=custom", "--no-owner", "--no-acl", f"--file={new}"])
        _run("pg_restore", None, ["--list", str(new)])
        with new.open("rb") as file:
            os.fsync(file.fileno())
        new.rename(path)
    finally:
        new.unlink(missing_ok=True)
    return path.stat().st_size


def restore_backup(url: URL, path: Path) -> str | None:
    """Put a backup in the place of a database; return the name under which that is kept.

    `url` is of a role that may create databases. None is returned where there was no database.

    Raises:
        DatabaseError: the file is no backup, the database is in use, or it cannot be restored.
    """
    _run("pg_restore", None, ["--list", str(path)])
    name = str(url.database)
    moment = f"{datetime.now(UTC):%Y%m%dT%H%M%S}"
    new, kept = (f"{name[:40]}_{word}_{moment}" for word in ("restored", "before"))
    with _maintain(url) as connection:
        connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(new)))
        try:
            options = ["--no-owner", "--no-acl", "--exit-on-error", "--single-transaction"]
            _run("pg_restore", url.set(database=new), [*options, str(path)])
            return _swap(connection, name, new, kept)
        except DatabaseError:
            drop = sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)")
            connection.execute(drop.format(sql.Identifier(new)))
            raise


def _swap(connection: psycopg.Connection, name: str, new: str, kept: str) -> str | None:
    """Give the new database the name of the present one, which gets another."""
    rename = sql.SQL("ALTER DATABASE {} RENAME TO {}")
    there = connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [name]).fetchone()
    try:
        with connection.transaction():
            if there:
                connection.execute(rename.format(sql.Identifier(name), sql.Identifier(kept)))
            connection.execute(rename.format(sql.Identifier(new), sql.Identifier(name)))
    except psycopg.errors.ObjectInUse as error:
        raise DatabaseError(f"the database {name} is not replaced: {_BUSY}") from error
    return kept if there else None


def _maintain(url: URL) -> psycopg.Connection:
    plain = url.set(drivername="postgresql", database="postgres")
    try:
        address = plain.render_as_string(hide_password=False)
        return psycopg.connect(address, autocommit=True, connect_timeout=10)
    except psycopg.Error as error:
        raise DatabaseError(f"cannot restore: {str(error).strip()}") from error


def _run(program: str, url: URL | None, options: Sequence[str]) -> None:
    """Run one of PostgreSQL's programs; the password travels in the environment.

    Raises:
        DatabaseError: the program is missing or fails; its first line says why.
    """
    target = [] if url is None else [f"--dbname={url.database}", *_where(url)]
    if program == "pg_dump" and url is not None:
        target = [*_where(url), str(url.database)]
    secret = {} if url is None else {"PGPASSWORD": str(url.password or "")}
    done = subprocess.run(  # noqa: S603  # PostgreSQL's own programs, no shell
        [_find(program), *options, *target],
        env={"PATH": "/usr/bin:/bin", "LC_ALL": "C.UTF-8", **secret},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        errors="replace",
        check=False,
    )
    if done.returncode != 0:
        said = done.stderr.strip().partition("\n")[0]
        raise DatabaseError(f"{program} failed: {said}")


def _where(url: URL) -> list[str]:
    host = url.query.get("host") or url.host
    parts = {"--host": host, "--port": url.port, "--username": url.username}
    return ["--no-password", *(f"{name}={value}" for name, value in parts.items() if value)]


def _find(program: str) -> str:
    """Return the newest program: it reads the servers before it, too."""
    try:
        folder = find_binaries().folder
    except DatabaseError:  # the server is another machine's: its client programs do
        folder = None
    found = str(folder / program) if folder else shutil.which(program)
    if not found:
        raise DatabaseError(f"{program} is missing. As root: apt-get install postgresql-client")
    return found
