"""The private cluster on real PostgreSQL: what went wrong in trials does not any more."""

import os
import signal
import socket
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from sqlalchemy.engine import URL

from geodata.database.cluster import Cluster
from geodata.database.cluster.postmaster import processes_in, read_postmaster
from geodata.errors import ClusterError
from tests.waiting import wait_until

ROOT = Path(__file__).resolve().parents[3]
START = (
    "import sys; from pathlib import Path; from geodata.database.cluster import Cluster; "
    "print(Cluster(Path(sys.argv[1])).ensure_started())"
)
is_root = os.geteuid() == 0


def ask(url: URL, query: str) -> object:
    plain = url.set(drivername="postgresql").render_as_string(hide_password=False)
    with psycopg.connect(plain, autocommit=True) as connection:
        cursor = connection.execute(query)  # type: ignore[arg-type]
        return cursor.fetchone()[0] if cursor.description else None


def start_elsewhere(data_dir: Path) -> subprocess.Popen[str]:
    """Another process that starts the same cluster."""
    return subprocess.Popen(
        [sys.executable, "-c", START, str(data_dir)],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )


@pytest.fixture
def folder(open_folder: Path) -> Path:
    made = Path(tempfile.mkdtemp(dir=open_folder))
    made.chmod(0o755)
    return made


@pytest.fixture(scope="module")
def cluster(open_folder: Path) -> Iterator[Cluster]:
    made = Cluster(open_folder / "shared-by-module")
    yield made
    made.stop()


def test_starts_once_and_stops_once(cluster: Cluster) -> None:
    assert cluster.status().is_initialised is False
    assert cluster.ensure_started() is True
    assert cluster.ensure_started() is False
    assert ask(cluster.url("postgres"), "SELECT 1") == 1
    assert cluster.status().is_running is True
    assert cluster.stop() is True
    assert cluster.stop() is False
    with pytest.raises(ClusterError, match="does not run"):
        cluster.url("postgres")


def test_listens_behind_the_password_on_loopback_only(cluster: Cluster) -> None:
    cluster.ensure_started()
    url = cluster.url("postgres")
    assert ask(url, "SHOW listen_addresses") == "127.0.0.1"
    for host in ("127.0.0.1", url.query["host"]):
        at_host = url.set(query={"host": host})
        assert ask(at_host, "SELECT 1") == 1
        with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
            ask(at_host.set(password="wrong"), "SELECT 1")
    assert (cluster.home / "password").stat().st_mode & 0o777 == 0o600
    assert cluster.home.stat().st_mode & 0o777 == 0o700
    assert len((cluster.home / "password").read_text()) >= 32


@pytest.mark.skipif(not is_root, reason="only root has to run PostgreSQL as somebody else")
def test_root_runs_it_as_somebody_else(cluster: Cluster) -> None:
    cluster.ensure_started()
    assert cluster.home.stat().st_uid == cluster.account.uid != 0
    for pid in processes_in(cluster.data, cluster.account):
        assert Path(f"/proc/{pid}").stat().st_uid == cluster.account.uid


def test_recovers_after_the_postmaster_was_killed(cluster: Cluster) -> None:
    cluster.ensure_started()
    ask(cluster.url("postgres"), "CREATE TABLE kept AS SELECT 42 AS answer")
    postmaster = read_postmaster(cluster.data)
    assert postmaster is not None
    os.kill(postmaster.pid, signal.SIGKILL)
    wait_until(lambda: postmaster.pid not in processes_in(cluster.data, cluster.account))
    assert read_postmaster(cluster.data) == postmaster  # its lock file is still there
    assert cluster.status().is_running is False
    assert cluster.ensure_started() is True
    assert ask(cluster.url("postgres"), "SELECT answer FROM kept") == 42
    assert ask(cluster.url("postgres"), "DROP TABLE kept") is None


def test_a_lock_file_with_a_number_that_is_anothers_now_does_not_stop_it(cluster: Cluster) -> None:
    cluster.ensure_started()
    cluster.stop()
    who = {"user": cluster.account.uid} if is_root else {}
    with subprocess.Popen(["/bin/sleep", "600"], cwd="/", **who) as other:
        stale = cluster.data / "postmaster.pid"
        stale.write_text(f"{other.pid}\n{cluster.data}\n0\n5432\n/tmp\n127.0.0.1\n0 0\nready\n")
        cluster.account.own(stale)
        assert cluster.ensure_started() is True
        assert other.poll() is None
        other.kill()


def test_a_taken_port_is_left_to_its_owner(cluster: Cluster) -> None:
    cluster.ensure_started()
    port = cluster.status().port
    cluster.stop()
    with socket.create_server(("127.0.0.1", port)) as owner:
        assert cluster.ensure_started() is True
        assert cluster.status().port not in (None, port)
        with socket.create_connection(("127.0.0.1", port)) as client:
            owner.accept()[0].close()
            assert client.recv(1) == b""
    assert ask(cluster.url("postgres"), "SELECT 1") == 1


def test_a_port_taken_at_the_last_moment_is_not_the_end(
    cluster: Cluster, monkeypatch: pytest.MonkeyPatch
) -> None:
    cluster.ensure_started()
    free = cluster.status().port
    cluster.stop()
    with socket.create_server(("127.0.0.1", 0)) as owner:
        answers = iter([owner.getsockname()[1], free])
        monkeypatch.setattr(
            "geodata.database.cluster.cluster.choose_port", lambda data: next(answers)
        )
        assert cluster.ensure_started() is True
    assert cluster.status().port == free


