"""Files of this account alone, whole or not there; and traces that quote nothing."""

import os
import resource
import signal
import stat
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import polars as pl
import pytest

import app
from commands import context
from geodata.database.partitions import Partition, PartitionStore
from geodata.private_files import close_to_others, make_private_folder, read_own, write_whole
from geodata.settings import Settings
from geodata.traces import trace_of


@pytest.fixture(params=[0o000, 0o022, 0o077, 0o277])
def umask(request) -> Iterator[int]:
    """Any umask that a shell or a service manager may have set."""
    former = os.umask(request.param)
    yield request.param
    os.umask(former)


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_modes_do_not_depend_on_the_umask(tmp_path: Path, umask: int) -> None:
    folder = tmp_path / "data" / "incoming"
    make_private_folder(folder)
    write_whole(folder / "calls", b"1")
    assert [mode(each) for each in (folder.parent, folder)] == [0o700, 0o700]
    assert mode(folder / "calls") == 0o600
    assert read_own(folder / "calls") == b"1"


def test_day_partitions_are_private(tmp_path: Path, umask: int) -> None:
    store = PartitionStore(str(tmp_path / "store"))
    partition = Partition("network_sample", date(2026, 11, 1), "a")
    store.write(partition, pl.DataFrame({"x": [1]}))
    assert store.read(partition)["x"].to_list() == [1]
    made = [tmp_path / "store", *(tmp_path / "store").rglob("*")]
    assert {mode(each) for each in made if each.is_dir()} == {0o700}
    assert {mode(each) for each in made if each.is_file()} == {0o600}


def test_whatever_a_command_writes_is_private(tmp_path: Path, monkeypatch, umask: int) -> None:
    written = tmp_path / "export.csv"
    monkeypatch.setattr(app.steps, "setup", lambda _: written.write_text("calls"))
    if umask != 0o277:  # under which not even the owner may write what he opens anew
        assert app.main(["setup"]) == 0
        assert mode(written) == 0o600
    assert os.umask(umask) == umask  # put back


def test_folders_left_open_are_closed_at_the_next_start(tmp_path: Path, monkeypatch) -> None:
    for name, opened in (("incoming", 0o755), ("telemetry", 0o777), ("cache", 0o700)):
        (tmp_path / name).mkdir()
        (tmp_path / name).chmod(opened)
    monkeypatch.setattr(context, "get_settings", lambda: Settings(data_dir=tmp_path))
    context.get_context()
    assert {mode(tmp_path / name) for name in ("incoming", "telemetry", "cache")} == {0o700}
    (tmp_path / "incoming").chmod(0o2775)  # a department's account delivers through a group
    close_to_others(tmp_path / "incoming")
    assert mode(tmp_path / "incoming") == 0o2770


def test_a_disk_that_is_full_leaves_what_was_there(tmp_path: Path) -> None:
    path = tmp_path / "kept"
    write_whole(path, b"before")
    child = os.fork()
    if child == 0:  # no file of this process may be longer, as on a full disk
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (4096, 4096))
        try:
            write_whole(path, bytes(8192))
        except OSError:
            os._exit(7)
        os._exit(0)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 7
    assert read_own(path) == b"before"
    assert list(tmp_path.iterdir()) == [path]


def test_only_a_file_of_our_own_is_read(tmp_path: Path) -> None:
    path = tmp_path / "kept"
    assert read_own(path) is None
    path.symlink_to("/etc/hostname")
    with pytest.raises(OSError, match="symbolic links"):
        read_own(path)
    path.unlink()
    os.mkfifo(path)
    with pytest.raises(ValueError, match="is no file"):
        read_own(path)
    path.unlink()
    path.write_bytes(b"planted")
    if os.geteuid() == 0:
        os.chown(path, 65534, 65534)
        with pytest.raises(ValueError, match="another account"):
            read_own(path)


def test_a_trace_names_the_place_and_none_of_the_values() -> None:
    try:
        {"a": 1}["人民大街 1 号"]
    except KeyError as error:
        told = trace_of(error)
    assert told.startswith("KeyError\n")
    assert "test_private_files.py" in told
    assert "人民大街" not in told
