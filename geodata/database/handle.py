"""What rooms without SQL know of the database: an engine to pass on, rows to show, its errors."""

from sqlalchemy import Engine as Engine
from sqlalchemy import RowMapping as RowMapping
from sqlalchemy.exc import OperationalError as OperationalError
from sqlalchemy.exc import SQLAlchemyError

from geodata.errors import DatabaseError

DATABASE_ERRORS = (SQLAlchemyError, DatabaseError)
