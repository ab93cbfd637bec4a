"""A format of rows: its reader turns a file into text for the mapping."""

from collections.abc import Callable
from dataclasses import dataclass

from etl.extract.extracted import Extracted
from etl.source.declaration import SourceDeclaration
from etl.source.file import SourceFile
from etl.source.formats import Format


@dataclass(frozen=True, kw_only=True)
class RowFormat(Format):
    """A format whose files hold rows."""

    read: Callable[[SourceFile, SourceDeclaration], Extracted]
    suffixes: tuple[str, ...] = ()  # what its files are called inside a zip; none: read no zip
    is_text: bool = False
