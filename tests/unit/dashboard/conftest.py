"""What the tests of the screens share."""

from collections.abc import Iterator

import pytest
from sqlalchemy import Engine, create_engine


@pytest.fixture
def engine(loopback: None) -> Iterator[Engine]:
    """An engine whose server is not there: port 1 refuses."""
    made = create_engine("postgresql+psycopg://nobody@127.0.0.1:1/none")
    yield made
    made.dispose()
