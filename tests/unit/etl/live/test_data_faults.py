"""What is refused, and what is tried again."""

import psycopg
import pytest
from sqlalchemy.exc import DBAPIError, OperationalError

from etl.live.data_faults import is_of_data


def of_database(error: psycopg.Error, *, is_gone: bool = False) -> DBAPIError:
    return OperationalError("", {}, error, connection_invalidated=is_gone)


@pytest.mark.parametrize(
    "error",
    [
        of_database(psycopg.errors.NumericValueOutOfRange()),
        of_database(psycopg.errors.UniqueViolation()),
        of_database(psycopg.errors.ProgramLimitExceeded()),
        of_database(psycopg.errors.InternalError_()),
        OverflowError("too large"),
    ],
)
def test_faults_of_the_data(error):
    assert is_of_data(error)


@pytest.mark.parametrize(
    "error",
    [
        of_database(psycopg.errors.AdminShutdown()),
        of_database(psycopg.errors.DeadlockDetected()),
        of_database(psycopg.errors.DiskFull()),
        of_database(psycopg.OperationalError("the server closed the connection")),
        of_database(psycopg.errors.ProgramLimitExceeded(), is_gone=True),
        OSError("no such share"),
        MemoryError(),
    ],
)
def test_what_passes(error):
    assert not is_of_data(error)
