"""What the server left about itself in its data folder, and which processes really run there."""

import os
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Postmaster:
    """The lock file `postmaster.pid`: a claim, true only while a process works in the folder."""

    pid: int
    port: int
    socket_dir: str
    is_ready: bool


def read_postmaster(data: Path) -> Postmaster | None:
    """Return what the lock file of a data folder says; None without one or with half of one."""
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


def is_alive(data: Path, postmaster: Postmaster | None) -> bool:
    """Whether the lock file's process is this cluster's postmaster.

    A process id proves nothing: after a crash the number may be somebody else's. PostgreSQL's
    processes have the data folder as their working folder, so that is what is compared.
    """
    return postmaster is not None and _works_in(Path("/proc") / str(postmaster.pid), data)


def processes_in(data: Path) -> list[int]:
    """The ids of all processes that work in a data folder: the postmaster and its backends."""
    return [int(path.name) for path in Path("/proc").glob("[0-9]*") if _works_in(path, data)]


def _works_in(process: Path, data: Path) -> bool:
    try:
        cwd = (process / "cwd").readlink()
        stat = (process / "stat").read_text(encoding="utf-8", errors="replace")
    except OSError:  # ended meanwhile, or another user's
        return False
    is_zombie = stat.rpartition(")")[2].split()[:1] == ["Z"]
    return not is_zombie and os.fspath(cwd) == os.fspath(data.resolve())
