"""Commands of sources: load files, list sources, loads, rejected rows and findings."""

import json
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from commands.text_table import print_table
from etl.outcome import FileLoad
from etl.pipeline.run import load_source
from etl.source.data_places import NOWHERE, DataPlaces
from etl.source.declaration import SourceDeclaration, read_declaration, read_declarations
from etl.source.freshness import is_stale
from geodata.city.configuration import City
from geodata.city.source_names import FOLDER
from geodata.clock import now
from geodata.database.handle import Engine, RowMapping
from geodata.errors import DeclarationError, ExtractError, LoadError, NotFoundError
from geodata.queries.loads import (
    read_load,
    read_loads,
    read_newest_loads,
    read_rejected_rows,
    read_rejection_counts,
)
from geodata.space.districts import DistrictLocator, read_districts

_LISTED_ROWS = 200
_SOURCES_AT_ONCE = 2
_LEFT_OUT = ("refused", "held")


def load(
    engine: Engine,
    city: City,
    names: Sequence[str],
    path: Path | None = None,
    all_: bool = False,
    *,
    root: Path | None = None,
    places: DataPlaces = NOWHERE,
) -> None:
    """Load sources by key or declaration file, and print the result of each file.

    With `all_` a source without a file yet is skipped.

    Raises:
        NotFoundError: no source has that key.
        LoadError: a file was refused or held; the others are loaded.
    """
    declarations = select_declarations(city, names, all_=all_)
    if path is not None and len(declarations) != 1:
        raise DeclarationError("--path needs exactly one source")
    counts: Counter[str] = Counter()
    for file in load_files(
        engine, city, declarations, path, root=root, skip_missing=all_, places=places
    ):
        _say(describe(file))
        counts[file.status] += 1
    left_out = [f"{counts[each]} of the files were {each}" for each in _LEFT_OUT if counts[each]]
    if left_out:
        raise LoadError(f"{' and '.join(left_out)}; nothing of them is visible")


def load_files(
    engine: Engine,
    city: City,
    declarations: Sequence[SourceDeclaration],
    path: Path | None = None,
    *,
    root: Path | None = None,
    skip_missing: bool = False,
    places: DataPlaces = NOWHERE,
) -> Iterator[FileLoad]:
    """Load the sources, two at a time, and yield in their order the result of each file.

    Sources are independent: while the database writes one, another is prepared.

    Raises:
        ExtractError: a source has no file; with `skip_missing` it is skipped and reported.
    """
    districts = read_districts(city)

    def load_one(declaration: SourceDeclaration) -> Sequence[FileLoad]:
        # one for each: prepared geometry is not thread-safe
        locator = DistrictLocator.of_city(city, districts)
        try:
            return load_source(
                engine, city, declaration, path, root=root, locator=locator, places=places
            ).files
        except ExtractError as error:
            if not skip_missing:
                raise
            _say(f"{declaration.key}: nothing to load: {error}")
            return ()

    with ThreadPoolExecutor(_SOURCES_AT_ONCE) as pool:
        for files in pool.map(load_one, declarations):
            yield from files


def select_declarations(
    city: City, names: Sequence[str], *, all_: bool = False
) -> list[SourceDeclaration]:
    """Return the declarations named by key or by YAML file, or all of the city.

    Raises:
        NotFoundError: no source has that key, or none is named.
    """
    declared = {each.key: each for each in read_declarations(sources_folder(city))}
    if all_:
        return [each for each in declared.values() if not each.is_only_live]
    if not names:
        raise NotFoundError(f"name a source or --all; known: {', '.join(declared) or 'none'}")
    chosen = []
    for name in names:
        if name.endswith((".yaml", ".yml")):
            chosen.append(read_declaration(Path(name)))
        elif name in declared:
            chosen.append(declared[name])
        else:
            raise NotFoundError(f"no source '{name}'; known: {', '.join(declared) or 'none'}")
    return chosen


def sources_folder(city: City) -> Path:
    """Return where a city declares its sources."""
    return city.folder / FOLDER


def describe(file: FileLoad) -> str:
    """Return one line on the result of a file."""
    where = f"{file.source}: {file.file}: {file.status}"
    if file.status == "refused":
        return f"{where}: {file.message}"
    if file.status == "held":
        return f"{where}: {file.message}; to load it after all: app.py accept {file.load_id}"
    if file.status == "already loaded":
        return f"{where}: {file.message}" if file.message else where
    return (
        f"{where}, {file.rows_in} rows = {file.rows_loaded} loaded + {file.rows_rejected} "
        f"rejected, {file.records} records (load {file.load_id})"
    )


def list_sources(engine: Engine, city: City) -> None:
    """Print the city's declared sources with their newest load and whether they are stale."""
    with engine.connect() as connection:
        loaded = read_newest_loads(connection)
    rows = []
    for each in read_declarations(sources_folder(city)):
        finished_at, event_to = loaded.get(each.key, (None, None))
        state = "loaded" if finished_at else "not loaded"
        if event_to and is_stale(event_to, each.cadence, now()):
            state = "stale"
        rows.append(
            (each.key, each.table, each.format, each.provenance, each.cadence, state,
             finished_at, event_to, each.owner)
        )  # fmt: skip
    headers = ["source", "table", "format", "provenance", "cadence", "state"]
    print_table([*headers, "last load", "latest event", "owner"], rows)


def list_loads(engine: Engine) -> None:
    """Print the newest loads, newest first."""
    with engine.connect() as connection:
        found = read_loads(connection, _LISTED_ROWS)
    names = ("load_id", "finished_at", "source", "file", "status", "rows_in", "rows_loaded")
    rows = _picked(found, *names, "rows_rejected", "records", "message")
    headers = ["load", "finished", "source", "file", "status", "rows", "loaded", "rejected"]
    print_table([*headers, "records", "message"], rows)


def list_rejected(engine: Engine, load_id: int | None = None) -> None:
    """Print how many rows were rejected for each reason, and the first rows themselves."""
    with engine.connect() as connection:
        counts = read_rejection_counts(connection, _LISTED_ROWS, load_id)
        first = read_rejected_rows(connection, _LISTED_ROWS, load_id)
    reasons = _picked(counts, "load_id", "file", "field", "reason", "rows")
    rows = [
        (*told, json.dumps(raw, ensure_ascii=False) if raw else None)
        for *told, raw in _picked(first, "load_id", "row_number", "field", "reason", "raw")
    ]
    print_table(["load", "file", "field", "reason", "rows"], reasons)
    _say("")
    print_table(["load", "row", "field", "reason", "raw"], rows)


def list_findings(engine: Engine, load_id: int) -> None:
    """Print the findings of a load, the most severe first.

    Raises:
        NotFoundError: there is no load of that number.
    """
    with engine.connect() as connection:
        found = read_load(connection, load_id).findings
    names = ("severity", "code", "file", "row_number", "field", "rows", "message_zh", "message_en")
    rows = _picked(found, *names)
    print_table(["severity", "code", "file", "row", "field", "rows", "zh", "en"], rows)


def _picked(rows: Sequence[RowMapping], *names: str) -> list[tuple[Any, ...]]:
    """Return these columns of the rows, in this order."""
    return [tuple(row[name] for name in names) for row in rows]


def _say(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()
