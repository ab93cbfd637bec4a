"""How much of a file is read, by default and where a declaration allows more: one set of limits.

They are checked before memory is taken, and while it is taken where a file may lie about itself. A
file beyond one is refused as a whole. The defaults take any file that a department of a large city
has sent, and keep a load below some 8 GB.
"""

from typing import AnyStr, Protocol

from pydantic import Field

from geodata.declared import Declared
from geodata.errors import ExtractError

MB = 1 << 20


class Sized(Protocol):
    """A file or folder that can be asked for its size before it is read."""

    @property
    def size(self) -> int:
        """Its bytes, of all its files."""
        ...

    @property
    def count(self) -> int:
        """Its files."""
        ...


class LimitError(ExtractError):
    """A file is beyond a limit; names the file, what of it, and the limit."""

    def __init__(self, message: str, limit: str) -> None:
        """Keep the limit's name beside the text."""
        super().__init__(message)
        self.limit = limit


class Limits(Declared):
    """The most of each that is read of one file; whole files are held in memory."""

    file_mb: int = Field(default=2048, gt=0, description="bytes of the file, or of all of a folder")
    unpacked_mb: int = Field(default=2048, gt=0, description="bytes that it unpacks to, all told")
    ratio: int = Field(
        default=250, gt=0, description="unpacked to packed bytes; text has 5 to 50, judged from "
        "64 MB on"
    )  # fmt: skip
    entries: int = Field(default=50_000, gt=0, description="files in a zip or folder")
    columns: int = Field(default=2_000, gt=0, description="columns, of nested records also")
    line_mb: int = Field(default=16, gt=0, description="bytes of a line of text")
    depth: int = Field(default=64, gt=0, le=200, description="nesting of JSON and XML")
    values: int = Field(
        default=20_000_000, gt=0, description="values that are made one by one: those of JSON, "
        "XML and Excel, points of roads"
    )  # fmt: skip
    cells: int = Field(default=200_000_000, gt=0, description="rows times columns of any table")
    sheet_cells: int = Field(
        default=60_000_000, gt=0, description="cells of a worksheet, the blank ones among them"
    )
    message_mb: int = Field(default=32, gt=0, description="bytes of a GTFS-RT message")
    message_entities: int = Field(default=200_000, gt=0, description="entities of such a message")
    departures: int = Field(
        default=60_000_000, gt=0, description="departures that a timetable makes on the days asked "
        "for, days of its services, starts of its frequencies"
    )  # fmt: skip
    run_days: int = Field(default=31, gt=0, description="days that a trip of a timetable may run")
    pixels: int = Field(default=25_000_000, gt=0, description="pixels of a raster, times its bands")

    def check(self, file: object, limit: str, found: int, said: str) -> None:
        """Refuse a file of which more was found than a limit allows; `said` is what was found.

        Raises:
            LimitError: it is so.
        """
        if found > self.most(limit):
            raise self.beyond(file, limit, said)

    def beyond(self, file: object, limit: str, said: str) -> LimitError:
        """Return the refusal of a file that is beyond a limit."""
        unit = " MB" if limit.endswith("_mb") else ""
        most = f"{getattr(self, limit):,}{unit}"
        return LimitError(f"{file}: {said}; at most {most} (limits.{limit})", limit)

    def most(self, limit: str) -> int:
        """Return a limit as a count, megabytes in bytes."""
        value = int(getattr(self, limit))
        return value * MB if limit.endswith("_mb") else value


DEFAULTS = Limits()


def check_lines(file: object, text: AnyStr, limits: Limits) -> None:
    """Refuse a text with a line that is too long.

    Raises:
        LimitError: it has one.
    """
    longest = limits.most("line_mb")
    end: AnyStr = "\n" if isinstance(text, str) else b"\n"
    at = 0
    while len(text) - at > longest:
        found = text.rfind(end, at, at + longest + 1)
        if found < 0:
            raise limits.beyond(file, "line_mb", "it has a longer line")
        at = found + 1


def check_delimited(file: object, text: AnyStr, delimiter: AnyStr, limits: Limits) -> None:
    """Refuse a text of too long lines, too many columns or too many fields.

    Raises:
        LimitError: it has them.
    """
    check_lines(file, text, limits)
    end: AnyStr = "\n" if isinstance(text, str) else b"\n"
    first = text.find(end)
    columns = text.count(delimiter, 0, first if first >= 0 else len(text)) + 1
    limits.check(file, "columns", columns, f"it has {columns:,} columns")
    fields = text.count(delimiter) + text.count(end)
    limits.check(file, "cells", fields, f"it has some {fields:,} fields")


def check_table(file: object, rows: int, columns: int, limits: Limits) -> None:
    """Refuse a table that is too wide or too large, before it is made.

    Raises:
        LimitError: it is.
    """
    limits.check(file, "columns", columns, f"it has {columns:,} columns")
    limits.check(file, "cells", rows * columns, f"{rows:,} rows of {columns:,} columns")


def check_file(file: Sized, limits: Limits) -> None:
    """Refuse a file or folder that is too large to be held, before it is read.

    Raises:
        LimitError: it is.
    """
    limits.check(file, "entries", file.count, f"it holds {file.count:,} files")
    limits.check(file, "file_mb", file.size, f"it has {file.size:,} bytes")
