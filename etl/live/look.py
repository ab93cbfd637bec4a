"""Lists files without reading them, to see whether one of them may have changed."""

from pathlib import Path

FileLook = tuple[str, int, int]


def look_at(folder: Path, pattern: str | None) -> list[FileLook]:
    """Return name, bytes and time of last change of the files of a pattern, by name.

    Raises:
        OSError: a file cannot be seen; it may just have been renamed.
    """
    if pattern is None:
        return []
    found = ((path.name, path.stat()) for path in sorted(folder.glob(pattern)))
    return [(name, stat.st_size, stat.st_mtime_ns) for name, stat in found]
