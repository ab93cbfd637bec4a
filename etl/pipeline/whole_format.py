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


@dataclass(frozen=True, kw_only=True)
class WholeFormat(Format):
    """A format whose files are loaded in a way of their own."""

    load: Loader
