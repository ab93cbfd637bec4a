"""Makes a new cluster, whole or not at all."""

import secrets
import shutil
import tempfile
from pathlib import Path

from geodata.database.cluster.account import CLUSTER_FOLDER, Account
from geodata.database.cluster.binaries import find_binaries
from geodata.database.cluster.programs import Programs

USER = "occ"
_SETTINGS = Path(__file__).with_name("private.conf")


def initialise(data: Path, programs: Programs) -> None:
    """Create the cluster in a sibling folder and rename it: a partial one never starts.

    Nothing is done where there is one.
    """
    if (data / "PG_VERSION").exists():
        return
    home, account = programs.home, programs.account
    for leftover in home.glob(f"{CLUSTER_FOLDER}.new-*"):
        shutil.rmtree(leftover, ignore_errors=True)
    new = Path(tempfile.mkdtemp(prefix=f"{CLUSTER_FOLDER}.new-", dir=home))
    account.own(new)
    programs.run(
        "initdb",
        *("-D", str(new), f"--username={USER}", f"--pwfile={_write_password(home, account)}"),
        *("--auth=scram-sha-256", "--encoding=UTF8", "--locale=C.UTF-8"),
        "--lc-collate=C",  # the same order, compared as bytes: keys sort several times faster
        binaries=find_binaries(),
    )
    with (new / "postgresql.conf").open("a", encoding="ascii") as conf:
        conf.write(_SETTINGS.read_text(encoding="ascii"))
    new.rename(data)


def _write_password(home: Path, account: Account) -> Path:
    """Return the file of the password; renamed when complete: a kill leaves no empty one."""
    path = home / "password"
    if not path.exists():
        new = home / "password.new"
        new.unlink(missing_ok=True)
        new.touch(mode=0o600)
        new.write_text(secrets.token_urlsafe(24), encoding="ascii")
        account.own(new)
        new.rename(path)
    return path
