"""Files that only this program's account may read, written so that they are whole or not there.

Calls, addresses and what is computed of them lie in them: files are 0600 and folders 0700, whatever
the umask. A cache of them is believed only if it is whole, under the key it was written for.
"""

import os
import stat
import tempfile
from hashlib import sha256
from pathlib import Path

FILE_MODE, FOLDER_MODE = 0o600, 0o700
UMASK = 0o077
_OPEN_TO_OTHERS = 0o077
_PASSABLE_MODE = 0o755
_MARK = b"occ-private1\n"


def make_private_folder(folder: Path) -> None:
    """Make a folder, and those above it that are missing, for this account alone.

    Raises:
        OSError: it cannot be made.
    """
    _make_missing(folder, FOLDER_MODE)


def make_passable_folder(folder: Path) -> None:
    """Make a folder, and those above it that are missing; what is private lies deeper.

    Root's are open to be passed through, whatever the umask: another user runs the database.

    Raises:
        OSError: it cannot be made.
    """
    _make_missing(folder, _PASSABLE_MODE if os.geteuid() == 0 else None)


def _make_missing(folder: Path, mode: int | None) -> None:
    """Make what is missing of a path, with a mode whatever the umask, or as the umask has it."""
    missing = [each for each in (folder, *folder.parents) if not each.exists()]
    for each in reversed(missing):
        if mode is None:
            each.mkdir(exist_ok=True)
        else:
            each.mkdir(mode=mode, exist_ok=True)
            each.chmod(mode)


def close_to_others(folder: Path) -> None:
    """Take from others the right to enter a folder of this account's, if there is one.

    A folder that hands its group on to what is put into it (setgid) is shared with a group on
    purpose; the group keeps its rights.
    """
    if not folder.is_dir() or folder.is_symlink():
        return
    found = folder.stat()
    mode = stat.S_IMODE(found.st_mode)
    closed = mode & ~(0o007 if mode & stat.S_ISGID else _OPEN_TO_OTHERS)
    if closed != mode and found.st_uid == os.geteuid():
        folder.chmod(closed)


def write_whole(path: Path, content: bytes) -> None:
    """Write beside and rename: whoever reads sees the whole file or the former one.

    After a power cut too: the content is on the disk before it has the name.

    Raises:
        OSError: the folder is read-only, or the disk full; nothing is left behind.
    """
    handle, name = tempfile.mkstemp(dir=path.parent, suffix=".part")
    temporary = Path(name)
    try:
        with os.fdopen(handle, "wb") as file:
            os.fchmod(file.fileno(), FILE_MODE)
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(path)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise
    _sync_folder(path.parent)


def _sync_folder(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def read_own(path: Path) -> bytes | None:
    """Return what a file of this account's holds; None where there is none.

    Raises:
        ValueError: it is another account's, or no file.
        OSError: it cannot be read.
    """
    try:
        handle = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
    except FileNotFoundError:
        return None
    with os.fdopen(handle, "rb") as file:
        found = os.fstat(file.fileno())
        if not stat.S_ISREG(found.st_mode):
            raise ValueError("is no file")
        if found.st_uid != os.geteuid():
            raise ValueError("belongs to another account")
        return file.read()


def seal(key: str, content: bytes) -> bytes:
    """Return the content behind a mark and a checksum of it and its key."""
    return _MARK + _checksum(key, content) + content


def unseal(key: str, sealed: bytes | None) -> bytes | None:
    """Return the content; None where it is cut off, changed or of another key."""
    if sealed is None or not sealed.startswith(_MARK):
        return None
    begin = len(_MARK) + sha256().digest_size
    content = sealed[begin:]
    return content if sealed[len(_MARK) : begin] == _checksum(key, content) else None


def _checksum(key: str, content: bytes) -> bytes:
    return sha256(sha256(key.encode()).digest() + content).digest()
