"""The user that runs the private cluster, and the folder it is in.

PostgreSQL refuses to run as root. An ordinary user runs it as oneself; for root it runs as the
owner of the cluster's folder, which for a new one is `postgres` or, without that user, `nobody`.
"""

import hashlib
import os
import pwd
import subprocess
from dataclasses import dataclass
from pathlib import Path

from geodata.errors import ClusterError
from geodata.private_files import make_passable_folder

ROOT_FALLBACK = Path("/var/lib/smart-changchun")
CLUSTER_FOLDER = "cluster"


@dataclass(frozen=True)
class Account:
    """The user that PostgreSQL's programs run as; `switch` when that is not the caller."""

    uid: int
    gid: int
    switch: bool

    def run(self, command: list[str], cwd: Path) -> subprocess.CompletedProcess[str]:
        """Run a program as this user with a plain environment, and return its output."""
        return subprocess.run(  # noqa: S603  # PostgreSQL's own programs, no shell
            command,
            user=self.uid if self.switch else None,
            group=self.gid if self.switch else None,
            extra_groups=[] if self.switch else None,
            cwd=cwd,
            env={"PATH": "/usr/bin:/bin", "LC_ALL": "C.UTF-8", "TZ": "UTC"},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            errors="replace",
            check=False,
        )

    def own(self, path: Path) -> None:
        """Give a file or folder that the caller made to this user."""
        if self.switch:
            os.chown(path, self.uid, self.gid)

    def can_enter(self, folder: Path) -> bool:
        """Return whether this user can enter a folder and every folder above it."""
        return self.run(["/bin/sh", "-c", 'cd "$1"', "sh", str(folder)], Path("/")).returncode == 0


def choose_account(home: Path) -> Account:
    """Return the account for the cluster in `home`, which may not exist yet."""
    if os.geteuid() != 0:
        return Account(os.geteuid(), os.getegid(), switch=False)
    if home.exists() and home.stat().st_uid != 0:
        return Account(home.stat().st_uid, home.stat().st_gid, switch=True)
    for name in ("postgres", "nobody"):
        try:
            entry = pwd.getpwnam(name)
        except KeyError:
            continue
        return Account(entry.pw_uid, entry.pw_gid, switch=True)
    raise ClusterError("PostgreSQL does not run as root and there is no user postgres or nobody")


def choose_home(data_dir: Path, fallback: Path = ROOT_FALLBACK) -> Path:
    """Return the folder that holds the cluster, its password and its log.

    That is `<data_dir>/postgres`, unless root runs the program from a folder that other users may
    not enter (a checkout under /root, say): then a folder of `fallback` named by the data folder,
    which the next start finds again even if permissions changed meanwhile.
    """
    home = data_dir.resolve() / "postgres"
    if os.geteuid() != 0 or (home / CLUSTER_FOLDER).exists():
        return home
    digest = hashlib.sha256(os.fsencode(data_dir.resolve())).hexdigest()[:12]
    elsewhere = fallback / digest / "postgres"
    nearest = next(path for path in (home, *home.parents) if path.exists())
    if (elsewhere / CLUSTER_FOLDER).exists() or not choose_account(home).can_enter(nearest):
        return elsewhere
    return home


def make_home(home: Path, account: Account) -> None:
    """Create the cluster's folder, 0700 and owned by the account; refuse one it cannot use.

    Raises:
        ClusterError: the folder cannot be made, belongs to somebody else or cannot be entered.
    """
    check_home(home, account)
    try:
        make_passable_folder(home.parent)
        home.mkdir(exist_ok=True, mode=0o700)
    except OSError as error:
        raise ClusterError(f"cannot make {home}: {error.strerror}") from error
    account.own(home)
    if not account.can_enter(home):
        raise ClusterError(
            f"the user {_user_name(account.uid)}, who has to run PostgreSQL because root may not, "
            f"cannot enter {home}: a folder above it is closed (see `namei -l {home}`). Set "
            "OCC_DATA_DIR to a folder that others may pass through"
        )


def check_home(home: Path, account: Account) -> None:
    """Refuse a cluster's folder that is another user's.

    Raises:
        ClusterError: names the owner.
    """
    try:
        owner = home.stat().st_uid
    except FileNotFoundError:
        return
    except OSError as error:
        raise ClusterError(f"cannot look into {home.parent}: {error.strerror}") from error
    if owner not in (account.uid, os.geteuid()):
        raise ClusterError(
            f"{home} belongs to {_user_name(owner)}: run as that user, or set OCC_DATA_DIR to a "
            "folder of your own"
        )


def _user_name(uid: int) -> str:
    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return str(uid)
