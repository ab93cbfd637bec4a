"""What an administrator runs once where the program may not create roles itself."""

from sqlalchemy.engine import URL

from geodata.database.role_access import database_of
from geodata.database.role_setup import PUBLIC_STATEMENT_S
from geodata.database.roles import roles_of

_SCRIPT = """\
-- To be run once by an administrator of the server, in the database "{database}":
--   psql -v writer_password=... -v reader_password=... -v public_password=... -f this-file
-- Then set OCC_DATABASE_WRITER_URL, OCC_DATABASE_READER_URL and OCC_DATABASE_PUBLIC_URL to
-- postgresql://ROLE:PASSWORD@HOST/{database}. DATABASE_URL stays the owner's; what each role may do
-- the program itself grants when it brings the schema up to date.
CREATE ROLE "{writer}" LOGIN PASSWORD :'writer_password';
CREATE ROLE "{reader}" LOGIN PASSWORD :'reader_password';
CREATE ROLE "{public}" LOGIN PASSWORD :'public_password';
ALTER ROLE "{public}" SET default_transaction_read_only = on;
ALTER ROLE "{public}" SET statement_timeout = '{timeout_s}s';
GRANT "{writer}" TO "{owner}";
GRANT CREATE, CONNECT, TEMPORARY ON DATABASE "{database}" TO "{owner}";
GRANT CONNECT, TEMPORARY ON DATABASE "{database}" TO "{writer}";
GRANT CONNECT ON DATABASE "{database}" TO "{reader}", "{public}";
-- Where nobody else uses this database:
-- REVOKE ALL ON DATABASE "{database}" FROM PUBLIC;
"""


def role_script(url: URL) -> str:
    """Return the SQL that makes the roles for an owner's address."""
    database = database_of(url)
    roles = roles_of(database)
    return _SCRIPT.format(
        database=database,
        owner=url.username,
        writer=roles.writer,
        reader=roles.reader,
        public=roles.public,
        timeout_s=PUBLIC_STATEMENT_S,
    )
