"""How long the private cluster lives: as long as one of its users, however that one ends.

Each process that uses the cluster holds a shared lock on the file `users`; the kernel gives it back
at its end, after kill -9 as well. A keeper, a small shell beside the server, waits until nobody
holds it and then stops the server. `db start` asks the keeper to leave it running (`kept`).
"""

import fcntl
import os
from functools import cache
from pathlib import Path

from geodata.database.cluster.account import Account

USERS = "users"
KEPT = "kept"
LINGER_S = 10  # commands one after another find the server running

# A lock that is held ends flock with 75: somebody came, so wait again.
_KEEPER = f"""
while [ -e {USERS} ]; do
    flock -x {USERS} true
    sleep "$1"
    [ -e {KEPT} ] && exit
    flock --close -n -E 75 -x {USERS} "$2" stop -D "$3" -m fast -w -t 60
    [ $? -eq 75 ] || exit
done
"""


@cache
def hold(home: Path) -> int:
    """Count this process among the cluster's users until it ends; return the lock's descriptor."""
    descriptor = os.open(home / USERS, os.O_RDWR | os.O_CREAT, 0o600)
    fcntl.flock(descriptor, fcntl.LOCK_SH)
    return descriptor


def is_only_user(home: Path) -> bool:
    """Return whether no other process uses the cluster; nobody else can begin to, if so."""
    try:
        fcntl.flock(hold(home), fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        fcntl.flock(hold(home), fcntl.LOCK_SH)
        return False
    return True


def share_again(home: Path) -> None:
    """Let others use the cluster after `is_only_user` returned true."""
    fcntl.flock(hold(home), fcntl.LOCK_SH)


def set_kept(home: Path, account: Account, *, is_kept: bool) -> None:
    """Ask the keeper to leave the server running without users, or not any more."""
    path = home / KEPT
    if is_kept:
        path.touch(mode=0o600)
        account.own(path)
    else:
        path.unlink(missing_ok=True)


def is_kept(home: Path) -> bool:
    """Return whether the server shall run without users."""
    return (home / KEPT).exists()


def start_keeper(home: Path, account: Account, pg_ctl: Path, data: str, linger_s: float) -> None:
    """Start the process that stops the server when its last user is gone."""
    account.own(home / USERS)
    script = 'setsid /bin/sh -c "$0" keeper "$@" < /dev/null > /dev/null 2>&1 &'
    account.run(["/bin/sh", "-c", script, _KEEPER, str(linger_s), str(pg_ctl), data], home)
