"""A simulated day flows in while the live process, the server and the database are killed."""

import json
import os
import random
import signal
import threading
from datetime import timedelta

import pytest
from sqlalchemy import text

from commands.context import CommandContext
from commands.live import build_followed
from commands.simulated_files import incoming_dir
from geodata.city.configuration import load_city
from geodata.clock import now
from geodata.database.cluster import Cluster
from geodata.database.cluster.postmaster import read_postmaster
from geodata.queries.live import STALE_AFTER_INTERVALS, SourceFreshness, read_sources_freshness
from geodata.settings import Settings
from layers.alerts.observe import evaluate
from layers.alerts.rules import TargetRule, load_alert_rules
from layers.build.run import build_states
from layers.maps.urls import values_address
from layers.period import Period
from layers.states.version import read_build
from tests.conftest import opened
from tests.integration.live.chaos_day import DAY, PARTS, ChaosDay, load_timetable
from tests.integration.live.chaos_programs import Program, Screen, read_answer, wait_until
from tests.waiting import free_port

CHANGCHUN = load_city("changchun")

INDICATORS = ("incident_count", "departures_observed", "on_time_share")
CHANNELS = ("110", "119", "120", "122")

# Superseded versions are not compared: of revisions that come in one piece only the last is one.
COUNTS = {
    "calls by channel": "SELECT channel, count(*) FROM ops.incident WHERE retired_by IS NULL"
    " GROUP BY channel ORDER BY channel",
    "current": "SELECT count(*), count(DISTINCT (source, record_id)), sum(revision)"
    " FROM ops.incident WHERE retired_by IS NULL",
    "stop events": "SELECT trip_id, stop_sequence, scheduled_at, observed_at, is_cancelled"
    " FROM ops.stop_event WHERE retired_by IS NULL ORDER BY 1, 2",
    "vehicles": "SELECT vehicle_id, recorded_at, trip_id, round(progress_m::numeric, 3),"
    " headway_s FROM ops.vehicle_position ORDER BY 1",
    # What we conclude ourselves is no message: a sweep before the day's end finds more than after.
    "lines and messages": "SELECT source, sum(rows_in), sum(rows_loaded), sum(rows_rejected)"
    " FROM ops.load WHERE file NOT LIKE 'missed until%' GROUP BY source ORDER BY source",
    "rejected": "SELECT l.source, regexp_replace(r.reason, '[0-9]+', 'N', 'g'), count(*)"
    " FROM ops.rejected_row r JOIN ops.load l USING (load_id) GROUP BY 1, 2 ORDER BY 1, 2",
    "rejected twice": "SELECT l.source, r.file, r.row_number, r.reason, count(*)"
    " FROM ops.rejected_row r JOIN ops.load l USING (load_id)"
    " GROUP BY 1, 2, 3, 4 HAVING count(*) > 1",
    "states": "SELECT indicator, district_id, cell, component, starts_at, n, n_missing, num, den"
    " FROM ops.state WHERE indicator = ANY(:indicators)"
    " ORDER BY indicator, district_id, cell, component, starts_at, measure, n",
    "alerts": "SELECT a.rule, a.subject_kind, a.subject, a.part, c.change, count(*)"
    " FROM ops.alert a JOIN ops.alert_change c USING (alert_id) WHERE a.rule = ANY(:rules)"
    " GROUP BY 1, 2, 3, 4, 5 ORDER BY 1, 2, 3, 4, 5",
}


def rules_of_records() -> list:
    """Return the rules on silence and load: targets stand on more than this day has."""
    return [rule for rule in load_alert_rules(CHANGCHUN) if not isinstance(rule, TargetRule)]


def finish(engine, city) -> None:
    """Bring the states up to date, and judge the rules: now, and once more when pending is over."""
    build_states(engine, city, INDICATORS)
    for later in (timedelta(), timedelta(minutes=2)):
        evaluate(engine, city, now() + later, rules_of_records())


def read_counts(engine) -> dict[str, list[tuple]]:
    asked = {"indicators": list(INDICATORS), "rules": [rule.key for rule in rules_of_records()]}
    with engine.connect() as connection:
        return {
            name: [tuple(row) for row in connection.execute(text(statement), asked)]
            for name, statement in COUNTS.items()
        }


def read_answers(engine, city, base: str) -> list[bytes]:
    """Return what a wall reads: the open calls as points, the day's calls by hexagon."""
    version = read_build(engine, CHANGCHUN, "incident_count").version
    day = Period(DAY, DAY + timedelta(days=1))
    answers = [
        read_answer(base + values_address("incident_count", channel, version, day, 7))
        for channel in CHANNELS
    ]
    points = json.loads(read_answer(f"{base}/live/points/incidents.json"))["points"]
    return [*answers, json.dumps(sorted(points)).encode()]


def read_progress(engine) -> dict[str, tuple]:
    with engine.connect() as connection:
        rows = connection.execute(text("SELECT file, offset_bytes, mark FROM ops.live_position"))
        return {row.file: (row.offset_bytes, row.mark) for row in rows}


