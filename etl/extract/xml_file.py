"""XML: one element per record, its children and attributes are the columns."""

from pathlib import Path

from defusedxml import DefusedXmlException
from defusedxml.ElementTree import ParseError, iterparse

from etl.declaration import SourceDeclaration
from etl.extract.extracted import Extracted, frame_of
from geodata.errors import ExtractError


def read_xml(path: Path, declaration: SourceDeclaration) -> Extracted:
    """Read the elements named by `record`; entities and external references are refused.

    Raises:
        ExtractError: it is not well formed, is unsafe, or `record` is not declared.
    """
    if declaration.record is None:
        raise ExtractError(f"{path}: the declaration must name the element of a row as 'record'")
    records: list[dict[str, str | None]] = []
    try:
        for _, element in iterparse(path, forbid_dtd=True):
            if local_name(element.tag) != declaration.record:
                continue
            children = {local_name(child.tag): child.text for child in element}
            records.append(dict(element.attrib) | children)
            element.clear()
    except ParseError as error:
        raise ExtractError(f"{path}: not well-formed XML: {error}") from None
    except DefusedXmlException as error:
        raise ExtractError(f"{path}: refused: document types and entities are unsafe") from error
    if not records:
        raise ExtractError(f"{path}: holds no element '{declaration.record}'")
    return Extracted(frame_of(records, range(1, len(records) + 1), None))


def local_name(tag: str) -> str:
    """Return an element's name without its namespace."""
    return tag.rpartition("}")[2]
