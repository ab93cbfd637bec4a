"""The addresses under which the roles of a database are reached; makes the roles where needed."""

from dataclasses import astuple, dataclass, replace
from hashlib import sha256

from sqlalchemy.engine import URL

from geodata.database import role_setup
from geodata.database.cluster import Cluster
from geodata.database.engine import parse_url
from geodata.database.role_passwords import PasswordFile, new_passwords
from geodata.database.roles import Roles, roles_of
from geodata.errors import DatabaseError, SettingsError
from geodata.settings import Settings

FOLDER = "roles"


@dataclass(frozen=True)
class Access:
    """The address of each role; all the same, and the reason, where there is only one role."""

    owner: URL
    writer: URL
    reader: URL
    public: URL
    complaint: str = ""

    @property
    def is_single(self) -> bool:
        """Return whether one role does everything."""
        return bool(self.complaint)


def private_access(cluster: Cluster, database: str, *, is_forced: bool = False) -> Access:
    """Return the addresses in the private cluster, whose superuser makes what is missing.

    Raises:
        DatabaseError: the roles cannot be made.
    """
    file = PasswordFile(cluster.home / FOLDER / f"{database}.json", cluster.account)
    roles = roles_of(database)
    if is_forced or not file.is_made():
        with role_setup.as_administrator(cluster.url("postgres")) as connection:
            if is_forced or not file.is_made():  # another process may have been first
                passwords = file.read() or new_passwords()
                file.write(passwords, is_made=False)
                role_setup.make_roles(connection, roles, passwords, None)
                role_setup.make_database(connection, roles, database)
                with role_setup.as_administrator(cluster.url(database)) as inside:
                    role_setup.hand_over(inside, roles, database)
                    role_setup.close_statistics(inside, roles)
                file.write(passwords, is_made=True)
    return _with_passwords(cluster.url(database), roles, file)


def given_access(settings: Settings, url: URL, *, is_forced: bool = False) -> Access:
    """Return the addresses in the database of DATABASE_URL.

    Those that settings name; else those of roles that the given one made, or makes now if it may.

    Raises:
        DatabaseError: the server does not answer.
        SettingsError: some of the addresses are named, and some are not.
    """
    named = _named(settings, url)
    if named is not None:
        return named
    file = password_file(settings, url)
    roles = roles_of(database_of(url))
    if is_forced or not file.is_made():
        with role_setup.as_administrator(url) as connection:
            complaint = _why_not(connection, roles, file)
            if complaint:
                return Access(url, url, url, url, complaint)
            make_given_roles(connection, roles, file.read() or new_passwords(), file)
    return _with_passwords(url, roles, file)


def make_given_roles(
    connection: role_setup.Driver, roles: Roles, passwords: Roles, file: PasswordFile
) -> None:
    """Make the roles of DATABASE_URL's database, or give them these passwords.

    The given role is the owner, and needs no password; of a superuser's database a role of its own
    becomes the owner.
    """
    owner = None if role_setup.is_superuser(connection) else connection.info.user
    if owner is not None:
        passwords = replace(passwords, owner="")
    elif not passwords.owner:
        passwords = replace(passwords, owner=new_passwords().owner)
    file.write(passwords, is_made=False)
    role_setup.make_roles(connection, roles, passwords, owner)
    if owner is None:
        role_setup.hand_over(connection, roles, connection.info.dbname)
    file.write(passwords, is_made=True)


def password_file(settings: Settings, url: URL) -> PasswordFile:
    """Return the file of the passwords of a given database's roles, in the data folder."""
    where = f"{url.host or url.query.get('host')}:{url.port}/{database_of(url)}"
    digest = sha256(where.encode()).hexdigest()[:12]
    return PasswordFile(settings.data_dir / FOLDER / f"{database_of(url)}-{digest}.json")


def _why_not(connection: role_setup.Driver, roles: Roles, file: PasswordFile) -> str:
    """Return why the roles cannot be made by whom DATABASE_URL names; empty where they can."""
    if not role_setup.may_create_roles(connection):
        return (
            "the role of DATABASE_URL may not create roles: `app.py db roles` prints what the "
            "database's administrator runs once"
        )
    names = [roles.writer, roles.reader, roles.public]
    is_there = len(role_setup.missing_roles(connection, names)) < len(names)
    if is_there and file.read() is None:
        return (
            f"the roles exist, but {file.path} does not hold their passwords: bring that file from "
            "the machine that made them, or run `app.py db roles --reset` for new ones"
        )
    return ""


def _named(settings: Settings, url: URL) -> Access | None:
    given = {
        "OCC_DATABASE_WRITER_URL": settings.database_writer_url,
        "OCC_DATABASE_READER_URL": settings.database_reader_url,
        "OCC_DATABASE_PUBLIC_URL": settings.database_public_url,
    }
    missing = [name for name, address in given.items() if not address]
    if len(missing) == len(given):
        return None
    if missing:
        raise SettingsError(f"of the roles' addresses some are set, and {missing[0]} is not")
    writer, reader, public = (parse_url(str(each), name) for name, each in given.items())
    roles = roles_of(database_of(url))
    if (writer.username, reader.username, public.username) != (
        roles.writer,
        roles.reader,
        roles.public,
    ):
        raise SettingsError(
            f"the roles of this database are called {roles.writer}, {roles.reader} and "
            f"{roles.public}: rights are given to these names"
        )
    return Access(url, writer, reader, public)


def _with_passwords(url: URL, roles: Roles, file: PasswordFile) -> Access:
    passwords = file.read()
    if passwords is None:
        raise DatabaseError(f"{file.path} is gone")
    owner, writer, reader, public = (
        url.set(username=name, password=word) if word else url
        for name, word in zip(astuple(roles), astuple(passwords), strict=True)
    )
    return Access(owner, writer, reader, public)


def database_of(url: URL) -> str:
    """Return the database that an address names: without one, that of the user's name."""
    return str(url.database or url.username)