def is_all_read(engine, incoming) -> bool:
    """Tell whether every line and message is loaded, and what was missed looked for."""
    read = read_progress(engine)
    sizes = {path.name: path.stat().st_size for path in incoming.glob("*.csv")}
    messages = {
        f"@{kind}": max(path.name for path in incoming.glob(f"rt/{name}_*.pb"))
        for kind, name in (("positions", "vehicle_positions"), ("trip_updates", "trip_updates"))
    }
    return (
        all(read.get(name, (0,))[0] == size for name, size in sizes.items())
        and all(read.get(name, (0, ""))[1] == last for name, last in messages.items())
        and "@missed" in read
    )


def follow_quietly(city, context, folder) -> None:
    """Load what lies in the folder without any disturbance."""
    load_timetable(context.ready_engine, city, folder)
    followed = build_followed(context)
    for _ in range(2):  # what was missed is looked for once a feed has been heard
        for each in followed:
            list(each.poll())
    finish(context.engine, city)


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


def may_have_been_late(source: SourceFreshness) -> bool:
    """Tell whether a source that is heard at the end may have been late earlier in the day."""
    could_be = STALE_AFTER_INTERVALS * source.expected < timedelta(days=1)
    return source.has_spoken and not source.is_late and could_be


def test_killed_at_random_the_day_comes_out_as_undisturbed(cluster, city, monkeypatch):
    monkeypatch.setenv("OCC_NOW", "2026-11-20T18:00:00+00:00")
    database, folder = cluster
    rng, day, port = random.Random(20), ChaosDay(city), str(free_port())
    settings = Settings(data_dir=folder)
    engine = CommandContext(settings).ready_engine
    load_timetable(engine, city, folder)
    base = f"http://127.0.0.1:{port}"
    live, server = Program(folder, "live"), Program(folder, "serve", OCC_PORT=port)
    screen = Screen(base)
    screen.start()
    incoming = incoming_dir(settings, city) / "live"
    victims = ["live", "database", "server"] * (PARTS // 3)
    rng.shuffle(victims)
    try:
        assert wait_until(lambda: "hello" in dict(screen.heard))
        for part, victim in enumerate(victims):
            before, boots = read_progress(engine), screen.boots()
            day.write(incoming, part)
            # Killed somewhere between the first commit of the part and its last.
            assert wait_until(lambda before=before: read_progress(engine) != before)
            threading.Event().wait(rng.uniform(0, 0.5))
            if victim == "database":
                os.kill(read_postmaster(database.data).pid, signal.SIGKILL)
                database.ensure_started()
            else:
                program = live if victim == "live" else server
                program.kill()
                program.start()
            if victim == "server":  # the next may be killed once this one has been seen
                assert wait_until(lambda boots=boots: screen.boots() > boots)
        assert wait_until(lambda: is_all_read(engine, incoming))
        live.kill(signal.SIGTERM)
        finish(engine, city)
        disturbed = read_counts(engine)
        shown = read_answers(engine, city, base)
    finally:
        screen.stop()
        live.kill(signal.SIGTERM)
        server.kill(signal.SIGTERM)
    # Late at the end, so late all day, or never late: it does not matter when the watch looked.
    assert [
        each for each in read_sources_freshness(engine, now()) if may_have_been_late(each)
    ] == []
    # A new server knows nothing of what the screen had heard; nor what a lost database announced.
    assert screen.reasons().count("reconnected") >= victims.count("server")
    counts, answers = read_quietly(database, city, folder, str(free_port()))
    differing = {
        name: (set(counts[name]) ^ set(disturbed[name]), len(counts[name]), len(disturbed[name]))
        for name in counts
        if counts[name] != disturbed[name]
    }
    assert differing == {}
    assert answers == shown
    engine.dispose()
    check_that_there_is_something(disturbed, shown)


def read_quietly(database, city, folder, port: str) -> tuple[dict[str, list[tuple]], list[bytes]]:
    """Return counts and answers of the same day without any disturbance."""
    with opened(database.url("postgres")) as administrator:
        made = administrator.connect().execution_options(isolation_level="AUTOCOMMIT")
        with made as connection:
            connection.execute(text("CREATE DATABASE quiet"))
    address = database.url("quiet").render_as_string(hide_password=False)
    own = folder / "quiet"  # answers that are kept are kept apart
    own.mkdir()
    (own / "incoming").symlink_to(folder / "incoming")
    context = CommandContext(Settings(data_dir=own).model_copy(update={"database_url": address}))
    follow_quietly(city, context, folder)
    server = Program(own, "serve", OCC_PORT=port, DATABASE_URL=address)
    base = f"http://127.0.0.1:{port}"
    try:
        assert wait_until(lambda: read_answer(f"{base}/live/points/incidents.json"))
        return read_counts(context.engine), read_answers(context.engine, city, base)
    finally:
        server.kill(signal.SIGTERM)
        context.engine.dispose()


def check_that_there_is_something(counts: dict[str, list[tuple]], shown: list[bytes]) -> None:
    assert sum(count for _, count in counts["calls by channel"]) > 1000
    assert sum(count for _, reason, count in counts["rejected"] if "fields" in reason) >= 10
    assert counts["rejected twice"] == []
    # Six trips a part with two departures that count: one of them was seen by nobody.
    seen = [(row[3] is not None, row[4]) for row in counts["stop events"]]
    assert len(seen) == PARTS * 12
    assert seen.count((False, True)) == PARTS // 2 * 2
    assert seen.count((False, False)) >= PARTS * 2
    assert {"pending", "raised"} <= {change for *_, change, _ in counts["alerts"]}
    assert len(set(shown)) == len(shown)
