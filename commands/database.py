"""`db`, `backup`, `restore` and `migrate`: the private cluster, the database, its schema."""

import argparse

from geodata.database import role_access, role_setup
from geodata.database.backup import restore_backup, write_backup
from geodata.database.cluster import Cluster
from geodata.database.engine import database_name, parse_url
from geodata.database.engines import administrator_url, get_engines
from geodata.database.migrate import upgrade
from geodata.database.role_passwords import new_passwords
from geodata.database.role_script import role_script
from geodata.database.roles import roles_of
from geodata.errors import SettingsError
from geodata.settings import Settings, get_settings


def cluster(options: argparse.Namespace) -> None:
    """Start or stop the private cluster, print its state and address, or see to the roles."""
    settings = get_settings()
    if options.action == "roles":
        see_to_roles(settings, is_reset=options.reset)
        return
    if settings.database_url:
        raise SettingsError("DATABASE_URL is set: its database is not ours to start or stop")
    private = Cluster(settings.data_dir)
    actions = {"start": _start, "stop": _stop, "status": _tell}
    actions[options.action](private)


def backup(options: argparse.Namespace) -> None:
    """Write the database into a file."""
    size = write_backup(get_engines(get_settings()).owner.url, options.file)
    print(f"{options.file}: {size / 2**20:.1f} MB")


def restore(options: argparse.Namespace) -> None:
    """Put a backup in the place of the database, and bring its schema up to date."""
    settings = get_settings()
    administrator = administrator_url(settings)
    if not settings.database_url:
        administrator = administrator.set(database=database_name(settings.city))
    kept = restore_backup(administrator, options.file)
    upgrade(get_engines(settings).owner)  # its roles get their rights again
    print(f"restored; what was there is kept as the database {kept}" if kept else "restored")


def migrate(options: argparse.Namespace) -> None:
    """Bring the schema up to date and print the revisions applied."""
    engines = get_engines(get_settings())
    if engines.complaint:
        print(f"one role does everything: {engines.complaint}")
    applied = upgrade(engines.owner, give_rights=True)
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
        print(f"administrator occ, for set-up alone: password in {status.home / 'password'}")
        print(f"passwords of the cities' roles in {status.home / role_access.FOLDER}")
    else:
        print(f"stopped, in {status.home}")


def see_to_roles(settings: Settings, *, is_reset: bool) -> None:
    """Print what a database's administrator runs to make the roles, or give them new passwords.

    Raises:
        SettingsError: there is no DATABASE_URL: the private cluster's roles are made by themselves.
    """
    if not settings.database_url:
        raise SettingsError("the private cluster makes its roles itself: this is for DATABASE_URL")
    url = parse_url(settings.database_url)
    if not is_reset:
        print(role_script(url), end="")
        return
    roles = roles_of(role_access.database_of(url))
    file = role_access.password_file(settings, url)
    with role_setup.as_administrator(url) as connection:
        role_access.make_given_roles(connection, roles, new_passwords(), file)
    print(f"new passwords of {roles.writer}, {roles.reader}, {roles.public} in {file.path}")
