"""A simulated day flows through the live process while it and the database are killed at random."""

import os
import random
import signal
import subprocess
import sys
import threading
import time
from contextlib import suppress
from datetime import date

import pytest
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

from commands.context import Context
from commands.live import build_followed
from commands.simulated_files import incoming_dir
from etl.simulator.live.incidents import LiveIncidents
from etl.simulator.world import build_world
from geodata.cluster import Cluster
from geodata.cluster.postmaster import read_postmaster
from geodata.districts import load_districts
from geodata.migrate import upgrade
from geodata.settings import ROOT, Settings
from layers.build import build_states
from tests.conftest import opened

DAY = date(2026, 11, 20)
PARTS = 6
PATIENCE_S = 120
FAULTS = ("late", "repeated", "disorder", "missing", "dead")
BAD = "x,y\n"  # too few fields, whatever the system's columns are

COUNTS = {
    "calls by channel": "SELECT channel, count(*) FROM ops.incident WHERE retired_by IS NULL"
    " GROUP BY channel ORDER BY channel",
    # Superseded versions are not compared: revisions that come in one piece are merged.
    "current": "SELECT count(*), count(DISTINCT (source, record_id)) FROM ops.incident"
    " WHERE retired_by IS NULL",
    # A revision that comes late is merged in the same piece and rejected in a later one, so only
    # the rejects that do not depend on where pieces are cut can be equal.
    "bad lines": "SELECT l.source, count(*) FROM ops.rejected_row r JOIN ops.load l USING (load_id)"
    " WHERE r.reason LIKE '%fields where the header%' GROUP BY l.source ORDER BY l.source",
    "rejected twice": "SELECT l.source, r.file, r.row_number, r.reason, count(*)"
    " FROM ops.rejected_row r JOIN ops.load l USING (load_id)"
    " GROUP BY 1, 2, 3, 4 HAVING count(*) > 1",
    "reasons besides": "SELECT l.source, regexp_replace(r.reason, '[0-9]+', 'N', 'g'), count(*)"
    " FROM ops.rejected_row r JOIN ops.load l USING (load_id)"
    " WHERE r.reason NOT LIKE '%fields where the header%' AND r.reason !~ 'already known'"
    " GROUP BY 1, 2 ORDER BY 1, 2",
}


def files_of_day(city) -> dict[str, list[bytes]]:
    """Return the day's files of all command centres as lines, some of them bad, header first."""
    found = {}
    for system, lines in LiveIncidents(build_world(city, Settings().seed), FAULTS).lines(DAY):
        encoding = "utf-8" if system.encoding == "utf-8-sig" else system.encoding
        content = lines.drop("at").write_csv().encode(encoding).splitlines(keepends=True)
        for at in range(50, len(content), 97):
            content.insert(at, BAD.encode())
        found[f"incidents_{system.key}_{DAY:%Y%m%d}.csv"] = content
    return found


def read_counts(engine) -> dict[str, list[tuple]]:
    with engine.connect() as connection:
        return {
            name: [tuple(row) for row in connection.execute(text(statement))]
            for name, statement in COUNTS.items()
        }


def read_states(engine) -> list[tuple]:
    statement = (
        "SELECT district_id, component, starts_at, sum(n) FROM ops.state"
        " WHERE indicator = 'incident_count' GROUP BY 1, 2, 3 ORDER BY 1, 2, 3"
    )
    with engine.connect() as connection:
        return [tuple(row) for row in connection.execute(text(statement))]


def read_offsets(engine) -> dict[str, int]:
    with engine.connect() as connection:
        rows = connection.execute(text("SELECT file, offset_bytes FROM ops.live_position"))
        return {row.file: row.offset_bytes for row in rows}


def append(folder, day: dict[str, list[bytes]], part: int) -> None:
    """Append one of the parts of every file."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, lines in day.items():
        cut = [len(lines) * each // PARTS for each in (part, part + 1)]
        with (folder / name).open("ab") as stream:
            stream.write(b"".join(lines[slice(*cut)]))


def follow_quietly(city, settings) -> dict[str, list[tuple]]:
    """Load what lies in the folder without any disturbance; return counts and states."""
    context = Context(settings)
    for followed in build_followed(context):
        if followed.target.rule.feed == "records":
            list(followed.poll())
    build_states(context.engine, city, ["incident_count"])
    counts = read_counts(context.engine) | {"states": read_states(context.engine)}
    context.engine.dispose()
    return counts


class Follower:
    """`app.py live`, begun again whenever it was killed."""

    def __init__(self, folder) -> None:
        self._environment = os.environ | {"OCC_DATA_DIR": str(folder)}
        self._log = folder / "live.log"
        self.start()

    def start(self) -> None:
        command = [sys.executable, str(ROOT / "app.py"), "live"]
        with self._log.open("ab") as log:
            self.process = subprocess.Popen(command, env=self._environment, stdout=log, stderr=log)

    def kill(self, number: int = signal.SIGKILL) -> None:
        self.process.send_signal(number)
        self.process.wait(PATIENCE_S)


def wait_until(is_so, patience_s: float = PATIENCE_S) -> bool:
    """Ask a few times a second, while the database may be gone."""
    give_up_at, pause = time.monotonic() + patience_s, threading.Event()
    while time.monotonic() < give_up_at:
        with suppress(SQLAlchemyError):
            if is_so():
                return True
        pause.wait(0.3)
    return False


@pytest.fixture
def cluster(open_folder):
    """A database cluster of its own, that may be killed."""
    folder = open_folder / "chaos"
    folder.mkdir()
    folder.chmod(0o755)
    made = Cluster(folder)
    made.ensure_started()
    yield made, folder
    made.stop()


def test_killed_at_random_the_day_comes_out_as_undisturbed(cluster, city, monkeypatch):
    monkeypatch.setenv("OCC_NOW", "2026-11-20T16:30:00+00:00")
    database, folder = cluster
    rng, day = random.Random(20), files_of_day(city)
    settings = Settings(data_dir=folder)
    context = Context(settings)
    engine = context.ready_engine
    follower = Follower(folder)
    incoming = incoming_dir(settings, city) / "live"
    try:
        for part in range(PARTS):
            before = read_offsets(engine)
            append(incoming, day, part)
            # Killed somewhere between the first commit of the part and its last.
            assert wait_until(lambda before=before: read_offsets(engine) != before)
            threading.Event().wait(rng.uniform(0, 0.5))
            if part % 2:
                os.kill(read_postmaster(database.data).pid, signal.SIGKILL)
                database.ensure_started()
            else:
                follower.kill()
                follower.start()
        sizes = {path.name: path.stat().st_size for path in incoming.iterdir()}
        assert wait_until(lambda: sizes.items() <= read_offsets(engine).items())
    finally:
        follower.kill(signal.SIGTERM)
    build_states(engine, city, ["incident_count"])
    disturbed = read_counts(engine) | {"states": read_states(engine)}
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text("CREATE DATABASE quiet"))
    address = engine.url.set(database="quiet").render_as_string(hide_password=False)
    quiet = settings.model_copy(update={"database_url": address})
    with opened(engine.url.set(database="quiet")) as fresh:
        upgrade(fresh)
        with fresh.begin() as connection:
            load_districts(connection, city)
    assert follow_quietly(city, quiet) == disturbed
    engine.dispose()
    assert sum(count for _, count in disturbed["calls by channel"]) > 1000
    assert sum(count for _, count in disturbed["bad lines"]) >= 10
    assert disturbed["rejected twice"] == []
