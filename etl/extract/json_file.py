"""JSON: an array of objects, or one found below the declared path."""

import json
from typing import Any

from etl.extract.encoding import read_text
from etl.extract.extracted import Extracted, flatten, frame_of
from etl.extract.row_format import RowFormat
from etl.source.declaration import SourceDeclaration
from etl.source.file import SourceFile
from etl.source.formats import FORMATS
from geodata.errors import ExtractError


def parse_json(file: SourceFile, encoding: str) -> Any:  # JSON may be anything
    """Parse a file.

    Raises:
        ExtractError: it is not JSON; names line and column.
    """
    try:
        return json.loads(read_text(file, encoding))
    except json.JSONDecodeError as error:
        raise ExtractError(
            f"{file}: row {error.lineno}, column {error.colno}: not JSON: {error.msg}"
        ) from None
    except RecursionError:
        raise ExtractError(f"{file}: nested too deeply") from None


def read_json(file: SourceFile, declaration: SourceDeclaration) -> Extracted:
    """Read objects; nested ones get dotted names, `@row` is the object's place from 1.

    Raises:
        ExtractError: there is no array of objects where the declaration says.
    """
    content = parse_json(file, declaration.encoding)
    for name in (declaration.record or "").split("."):
        if name:
            content = content.get(name) if isinstance(content, dict) else None
    if not isinstance(content, list) or not all(isinstance(item, dict) for item in content):
        where = f"at '{declaration.record}'" if declaration.record else "at the top"
        raise ExtractError(f"{file}: has no array of objects {where}")
    records = [flatten(item) for item in content]
    return Extracted(frame_of(records, range(1, len(records) + 1), None))


FORMATS.register(
    RowFormat(
        name="json",
        says="an array of objects, at the top or below `record`",
        read=read_json,
    )
)
