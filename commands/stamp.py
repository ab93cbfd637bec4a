"""A stamp of the last complete set-up: whether anything it depends on has changed since.

Each step finds out by itself that it has nothing to do, but takes seconds for it. The stamp is the
short way: it changes with any file that the steps read, with anything in the database, and on the
day on which a timetable needs new departures.
"""

import hashlib
from collections.abc import Iterator
from pathlib import Path

from commands.context import CommandContext
from commands.simulated_files import incoming_dir
from geodata.clock import now
from geodata.private_files import make_private_folder, write_whole
from geodata.queries.progress import read_lapsed_feeds, read_progress
from geodata.settings import ROOT

ROOMS = ("geodata", "etl", "layers")


def is_current(context: CommandContext) -> bool:
    """Return whether the last set-up was complete and nothing changed since."""
    try:
        return _path(context).read_text(encoding="ascii") == _stamp(context)
    except (OSError, UnicodeDecodeError):
        return False


def keep(context: CommandContext) -> None:
    """Record that the set-up is complete in the present state."""
    path = _path(context)
    try:
        make_private_folder(path.parent)
        write_whole(path, _stamp(context).encode())
    except OSError as error:  # the next start looks at every step again
        print(f"set-up cannot be remembered in {path.parent}: {error.strerror}", flush=True)


def _path(context: CommandContext) -> Path:
    return context.settings.data_dir / "cache" / f"set-up-{context.city.code}"


def _stamp(context: CommandContext) -> str:
    digest = hashlib.sha256()
    with context.engine.connect() as connection:
        digest.update(repr(read_progress(connection)).encode())
        lapsed = read_lapsed_feeds(connection, now(), context.city.timezone)
    digest.update(repr(lapsed).encode())
    for path in _read_by_steps(context):
        digest.update(f"{path}\0{path.stat().st_size}\0{path.stat().st_mtime_ns}\n".encode())
    return digest.hexdigest()


def _read_by_steps(context: CommandContext) -> Iterator[Path]:
    """Return every file that can change the steps' results: city, departments, program."""
    folders = [context.city.folder, incoming_dir(context.settings, context.city)]
    for folder in [*folders, *(ROOT / room for room in ROOMS)]:
        for path in sorted(folder.rglob("*")):
            if path.is_file() and path.suffix != ".pyc":
                yield path
