"""Commands of held loads: list them, and load one after all."""

from pathlib import Path

from commands.sources import describe, select_declarations
from commands.text_table import print_table
from etl.pipeline.plan import plan_file
from etl.pipeline.run import load_source
from etl.source.data_places import NOWHERE, DataPlaces
from etl.source.declaration import SourceDeclaration, read_declaration
from etl.source.file import SourceFile
from geodata.city.configuration import City
from geodata.database.handle import Engine, RowMapping
from geodata.errors import LoadError
from geodata.queries.loads import read_held_loads, read_load


def list_held(engine: Engine) -> None:
    """Print the held loads, newest first, with what each would take away."""
    with engine.connect() as connection:
        found = read_held_loads(connection)
    rows = [
        (row["load_id"], row["finished_at"], row["source"], row["file"], row["message"])
        for row in found
    ]
    print_table(["load", "held", "source", "file", "message"], rows)


def accept(engine: Engine, city: City, load_id: int, places: DataPlaces = NOWHERE) -> None:
    """Load a held file after all, and print the result.

    Raises:
        NotFoundError: there is no load of that number.
        LoadError: it is not held, its file or declaration is another by now, or it was refused.
    """
    with engine.connect() as connection:
        row = read_load(connection, load_id).load
    if row["status"] != "held":
        by = f" by load {row['settled_by']}" if row["settled_by"] else ""
        raise LoadError(f"load {load_id} is not held: it is {row['status']}{by}")
    declaration = _declaration_of(city, row)
    path = Path(row["file_path"])
    _check_unchanged(declaration, path, row, places)
    (done,) = load_source(engine, city, declaration.as_accepted(), path, places=places).files
    print(describe(done))
    if done.status == "refused":
        raise LoadError(f"load {load_id} was accepted, but its file was refused")


def _declaration_of(city: City, row: RowMapping) -> SourceDeclaration:
    """Return the declaration that a held load was read by, from where it lay, else the city's."""
    path = row["declaration_path"]
    if path and Path(path).is_file():
        return read_declaration(Path(path))
    return select_declarations(city, [row["source"]])[0]


def _check_unchanged(
    declaration: SourceDeclaration, path: Path, row: RowMapping, places: DataPlaces
) -> None:
    if not path.exists():
        raise LoadError(f"{path}: the file that was held is gone")
    planned = plan_file(SourceFile.at(path), declaration, places.incoming)
    if planned.sha256 != row["sha256"]:
        raise LoadError(f"{path}: is not the file that was held any more; load it anew")
    if planned.declaration_sha256 != row["declaration_sha256"]:
        raise LoadError(
            f"{path}: what source {declaration.key} declares of its records has changed since it "
            "was held; load it anew"
        )
