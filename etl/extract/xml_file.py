"""XML: one element per record, its children and attributes are the columns."""

import io
import re
from dataclasses import replace

from defusedxml import DefusedXmlException
from defusedxml.ElementTree import ParseError, iterparse

from etl.extract.encoding import Decoded, decode
from etl.extract.extracted import TOO_DEEP, Extracted, frame_of
from etl.extract.row_format import RowFormat
from etl.limits import Limits
from etl.source.declaration import SourceDeclaration
from etl.source.file import SourceFile
from etl.source.formats import FORMATS
from geodata.errors import ExtractError

_DECLARATION = re.compile(r"\A\s*<\?xml[^>]*\?>")
_DECLARATION_BYTES = 200
_ENCODING = re.compile(rb"\A\s*<\?xml[^>]*encoding=[\"']([A-Za-z0-9._-]+)[\"']")


def read_xml(file: SourceFile, declaration: SourceDeclaration) -> Extracted:
    """Read the elements named by `record`; entities and external references are refused.

    Raises:
        ExtractError: it is not well formed, is unsafe, or `record` is not declared.
    """
    if declaration.record is None:
        raise ExtractError(f"{file}: the declaration must name the element of a row as 'record'")
    decoded = _read_text(file, declaration)
    count = decoded.text.count("<") // 2 + decoded.text.count("=")
    said = f"it holds some {count:,} elements and attributes"
    declaration.limits.check(file, "values", count, said)
    try:
        records = _records(file, decoded.text, declaration.record, declaration.limits)
    except ParseError as error:
        raise ExtractError(f"{file}: not well-formed XML: {error}") from None
    except DefusedXmlException as error:
        raise ExtractError(f"{file}: refused: document types and entities are unsafe") from error
    if not records:
        raise ExtractError(f"{file}: holds no element '{declaration.record}'")
    frame = frame_of(file, declaration.limits, records, range(1, len(records) + 1))
    return Extracted(frame, notes=decoded.notes, foreign=decoded.foreign)


def _records(
    file: SourceFile, text: str, record: str, limits: Limits
) -> list[dict[str, str | None]]:
    """Return attributes and children of every element of a name."""
    records: list[dict[str, str | None]] = []
    depth = 0
    for event, element in iterparse(io.StringIO(text), ("start", "end"), forbid_dtd=True):
        if event == "start":
            depth += 1
            limits.check(file, "depth", depth, TOO_DEEP)
            continue
        depth -= 1
        if local_name(element.tag) == record:
            attributes = {local_name(name): value for name, value in element.attrib.items()}
            records.append(attributes | {local_name(child.tag): child.text for child in element})
            element.clear()
    return records


def _read_text(file: SourceFile, declaration: SourceDeclaration) -> Decoded:
    """Decode the file here, because the parser knows no GBK; drop the encoding declaration."""
    content = file.read_bytes()
    encoding = declaration.encoding
    if encoding == "auto":
        named = _ENCODING.match(content[:_DECLARATION_BYTES])
        encoding = named.group(1).decode("ascii") if named else encoding
    encoding = "auto" if encoding.lower() in ("utf-8", "utf8") else encoding
    try:
        decoded = decode(file, content, encoding, declaration.legacy)
    except LookupError:
        raise ExtractError(f"{file}: names the unknown encoding '{encoding}'") from None
    return replace(decoded, text=_DECLARATION.sub("", decoded.text, count=1))


def local_name(tag: str) -> str:
    """Return an element's name without its namespace."""
    return tag.rpartition("}")[2]


FORMATS.register(
    RowFormat(
        name="xml",
        says="one element a record, named by `record`",
        read=read_xml,
        suffixes=(".xml",),
        is_text=True,
    )
)
