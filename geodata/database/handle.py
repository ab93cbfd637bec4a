"""What rooms without SQL know of the database: an engine to pass on, rows to show, its errors."""

import psycopg
from sqlalchemy import Engine as Engine
from sqlalchemy import RowMapping as RowMapping
from sqlalchemy.exc import InterfaceError, SQLAlchemyError
from sqlalchemy.exc import OperationalError as OperationalError

from geodata.errors import DatabaseError

DATABASE_ERRORS = (SQLAlchemyError, DatabaseError)
# The database was lost, nobody's fault but ours; a COPY tells it in the driver's own words.
_OF_THE_DRIVER = (psycopg.OperationalError, psycopg.InterfaceError)
LOST_ERRORS = (OperationalError, InterfaceError, DatabaseError, *_OF_THE_DRIVER)
