"""Finds PostgreSQL's programs with PostGIS on this machine."""

import shutil
from dataclasses import dataclass
from pathlib import Path

from geodata.errors import ClusterError

DEBIAN_ROOT = Path("/usr/lib/postgresql")
DEBIAN_SHARE = Path("/usr/share/postgresql")
MINIMUM_MAJOR = 13
INSTALL_COMMAND = "apt-get install postgresql-postgis"


@dataclass(frozen=True)
class Binaries:
    """One installation's programs: `folder` holds initdb, pg_ctl and postgres."""

    folder: Path
    major: int


def find_binaries(
    major: int | None = None, debian_root: Path = DEBIAN_ROOT, debian_share: Path = DEBIAN_SHARE
) -> Binaries:
    """Return the newest installation with PostGIS, Debian's folders before PATH.

    Args:
        major: only this major version, the one an existing cluster was initialised with.
        debian_root: holds `<major>/bin`.
        debian_share: holds `<major>/extension`.

    Raises:
        ClusterError: none fits; gives the command that installs it.
    """
    found = [*_debian(debian_root, debian_share), *_on_path()]
    fitting = [
        each for each in found if each.major >= MINIMUM_MAJOR and major in (None, each.major)
    ]
    if fitting:
        return fitting[0]
    if major is None:
        raise ClusterError(
            f"PostgreSQL {MINIMUM_MAJOR} or newer with PostGIS is not installed. As root: "
            f"{INSTALL_COMMAND} - or set DATABASE_URL to a PostGIS that exists."
        )
    raise ClusterError(
        f"the cluster was made by PostgreSQL {major}, now not installed with PostGIS. "
        f"As root: apt-get install postgresql-{major} postgresql-{major}-postgis-3 - or move the "
        "cluster's folder away and load the data again."
    )


def _debian(root: Path, share: Path) -> list[Binaries]:
    majors = sorted(
        (int(path.name) for path in root.glob("[0-9]*") if path.name.isdigit()), reverse=True
    )
    return [
        Binaries(root / str(major) / "bin", major)
        for major in majors
        if (root / str(major) / "bin" / "initdb").exists()
        and (share / str(major) / "extension" / "postgis.control").exists()
    ]


def _on_path() -> list[Binaries]:
    initdb = shutil.which("initdb")
    if initdb is None:
        return []
    folder = Path(initdb).resolve().parent
    for share in ("share/postgresql", "share/pgsql", "share"):
        catalogue = folder.parent / share
        if (catalogue / "extension" / "postgis.control").exists():
            return [Binaries(folder, major)] if (major := _catalogue_major(catalogue)) else []
    return []


def _catalogue_major(catalogue: Path) -> int | None:
    """Return the major version for which an installation's catalogue (`postgres.bki`) was made."""
    bki = catalogue / "postgres.bki"
    if not bki.exists():
        return None
    with bki.open(encoding="ascii", errors="replace") as lines:
        words = lines.readline().split()  # "# PostgreSQL 17"
    return int(words[-1]) if words and words[-1].isdigit() else None
