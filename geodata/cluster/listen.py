"""Where the private server listens: a free loopback port and a socket with a short path."""

import os
import re
import socket
import tempfile
from pathlib import Path

from geodata.cluster.account import Account

LISTEN_CONF = "listen.conf"
SOCKET_PATH_MAX_BYTES = 107  # sun_path holds 108 with the closing zero
LONGEST_SOCKET_NAME = ".s.PGSQL.65535"


def choose_port(data: Path) -> int:
    """Return the port of the last start if it is free, else a free one; never another's."""
    conf = data / LISTEN_CONF
    last = re.search(r"^port = (\d+)$", conf.read_text("utf-8"), re.M) if conf.exists() else None
    if last and is_port_free(int(last[1])):
        return int(last[1])
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def is_port_free(port: int) -> bool:
    """Whether a loopback port can be bound now."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # as PostgreSQL does
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


def choose_socket_dir(home: Path, account: Account) -> Path:
    """Return a 0700 folder for the socket: in the home, or under /tmp where that is too long."""
    folder = home / "run"
    if len(os.fsencode(folder / LONGEST_SOCKET_NAME)) <= SOCKET_PATH_MAX_BYTES:
        folder.mkdir(exist_ok=True, mode=0o700)
    else:
        folder = Path(tempfile.mkdtemp(prefix="occ-", dir="/tmp"))  # 0700, new name
    account.own(folder)
    return folder


def write_listen(data: Path, port: int, socket_dir: Path) -> Path:
    """Write the file of settings that a start may change; postgresql.conf includes it."""
    path = data / LISTEN_CONF
    quoted = os.fspath(socket_dir).replace("'", "''").replace('"', '""')
    path.write_text(
        "listen_addresses = '127.0.0.1'\n"
        f"port = {port}\n"
        f"unix_socket_directories = '\"{quoted}\"'\n",  # quoted twice: it is a list of names
        encoding="utf-8",
    )
    return path
