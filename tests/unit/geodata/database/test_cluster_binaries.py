"""Which PostgreSQL is taken, of those that a machine may have."""

from pathlib import Path

import pytest

from geodata.database.cluster.binaries import find_binaries
from geodata.errors import ClusterError


def install(root: Path, major: int, *, with_postgis: bool) -> None:
    (root / "lib" / str(major) / "bin").mkdir(parents=True)
    (root / "lib" / str(major) / "bin" / "initdb").touch()
    (root / "share" / str(major) / "extension").mkdir(parents=True)
    if with_postgis:
        (root / "share" / str(major) / "extension" / "postgis.control").touch()


def find(root: Path, major: int | None = None) -> int:
    return find_binaries(major, root / "lib", root / "share").major


@pytest.fixture(autouse=True)
def _empty_path(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))


def test_the_newest_with_postgis_is_taken(tmp_path: Path) -> None:
    install(tmp_path, 9, with_postgis=True)
    install(tmp_path, 15, with_postgis=True)
    install(tmp_path, 16, with_postgis=True)
    install(tmp_path, 17, with_postgis=False)
    assert find(tmp_path) == 16


def test_an_existing_cluster_keeps_its_version(tmp_path: Path) -> None:
    install(tmp_path, 15, with_postgis=True)
    install(tmp_path, 16, with_postgis=True)
    assert find(tmp_path, 15) == 15
    with pytest.raises(ClusterError, match="apt-get install postgresql-14 postgresql-14-postgis-3"):
        find(tmp_path, 14)


def test_too_old_or_none_says_what_to_install(tmp_path: Path) -> None:
    install(tmp_path, 12, with_postgis=True)
    with pytest.raises(ClusterError, match="apt-get install postgresql-postgis"):
        find(tmp_path)


def test_an_installation_on_path_tells_its_version_by_its_catalogue(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "opt" / "bin"
    share = tmp_path / "opt" / "share" / "postgresql"
    folder.mkdir(parents=True)
    (share / "extension").mkdir(parents=True)
    (folder / "initdb").touch(mode=0o755)
    (share / "extension" / "postgis.control").touch()
    (share / "postgres.bki").write_text("# PostgreSQL 17\n")
    monkeypatch.setenv("PATH", str(folder))
    assert find(tmp_path) == 17
    install(tmp_path, 15, with_postgis=True)
    assert find(tmp_path) == 15  # Debian's folders come first
