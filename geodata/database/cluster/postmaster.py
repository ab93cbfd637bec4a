"""The server's lock file in its data folder, and the processes that really run there."""

from dataclasses import dataclass
from pathlib import Path

from geodata.database.cluster.account import Account


@dataclass(frozen=True)
class Postmaster:
    """The lock file `postmaster.pid`; true only while its process works in the folder."""

    pid: int
    port: int
    socket_dir: str
    is_ready: bool


def read_postmaster(data: Path) -> Postmaster | None:
    """Return the content of a data folder's lock file; None if missing or incomplete."""
    try:
        lines = (data / "postmaster.pid").read_text(encoding="utf-8", errors="replace").split("\n")
        return Postmaster(
            pid=int(lines[0]),
            port=int(lines[3]),
            socket_dir=lines[4],
            is_ready=len(lines) > 7 and lines[7].strip() == "ready",
        )
    except (OSError, ValueError, IndexError):
        return None


def is_alive(data: Path, postmaster: Postmaster | None, account: Account) -> bool:
    """Return whether the lock file's process is this cluster's postmaster.

    A process id proves nothing: after a crash another process may have the number.
    """
    return postmaster is not None and postmaster.pid in processes_in(data, account)


def processes_in(data: Path, account: Account) -> list[int]:
    """Return the ids of all processes that work in a data folder: postmaster and backends.

    PostgreSQL's processes have the data folder as their working folder. Folders are compared by
    device and inode, since a path may mean another folder to a process in a container. The
    check runs as the account: root in a container may not see other users' processes.
    """
    try:
        folder = data.stat()
    except OSError:
        return []
    wanted = f"{folder.st_dev}:{folder.st_ino}"
    done = account.run(["/bin/sh", "-c", "stat -Lc '%d:%i %n' /proc/[0-9]*/cwd"], Path("/"))
    found = (line.split(" ") for line in done.stdout.splitlines())
    return [int(Path(name).parent.name) for identity, name in found if identity == wanted]