def test_a_server_that_cannot_start_says_why(cluster: Cluster) -> None:
    cluster.ensure_started()
    cluster.stop()
    conf = cluster.data / "postgresql.conf"
    sound = conf.read_text()
    conf.write_text(sound + "\nshared_buffers = nonsense\n")
    with pytest.raises(ClusterError, match="shared_buffers"):
        cluster.ensure_started()
    conf.write_text(sound)
    assert cluster.ensure_started() is True


def test_half_an_initialisation_never_becomes_a_cluster(folder: Path) -> None:
    home = Cluster(folder).home
    child = start_elsewhere(folder)
    wait_until(lambda: list(home.glob("cluster.new-*/base/1/PG_VERSION")))
    os.killpg(child.pid, signal.SIGKILL)
    child.communicate()
    cluster = Cluster(folder)
    assert cluster.status().is_initialised is False
    assert cluster.ensure_started() is True
    assert ask(cluster.url("postgres"), "SELECT count(*) FROM pg_database") == 3
    assert list(home.glob("cluster.new-*")) == []
    cluster.stop()


def test_two_applications_at_once_start_one_server(folder: Path) -> None:
    children = [start_elsewhere(folder) for _ in range(2)]
    said = sorted(child.communicate(timeout=60)[0].strip() for child in children)
    cluster = Cluster(folder)
    assert said == ["False", "True"]
    assert ask(cluster.url("postgres"), "SELECT 1") == 1
    cluster.stop()


def test_a_path_too_long_for_a_socket(folder: Path) -> None:
    cluster = Cluster(folder / ("long" * 30))
    cluster.ensure_started()
    host = Path(str(cluster.url("postgres").query["host"]))
    assert host.parent == Path("/tmp")
    assert host.stat().st_mode & 0o777 == 0o700
    assert ask(cluster.url("postgres"), "SELECT 1") == 1
    cluster.stop()
    assert not host.exists()


def test_a_path_with_awkward_letters(folder: Path) -> None:
    cluster = Cluster(folder / 'it\'s 100% "odd", $HOME 数据')
    cluster.ensure_started()
    assert ask(cluster.url("postgres"), "SELECT 1") == 1
    cluster.stop()


@pytest.mark.skipif(not is_root, reason="only root has to run PostgreSQL as somebody else")
def test_root_in_a_closed_folder_uses_another_and_finds_it_again(folder: Path) -> None:
    closed = folder / "closed"
    closed.mkdir(mode=0o700)
    cluster = Cluster(closed / "data", fallback=folder / "var")
    assert cluster.home.is_relative_to(folder / "var")
    assert cluster.ensure_started() is True
    closed.chmod(0o755)
    again = Cluster(closed / "data", fallback=folder / "var")
    assert again.ensure_started() is False
    again.stop()


@pytest.mark.skipif(not is_root, reason="only root has to run PostgreSQL as somebody else")
def test_a_folder_closed_later_is_told(folder: Path) -> None:
    parent = folder / "parent"
    cluster = Cluster(parent)
    cluster.ensure_started()
    cluster.stop()
    parent.chmod(0o700)
    with pytest.raises(ClusterError, match="a folder above it is closed"):
        Cluster(parent, fallback=folder / "var").ensure_started()


@pytest.mark.skipif(not is_root, reason="needs a second user")
def test_another_users_cluster_is_refused(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    home = Cluster(folder).home
    home.mkdir()
    os.chown(home, 12345, 12345)
    monkeypatch.setattr(os, "geteuid", lambda: 54321)
    with pytest.raises(ClusterError, match="belongs to 12345"):
        Cluster(folder).ensure_started()


HELD = (
    "import sys, time; from pathlib import Path; from geodata.database.cluster import Cluster; "
    "cluster = Cluster(Path(sys.argv[1]), linger_s=0.1); cluster.ensure_started(); "
    "print('ready', flush=True); sys.stdin.readline(); print(cluster.stop_if_unused())"
)


def use(folder: Path) -> subprocess.Popen[str]:
    """Another process that uses the cluster; given a line it stops it, unless it is used."""
    child = subprocess.Popen(
        [sys.executable, "-c", HELD, str(folder)],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert child.stdout is not None
    assert child.stdout.readline() == "ready\n"
    return child


def test_it_is_not_stopped_under_another_and_outlives_no_user(folder: Path) -> None:
    first, second, third = (use(folder) for _ in range(3))
    cluster = Cluster(folder)
    assert first.communicate("\n")[0] == "False\n"  # it started it, and others use it
    assert cluster.status().is_running
    second.kill()
    second.communicate()
    assert cluster.status().is_running
    third.kill()  # no code of ours runs: the keeper sees it
    third.communicate()
    wait_until(lambda: not cluster.status().is_running)
    last = use(folder)
    assert last.communicate("\n")[0] == "True\n"
    assert not cluster.status().is_running


def test_one_that_is_kept_runs_without_users(folder: Path) -> None:
    user, cluster = use(folder), Cluster(folder)
    cluster.keep()
    assert user.communicate("\n")[0] == "False\n"
    threading.Event().wait(1)  # ten times what the keeper waits
    assert cluster.status().is_running
    assert cluster.stop() is True
