"""`db` and `migrate`: the private cluster and the schema."""

import argparse

from geodata.database.cluster import Cluster
from geodata.database.engine import get_engine
from geodata.database.migrate import upgrade
from geodata.errors import SettingsError
from geodata.settings import get_settings


def cluster(options: argparse.Namespace) -> None:
    """Start or stop the private cluster, or print its state and address."""
    settings = get_settings()
    if settings.database_url:
        raise SettingsError("DATABASE_URL is set: its database is not ours to start or stop")
    private = Cluster(settings.data_dir)
    actions = {"start": _start, "stop": _stop, "status": _tell}
    actions[options.action](private)


def migrate(options: argparse.Namespace) -> None:
    """Bring the schema up to date and print the revisions applied."""
    applied = upgrade(get_engine(get_settings()))
    print(f"applied {', '.join(applied)}" if applied else "the schema is up to date")


def _start(private: Cluster) -> None:
    print("started" if private.ensure_started() else "runs already")
    private.keep()
    _tell(private)


def _stop(private: Cluster) -> None:
    print("stopped" if private.stop() else "does not run")


def _tell(private: Cluster) -> None:
    status = private.status()
    if not status.is_initialised:
        print(f"no cluster yet; it will be made in {status.home}")
    elif status.is_running:
        print(f"runs on 127.0.0.1:{status.port}, in {status.home}")
        print(f"user occ, password in {status.home / 'password'}")
    else:
        print(f"stopped, in {status.home}")
