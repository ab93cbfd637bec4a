"""A format that says all by itself: its loader writes the tables it fills."""

from collections.abc import Callable
from dataclasses import dataclass

from sqlalchemy import Connection

from etl.outcome import LoadOutcome
from etl.source.declaration import SourceDeclaration
from etl.source.file import SourceFile
from etl.source.formats import Format
from etl.transform.locate import Locator
from geodata.city.configuration import City

# Loads one file in the caller's transaction, by the number of its load.
Loader = Callable[[Connection, City, SourceDeclaration, SourceFile, int, Locator], LoadOutcome]

# Returns what is to be loaded of a source now, though no file brings it; by the city's time zone.
DueReader = Callable[[Connection, SourceDeclaration, str], SourceFile | None]


@dataclass(frozen=True, kw_only=True)
class WholeFormat(Format):
    """A format whose files are loaded in a way of their own."""

    load: Loader
    read_due: DueReader | None = None  # of a kept file, whose own may be gone
    is_waiting: Callable[[Connection, str, str], bool] | None = None  # kept for a later day
