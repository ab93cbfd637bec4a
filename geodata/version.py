"""The version of what this program would answer: a checksum of its code and declarations."""

from functools import cache
from hashlib import sha256
from pathlib import Path

_SUFFIXES = (".py", ".sql", ".yaml")
_SHOWN = 12


@cache
def read_source_version(*folders: Path) -> str:
    """Return a short text that changes with any code or declaration below the folders.

    Read once a process: what runs is what was there when it began.
    """
    digest = sha256()
    for folder in folders:
        for path in sorted(folder.rglob("*")):
            if path.suffix in _SUFFIXES and path.is_file():
                digest.update(f"{path.relative_to(folder)}\0".encode())
                digest.update(sha256(path.read_bytes()).digest())
    return digest.hexdigest()[:_SHOWN]
