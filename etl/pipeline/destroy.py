"""Removes a file of plate reads from the disk once its pairs are counted."""

import os
from pathlib import Path

from geodata.clock import now

RECEIPT = ".destroyed"
_BLOCK_BYTES = 1 << 20


def destroy(path: Path, sha256: str) -> None:
    """Overwrite a file, remove it and leave a receipt beside: when, and the content's checksum.

    Overwriting reaches the blocks of the file only where the file system writes in place; on
    copy-on-write storage and in backups the operator's own rules must apply.
    """
    size = path.stat().st_size
    with path.open("r+b") as stream:
        for start in range(0, size, _BLOCK_BYTES):
            stream.write(b"\0" * min(_BLOCK_BYTES, size - start))
        stream.flush()
        os.fsync(stream.fileno())
    receipt_of(path).write_text(
        f"destroyed {now().isoformat()}, sha256 {sha256}\n", encoding="ascii"
    )
    path.unlink()


def receipt_of(path: Path) -> Path:
    """Return the path of the receipt of a destroyed file."""
    return path.with_name(path.name + RECEIPT)
