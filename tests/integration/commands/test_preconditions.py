"""A start that cannot succeed says so in one line, before any work."""

import os
import shutil
import socket
from pathlib import Path

import pytest

from commands.preconditions import check_folder, check_port
from geodata.errors import SettingsError
from geodata.settings import Settings


def test_a_taken_port_is_named_with_the_settings_that_choose_another() -> None:
    with socket.create_server(("127.0.0.1", 0)) as owner:
        port = owner.getsockname()[1]
        with pytest.raises(SettingsError, match=f"127.0.0.1:{port}.*in use.*OCC_PORT"):
            check_port(Settings(port=port))
    check_port(Settings(port=port))


@pytest.mark.parametrize("host", ["192.0.2.7", "no-such-host.invalid"])
def test_an_address_of_another_machine_is_refused(host: str) -> None:
    with pytest.raises(SettingsError, match=host):
        check_port(Settings(host=host, port=8123))


def test_a_folder_that_is_none_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(SettingsError, match=r"data folder .*/file/data"):
        check_folder(tmp_path / "file" / "data")


def test_a_full_disk_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    usage = shutil.disk_usage(tmp_path)
    monkeypatch.setattr(shutil, "disk_usage", lambda _: usage._replace(free=3 * 2**20))
    with pytest.raises(SettingsError, match="is full: 3 MB free"):
        check_folder(tmp_path)


@pytest.mark.skipif(os.geteuid() != 0, reason="root is refused nowhere and must become another")
def test_a_folder_of_another_user_is_refused_in_one_line(open_folder: Path) -> None:
    folder = open_folder / "of-root"
    folder.mkdir(mode=0o755)
    os.seteuid(65534)
    try:
        with pytest.raises(SettingsError, match=f"data folder {folder}: Permission denied"):
            check_folder(folder)
    finally:
        os.seteuid(0)
