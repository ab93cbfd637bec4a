"""What must hold before any work begins: a folder to write in, room on the disk, a free port."""

import shutil
import socket
import tempfile
from pathlib import Path

from geodata.errors import SettingsError
from geodata.private_files import make_passable_folder
from geodata.settings import Settings

LEAST_FREE_MB = 512  # a new cluster with the simulated city takes about as much


def check_folder(data_dir: Path) -> None:
    """Refuse a data folder that cannot be made or written in, or whose disk is full.

    Raises:
        SettingsError: says which folder and why.
    """
    try:
        make_passable_folder(data_dir)
        with tempfile.TemporaryFile(dir=data_dir):
            pass
    except OSError as error:
        raise SettingsError(
            f"cannot write in the data folder {data_dir}: {error.strerror}. Set OCC_DATA_DIR to a "
            "folder that this user may write in"
        ) from error
    free_mb = shutil.disk_usage(data_dir).free // 2**20
    if free_mb < LEAST_FREE_MB:
        raise SettingsError(
            f"the disk of the data folder {data_dir} is full: {free_mb} MB free, {LEAST_FREE_MB} "
            "are needed"
        )


def check_port(settings: Settings) -> None:
    """Refuse an address that the server cannot listen on, before minutes of set-up.

    Raises:
        SettingsError: it is taken, may not be used or is none of this machine.
    """
    where = f"{settings.host}:{settings.port}"
    try:
        found = socket.getaddrinfo(settings.host, settings.port, type=socket.SOCK_STREAM)
        family, kind, protocol, _, address = found[0]
        with socket.socket(family, kind, protocol) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # as the server does
            probe.bind(address)
    except OSError as error:
        raise SettingsError(
            f"cannot listen on {where}: {error.strerror}. Set OCC_PORT or OCC_HOST to another, or "
            "stop what uses it"
        ) from error


def check_before_work(settings: Settings) -> None:
    """Check everything that a start needs.

    Raises:
        SettingsError: something is missing.
    """
    check_port(settings)
    check_folder(settings.data_dir)
