"""What rooms without SQL know of the database: an engine to pass on, rows to show, its errors."""

from sqlalchemy import Engine as Engine
from sqlalchemy import RowMapping as RowMapping
from sqlalchemy.exc import InterfaceError, SQLAlchemyError
from sqlalchemy.exc import OperationalError as OperationalError

from geodata.errors import DatabaseError

DATABASE_ERRORS = (SQLAlchemyError, DatabaseError)
LOST_ERRORS = (OperationalError, InterfaceError, DatabaseError)  # nobody's fault but ours
