"""Plate reads become link times, and no token of them is left anywhere."""

import logging
import shutil
import subprocess
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import Connection, func, select, text

from etl.pipeline.destroy import receipt_of
from etl.pipeline.run import load_source
from etl.source.declaration import SourceDeclaration
from geodata.queries.traffic import read_segments
from geodata.space.districts import DistrictLocator, read_districts
from geodata.tables import link_time, load, metadata, reader_link, rejected_row
from layers.build.run import build_states

BASE = {
    "title_zh": "车牌", "title_en": "plates", "owner": "police", "licence": "none",
    "cadence": "P1D", "provenance": "real", "path": "*", "format": "csv",
    "timezone": "Asia/Shanghai",
}  # fmt: skip
LINKS = BASE | {
    "key": "plate_links", "table": "reader_link", "mode": "snapshot",
    "mapping": {"link_id": "id", "from_reader": "a", "to_reader": "b", "length_m": "m",
                "wkt": "line"},
}  # fmt: skip
READS = BASE | {
    "key": "plates", "table": "link_time", "coverage": {"area": "city"},
    "pairing": {"reader_id": "reader", "token": "token", "read_at": "at"},
}  # fmt: skip
MARK = "5ec4e7"  # in every token, so that a search finds any
LINE = '"LINESTRING (125.30 43.88, 125.31 43.88)"'


def _reads() -> str:
    """Ten vehicles at night (60 s), ten in the morning (120 s), four at noon; three bad rows."""
    rows = []
    for begin, vehicles, took in (("02:00", 10, 60), ("08:00", 10, 120), ("12:00", 4, 300)):
        start = datetime.fromisoformat(f"2026-11-20 {begin}:00")
        for number in range(vehicles):
            token = f"{MARK}{begin[:2]}{number:04d}"
            at = start + timedelta(seconds=10 * number)
            rows += [f"A,{token},{at}", f"B,{token},{at + timedelta(seconds=took)}"]
    rows += [f"A,{MARK}bad1,soon", f",{MARK}bad2,2026-11-20 08:00:00", "A,,2026-11-20 08:00:00"]
    rows += [f"A,{MARK}old,1970-01-01 08:00:00", f"A,{MARK}new,2027-11-20 08:00:00"]
    rows += [f"A,{MARK}bad3,2026-11-20 08:00:00,{MARK}more,{MARK}yet"]
    return "reader,token,at\n" + "\n".join(rows) + "\n"


@pytest.fixture(scope="module")
def locator(city):
    return DistrictLocator(read_districts(city))


@pytest.fixture(scope="module")
def loaded(engine, city, locator, tmp_path_factory):
    """The links and a day of reads, loaded with every log kept; what became of them."""
    folder = tmp_path_factory.mktemp("plates")
    patch = pytest.MonkeyPatch()
    temporary = folder / "tmp"
    temporary.mkdir()
    patch.setenv("TMPDIR", str(temporary))
    patch.setenv("OCC_NOW", "2026-11-21T00:00:00+00:00")
    handler = logging.FileHandler(folder / "everything.log")
    logging.getLogger().addHandler(handler)
    level = logging.getLogger().level
    logging.getLogger().setLevel(logging.DEBUG)
    (folder / "links.csv").write_text(f"id,a,b,m,line\nAB,A,B,1000,{LINE}\n")
    (folder / "reads.csv").write_text(_reads())
    (folder / "broken.csv").write_bytes(f'reader,token,at\n"A,{MARK}c,\xff'.encode("latin-1"))
    results = []
    for declared, name in ((LINKS, "links"), (READS, "reads"), (READS, "broken")):
        declaration = SourceDeclaration.model_validate(declared)
        path = folder / f"{name}.csv"
        results += load_source(engine, city, declaration, path, locator=locator).files
    logging.getLogger().setLevel(level)
    logging.getLogger().removeHandler(handler)
    handler.close()
    yield folder, results
    patch.undo()


