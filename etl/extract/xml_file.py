"""XML: one element per record, its children and attributes are the columns."""

import io
import re
from pathlib import Path

from defusedxml import DefusedXmlException
from defusedxml.ElementTree import ParseError, iterparse

from etl.extract.encoding import read_text
from etl.extract.extracted import Extracted, frame_of
from etl.source.declaration import SourceDeclaration
from geodata.errors import ExtractError

_DECLARATION = re.compile(r"\A\s*<\?xml[^>]*\?>")
_DECLARATION_BYTES = 200
_ENCODING = re.compile(rb"\A\s*<\?xml[^>]*encoding=[\"']([A-Za-z0-9._-]+)[\"']")


def read_xml(path: Path, declaration: SourceDeclaration) -> Extracted:
    """Read the elements named by `record`; entities and external references are refused.

    Raises:
        ExtractError: it is not well formed, is unsafe, or `record` is not declared.
    """
    if declaration.record is None:
        raise ExtractError(f"{path}: the declaration must name the element of a row as 'record'")
    records: list[dict[str, str | None]] = []
    text = _read_text(path, declaration.encoding)
    try:
        for _, element in iterparse(io.StringIO(text), forbid_dtd=True):
            if local_name(element.tag) != declaration.record:
                continue
            attributes = {local_name(name): value for name, value in element.attrib.items()}
            records.append(attributes | {local_name(child.tag): child.text for child in element})
            element.clear()
    except ParseError as error:
        raise ExtractError(f"{path}: not well-formed XML: {error}") from None
    except DefusedXmlException as error:
        raise ExtractError(f"{path}: refused: document types and entities are unsafe") from error
    if not records:
        raise ExtractError(f"{path}: holds no element '{declaration.record}'")
    return Extracted(frame_of(records, range(1, len(records) + 1), None))


def _read_text(path: Path, encoding: str) -> str:
    """Decode the file here, because the parser knows no GBK; drop the encoding declaration."""
    if encoding == "auto":
        named = _ENCODING.match(path.read_bytes()[:_DECLARATION_BYTES])
        encoding = named.group(1).decode("ascii") if named else encoding
    try:
        text = read_text(path, "auto" if encoding.lower() in ("utf-8", "utf8") else encoding)
    except LookupError:
        raise ExtractError(f"{path}: names the unknown encoding '{encoding}'") from None
    return _DECLARATION.sub("", text, count=1)


def local_name(tag: str) -> str:
    """Return an element's name without its namespace."""
    return tag.rpartition("}")[2]
