"""Chooses where the private server listens: a free loopback port and a short socket path."""

import os
import re
import shutil
import socket
import tempfile
from pathlib import Path

from geodata.database.cluster.account import Account

LISTEN_CONF = "listen.conf"
SOCKET_PATH_MAX_BYTES = 107  # sun_path holds 108 with the closing zero
SHORT_PREFIX = "/tmp/occ-socket-"  # noqa: S108  # mkdtemp adds a new name and makes it 0700
PLAIN_PATH = re.compile(r"[A-Za-z0-9/._-]+")
LONGEST_SOCKET_NAME = ".s.PGSQL.65535"


def choose_port(data: Path) -> int:
    """Return the port of the last start if it is free, else a free one; never one in use."""
    conf = data / LISTEN_CONF
    last = re.search(r"^port = (\d+)$", conf.read_text("utf-8"), re.M) if conf.exists() else None
    if last and is_port_free(int(last[1])):
        return int(last[1])
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def is_port_free(port: int) -> bool:
    """Return whether a loopback port can be bound now."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # as PostgreSQL does
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


def choose_socket_dir(home: Path, account: Account) -> Path:
    """Return an empty 0700 folder for the socket: in the home, or in /tmp if that path will not do.

    The path must be short enough for the system, and without characters that have a meaning in a
    setting or a connection string (a comma separates hosts). Call it only if no server runs here.
    """
    folder = home / "run"
    length = len(os.fsencode(folder / LONGEST_SOCKET_NAME))
    if length <= SOCKET_PATH_MAX_BYTES and PLAIN_PATH.fullmatch(os.fspath(folder)):
        folder.mkdir(exist_ok=True, mode=0o700)
        for leftover in folder.iterdir():  # a killed server's socket and its lock
            leftover.unlink()
    else:
        folder = Path(tempfile.mkdtemp(prefix=SHORT_PREFIX))
    account.own(folder)
    return folder


def discard_socket_dir(folder: str) -> None:
    """Remove a folder that `choose_socket_dir` made under /tmp; leave any other."""
    if folder.startswith(SHORT_PREFIX):
        shutil.rmtree(folder, ignore_errors=True)


def write_listen(data: Path, port: int, socket_dir: Path) -> Path:
    """Write the settings file that each start may change; postgresql.conf includes it."""
    path = data / LISTEN_CONF
    path.write_text(
        "listen_addresses = '127.0.0.1'\n"
        f"port = {port}\n"
        f"unix_socket_directories = '{socket_dir}'\n",
        encoding="utf-8",
    )
    return path
