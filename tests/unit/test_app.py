"""The command line: its parser, and how errors leave it."""

import errno

import pytest

import app
from geodata.errors import ClusterError
from geodata.settings import get_settings


def test_an_error_for_the_user_is_one_line_and_status_2(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def fail(options: object) -> None:
        raise ClusterError("no room")

    monkeypatch.setattr("commands.database.migrate", fail)
    assert app.main(["migrate"]) == 2
    assert capsys.readouterr().err == "error: no room\n"


def test_a_wrong_setting_is_one_line_too(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("OCC_PORT", "eighty")
    get_settings.cache_clear()
    try:
        assert app.main(["migrate"]) == 2
    finally:
        get_settings.cache_clear()
    assert capsys.readouterr().err.startswith("error: wrong setting: port: ")


def test_a_setting_that_there_is_not_is_one_line_too(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("OCC_PROT", "8051")
    get_settings.cache_clear()
    try:
        assert app.main(["migrate"]) == 2
    finally:
        get_settings.cache_clear()
    assert capsys.readouterr().err == "error: there is no setting OCC_PROT: is OCC_PORT meant?\n"


def test_an_interrupt_ends_quietly(monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupt(options: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("commands.database.migrate", interrupt)
    assert app.main(["migrate"]) == 130


def test_load_takes_sources_a_file_or_all() -> None:
    options = app.build_parser().parse_args(["load", "bus", "mine.yaml", "--path", "x.csv"])
    assert (options.names, str(options.path), options.all_) == (
        ["bus", "mine.yaml"],
        "x.csv",
        False,
    )
    assert app.build_parser().parse_args(["load", "--all"]).all_ is True


def test_a_cluster_that_is_not_ours_is_not_started_or_stopped(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("DATABASE_URL", "postgresql://host/name")
    get_settings.cache_clear()
    try:
        assert app.main(["db", "stop"]) == 2
    finally:
        get_settings.cache_clear()
    assert "not ours" in capsys.readouterr().err


def test_a_full_disk_is_one_line(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def fail(options: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device", "/data/cache/x")

    monkeypatch.setattr("commands.database.migrate", fail)
    assert app.main(["migrate"]) == 2
    assert capsys.readouterr().err == "error: /data/cache/x: No space left on device\n"


def test_a_fault_of_the_program_keeps_its_trace(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(options: object) -> None:
        raise FileNotFoundError(errno.ENOENT, "No such file or directory", "part.yaml")

    monkeypatch.setattr("commands.database.migrate", fail)
    with pytest.raises(FileNotFoundError):
        app.main(["migrate"])
