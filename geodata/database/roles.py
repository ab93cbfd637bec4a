"""The roles of a city's database: owner, writer, reader, public reader; none of them superuser.

They are the database's own, named after it: roles belong to a whole cluster, and the reader of one
city must not read another's.
"""

from dataclasses import astuple, dataclass
from hashlib import sha256

from sqlalchemy import text
from sqlalchemy.engine import Connection

_LONGEST = 63 - len("_writer")  # bytes of a name in PostgreSQL


@dataclass(frozen=True)
class Roles:
    """The names of the four roles, or of the passwords that go with them."""

    owner: str  # owns database and schemas, and brings them up to date
    writer: str  # owns the tables that it fills: loads, states, published layers, acts, sessions
    reader: str  # behind the screens: all but identities, rows by the caller's districts
    public: str  # behind what everybody may ask: schema `published` and nothing else


def roles_of(database: str) -> Roles:
    """Return the names of a database's roles."""
    stem = database
    if len(stem.encode()) > _LONGEST:
        stem = f"occ_{sha256(stem.encode()).hexdigest()[:16]}"
    return Roles(f"{stem}_owner", f"{stem}_writer", f"{stem}_reader", f"{stem}_public")


def find_roles(connection: Connection) -> Roles | None:
    """Return the roles of the database connected to; None unless writer and readers exist."""
    database = str(connection.execute(text("SELECT current_database()")).scalar_one())
    roles = roles_of(database)
    found = text("SELECT rolname FROM pg_roles WHERE rolname = ANY(:names)")
    names = set(connection.execute(found, {"names": list(astuple(roles))}).scalars())
    return roles if names >= {roles.writer, roles.reader, roles.public} else None