def test_reads_become_means_of_five_vehicles_or_more(engine, loaded):
    """T10 traffic_index_tpi: n >= 5, free flow of the night."""
    _, (links, reads, _) = loaded
    assert links.status == "loaded"
    assert (reads.status, reads.rows_in, reads.rows_loaded, reads.rows_rejected) == (
        "loaded", 54, 49, 5,
    )  # fmt: skip
    with engine.connect() as connection:
        rows = connection.execute(
            select(
                link_time.c.day_part,
                link_time.c.n,
                link_time.c.time_s,
                link_time.c.free_flow_s,
                link_time.c.delay_total_s,
                link_time.c.starts_at,
            ).order_by(link_time.c.starts_at)
        ).all()
        placed = connection.execute(
            select(
                func.ST_Length(reader_link.c.path) > 0, reader_link.c.cell, link_time.c.cell
            ).join(link_time, link_time.c.link_id == reader_link.c.link_id)
        ).first()
    assert [tuple(row)[:5] for row in rows] == [
        ("night", 10, 60.0, 60.0, 0.0), ("morning", 10, 120.0, 60.0, 600.0),
    ]  # fmt: skip
    assert rows[1].starts_at == datetime(2026, 11, 20, 0, 0, tzinfo=UTC)
    assert placed is not None
    assert placed[0]
    assert placed[1] == placed[2] != 0


def test_rejected_reads_say_where_and_why_but_never_what(engine, loaded):
    with engine.connect() as connection:
        rows = connection.execute(
            select(rejected_row.c.row_number, rejected_row.c.field, rejected_row.c.raw)
            .join(load, load.c.load_id == rejected_row.c.load_id)
            .where(load.c.source == "plates")
            .order_by(rejected_row.c.row_number)
        ).all()
    assert [tuple(row) for row in rows] == [
        (50, "read_at", None), (51, "reader_id", None), (52, "token", None),
        (53, "read_at", None), (54, "read_at", None),
    ]  # fmt: skip


def test_the_file_is_destroyed_and_leaves_a_receipt(loaded):
    folder, _ = loaded
    assert not (folder / "reads.csv").exists()
    assert receipt_of(folder / "reads.csv").read_text().startswith("destroyed 20")


def test_the_same_reads_sent_again_change_nothing_and_go_too(engine, city, locator, loaded):
    folder, _ = loaded
    (folder / "again.csv").write_text(_reads())
    declaration = SourceDeclaration.model_validate(READS)
    (result,) = load_source(engine, city, declaration, folder / "again.csv", locator=locator).files
    assert result.status == "already loaded"
    assert not (folder / "again.csv").exists()


def test_a_damaged_file_is_refused_without_quoting_it(loaded):
    _, (_, _, broken) = loaded
    assert broken.status == "refused"
    assert MARK not in (broken.message or "")


def test_no_token_survives_anywhere(engine, loaded):
    """T10: raw tokens are destroyed after pairing: not in any table, file, log or rejected row."""
    folder, _ = loaded
    (folder / "broken.csv").unlink(missing_ok=True)  # refused: its sender has to mend it
    kept = [path for path in folder.rglob("*") if path.is_file()]
    assert folder / "everything.log" in kept
    assert [path for path in kept if MARK.encode() in path.read_bytes()] == []
    with engine.connect() as connection:
        found = [name for name in metadata.tables if _holds(connection, name, MARK)]
        assert _holds(connection, "ops.load", "plates")  # the search does find
    assert found == []
    assert MARK not in _dump(engine.url)


def test_the_built_index_is_that_of_the_day(engine, city, loaded):
    """T10 traffic_index_tpi: delay 600 of 1200 s is a DTP of .5 and an index of 4."""
    (build,) = build_states(engine, city, ["traffic_index_tpi"])
    assert build.sources == ("plates",)
    with engine.connect() as connection:
        row = connection.execute(
            text("SELECT component, num, den FROM ops.state WHERE indicator = 'traffic_index_tpi'")
        ).one()
    assert tuple(row) == ("morning", 600.0, 1200.0)


def test_segments_of_a_moment_have_their_line(engine, loaded):
    with engine.connect() as connection:
        now = read_segments(connection, datetime(2026, 11, 20, 0, 30, tzinfo=UTC))
        later = read_segments(connection, datetime(2026, 11, 20, 3, 0, tzinfo=UTC))
    assert now.select("link_id", "time_s", "free_flow_s").rows() == [("AB", 120.0, 60.0)]
    assert "LineString" in now["path"].item()
    assert later.is_empty()


def _holds(connection: Connection, table: str, what: str) -> bool:
    statement = f"SELECT EXISTS (SELECT FROM {table} t WHERE t::text LIKE :what)"
    return bool(connection.execute(text(statement), {"what": f"%{what}%"}).scalar_one())


def _dump(url) -> str:
    found = shutil.which("pg_dump") or next(
        iter(sorted(map(str, Path("/usr/lib/postgresql").glob("*/bin/pg_dump")))), None
    )
    if found is None:
        pytest.skip("this machine has no pg_dump")
    plain = url.set(drivername="postgresql").render_as_string(hide_password=False)
    return subprocess.run([found, plain], check=True, capture_output=True, text=True).stdout
