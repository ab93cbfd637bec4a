"""What a declaration says of the records of a file, as one checksum."""

import hashlib
import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from etl.source.declaration import SourceDeclaration
from etl.source.file import SourceFile

# What does not change the records of a file: its names, whose it is, where it lies, when it comes,
# and how much a load may take away. Every other key does, also one that the model gets later.
NOT_OF_RECORDS = frozenset(
    {
        "key", "title_zh", "title_en", "short_zh", "short_en", "owner", "licence", "cadence",
        "provenance", "access", "path", "url", "live", "may_shrink", "limits",
    }
)  # fmt: skip


def compute_digest(declaration: SourceDeclaration, incoming: Path | None) -> str:
    """Return the checksum of the keys that records follow from, and of the files these name.

    A key left at its default counts as not said, so that a new key changes no digest.

    Raises:
        ExtractError: such a file cannot be read.
    """
    said = declaration.model_dump(
        mode="json", by_alias=True, exclude=set(NOT_OF_RECORDS), exclude_defaults=True
    )
    digest = hashlib.sha256(json.dumps(said, sort_keys=True, ensure_ascii=False).encode())
    for name in sorted(_files_of(said)):
        path = find_beside(declaration, name, incoming)
        if path is not None:  # that it is missing, whoever reads it will say
            digest.update(f"\0{name}\0{SourceFile.at(path).compute_sha256()}".encode())
    return digest.hexdigest()


def find_beside(declaration: SourceDeclaration, name: str, incoming: Path | None) -> Path | None:
    """Return a further file that a declaration names: in the incoming folder, else beside it."""
    bases = [incoming] if incoming else []
    if declaration.file:
        bases.append(declaration.file.parent)
    return next((base / name for base in bases if (base / name).is_file()), None)


def _files_of(said: Mapping[str, Any]) -> Iterator[str]:
    """Yield the files that blocks of a declaration name by `path`."""
    for block in said.values():
        if isinstance(block, dict) and isinstance(block.get("path"), str):
            yield block["path"]
