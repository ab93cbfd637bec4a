"""A file as readers take it: one on the disk, or bytes that came under a name."""

import hashlib
import io
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from geodata.errors import ExtractError

_BLOCK_BYTES = 1 << 20


@dataclass(frozen=True)
class SourceFile:
    """A file or folder at `path`, or `content` that lies nowhere."""

    name: str
    path: Path | None = None
    content: bytes = b""

    @classmethod
    def at(cls, path: Path) -> "SourceFile":
        """Return the file, or folder of files, at a path."""
        return cls(path.name, path)

    def __str__(self) -> str:
        """Return what errors call it."""
        return str(self.path or self.name)

    @property
    def is_folder(self) -> bool:
        """Whether it is a folder of files."""
        return self.path is not None and self.path.is_dir()

    @property
    def is_there(self) -> bool:
        """Whether it can be read as one file."""
        return self.path is None or self.path.is_file()

    @property
    def size(self) -> int:
        """Its bytes, those of all its files if it is a folder."""
        if self.path is None:
            return len(self.content)
        files = [each.path for each in self.members()] if self.is_folder else [self.path]
        return sum(each.stat().st_size for each in files if each is not None)

    @property
    def count(self) -> int:
        """How many files it is."""
        return len(self.members())

    def open(self) -> BinaryIO:
        """Return a stream of its bytes, to be closed by the caller."""
        return io.BytesIO(self.content) if self.path is None else self.path.open("rb")

    def read_bytes(self) -> bytes:
        """Return its bytes."""
        return self.content if self.path is None else self.path.read_bytes()

    def read_start(self, most: int) -> bytes:
        """Return so many of its first bytes, or all."""
        with self.open() as stream:
            return stream.read(most)

    def for_library(self) -> Path | BinaryIO:
        """Return what a library takes that would rather read a path itself: it, else a stream."""
        return self.path or self.open()

    def members(self, pattern: str = "*") -> "list[SourceFile]":
        """Return the files of a folder by their paths, named by them; a file is its own."""
        if self.path is None or not self.path.is_dir():
            return [self]
        found = sorted(item for item in self.path.rglob(pattern) if item.is_file())
        return [SourceFile(item.relative_to(self.path).as_posix(), item) for item in found]

    def compute_sha256(self) -> str:
        """Return the checksum of its content; a folder's is over its files by name.

        Raises:
            ExtractError: it cannot be read.
        """
        digest = hashlib.sha256()
        try:
            for member in self.members():
                if member is not self:
                    digest.update(member.name.encode() + b"\0")
                with member.open() as stream:
                    while block := stream.read(_BLOCK_BYTES):
                        digest.update(block)
        except OSError as error:
            raise ExtractError(f"{self}: cannot be read: {error.strerror}") from error
        return digest.hexdigest()
