"""Scale-out: PostgreSQL, this process and a real cluster give the same states to the byte."""

import signal
import subprocess
import sys
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest
from distributed import Client
from sqlalchemy import text

from etl.telemetry.export import export_partitions
from geodata.city.configuration import load_city
from geodata.database.partitions import PartitionStore
from geodata.settings import ROOT
from layers.build.partitions import aggregate, combine, plan_tasks, run_here, run_on
from layers.build.run import build_states
from layers.catalogue.registry import find_indicator
from layers.errors import QueryError
from tests.integration.layers.conftest import place

CHANGCHUN = load_city("changchun")

DAYS, PER_DAY = 5, 120
KEYS = ("down_median_mbps", "call_to_arrival_p90", "within_target_share", "incident_count")


@pytest.fixture(scope="module")
def records(add, points):
    """Some days of speed tests from two sources and of calls."""
    rng = np.random.default_rng(11)
    first = datetime(2026, 10, 31, 16, tzinfo=UTC)

    def times(count):
        return [first + timedelta(seconds=float(s)) for s in rng.uniform(0, DAYS * 86400, count)]

    for source in ("probe_a", "probe_b"):
        rows = [
            {
                "sample_id": f"{source}{number}", "kind": "speed_test", "sampled_at": at,
                "technology": "mobile" if number % 3 else "fixed",
                "down_kbps": float(rng.lognormal(11, 0.7)), "up_kbps": float(rng.lognormal(10, 1)),
                "latency_ms": float(rng.gamma(4, 6)), **place(points, int(rng.integers(60))),
            }
            for number, at in enumerate(times(DAYS * PER_DAY))
        ]  # fmt: skip
        add("network_sample", rows, source=source, event_to=rows[-1]["sampled_at"])
    calls = [
        {
            "record_id": str(number), "event_id": str(number), "revision": 0,
            "channel": ("119", "120")[number % 2], "received_at": at, "notified_at": at,
            "arrived_at": at + timedelta(seconds=int(rng.integers(100, 900))),
            **place(points, int(rng.integers(60))),
        }
        for number, at in enumerate(times(DAYS * PER_DAY))
    ]  # fmt: skip
    add("incident", calls, source="calls", event_to=calls[-1]["received_at"])


@pytest.fixture(scope="module")
def store(engine, records, city, tmp_path_factory):
    made = PartitionStore(str(tmp_path_factory.mktemp("store")))
    with engine.connect() as connection:
        for table in ("network_sample", "incident"):
            rows = [n for _, n in export_partitions(connection, made, table, city.timezone)]
            assert sum(rows) == DAYS * PER_DAY * (2 if table == "network_sample" else 1)
    assert len(made.partitions("network_sample")) == 2 * DAYS
    return made


def _bytes(engine, key: str) -> list[str]:
    """Return every stored state of an indicator as text, without the build's number."""
    statement = text(
        "SELECT (to_jsonb(s) - 'build_id')::text FROM ops.state s WHERE indicator = :key "
        "ORDER BY component, starts_at, cell, district_id"
    )
    with engine.connect() as connection:
        return list(connection.execute(statement, {"key": key}).scalars())


@pytest.mark.parametrize("key", KEYS)
def test_partitions_give_the_states_of_the_database_to_the_byte(engine, city, store, key):
    (built,) = build_states(engine, city, [key], full=True)
    from_tables = _bytes(engine, key)
    assert len(from_tables) > 30
    made = aggregate(engine, city, store, key)
    assert made is not None
    assert (made.load_ids, made.sources) == (built.load_ids, built.sources)
    assert _bytes(engine, key) == from_tables


@pytest.fixture
def cluster(tmp_path):
    """A scheduler and two workers as processes of their own; yields its address and workers."""
    file = tmp_path / "scheduler.json"
    common = ["--scheduler-file", str(file), "--no-dashboard"]
    scheduler = [sys.executable, "-m", "distributed.cli.dask_scheduler", "--host", "127.0.0.1",
                 "--port", "0", *common]  # fmt: skip
    worker = [sys.executable, "-m", "distributed.cli.dask_worker", "--host", "127.0.0.1",
              "--nthreads", "1", "--no-nanny", "--local-directory", str(tmp_path),
              *common]  # fmt: skip
    processes = []
    with (tmp_path / "cluster.log").open("wb") as log:
        for command in (scheduler, worker, worker):
            processes.append(subprocess.Popen(command, cwd=ROOT, stdout=log, stderr=log))
        try:
            yield file, processes[1:]
        finally:
            for process in reversed(processes):
                process.kill()
                process.wait()


def test_a_cluster_whose_worker_is_killed_midway_gives_the_same_bytes(engine, city, store, cluster):
    file, workers = cluster
    key = "call_to_arrival_p90"
    indicator = find_indicator(CHANGCHUN, key)
    tasks = plan_tasks(store, city, indicator)
    assert len(tasks) == DAYS * len(indicator.measures)
    here = combine(indicator, list(run_here(tasks)))
    with Client(scheduler_file=str(file), timeout=60) as client:
        client.wait_for_workers(2, timeout=60)
        pids = client.run(_pid)
        killed, results = [], []

        def run(given):
            for result in run_on(client)(given):
                if not killed:
                    killed.append(workers[0].pid)
                    workers[0].send_signal(signal.SIGKILL)
                    workers[0].wait()
                results.append(result)
                yield result

        assert aggregate(engine, city, store, key, run) is not None
        assert set(pids.values()) == {each.pid for each in workers}
        assert len(client.scheduler_info()["workers"]) == 1
    assert killed == [workers[0].pid]
    assert sorted(each.task.partitions for each in results) == sorted(t.partitions for t in tasks)
    there = combine(indicator, results)
    assert all(here[n].equals(there[n]) for n in here)
    from_cluster = _bytes(engine, key)
    build_states(engine, city, [key], full=True)
    assert _bytes(engine, key) == from_cluster


def _pid() -> int:
    import os

    return os.getpid()


def test_what_needs_all_records_at_once_is_refused(engine, city, store):
    with pytest.raises(QueryError, match="all its records at once"):
        aggregate(engine, city, store, "nearest_hospital_min")


def test_states_of_partitions_stay_until_a_table_holds_the_records(engine, city, store):
    key = "down_median_mbps"
    aggregate(engine, city, store, key)
    before = _bytes(engine, key)
    with engine.begin() as connection:
        connection.execute(text("CREATE TABLE kept AS SELECT * FROM ops.network_sample"))
        connection.execute(text("DELETE FROM ops.network_sample"))
    (build,) = build_states(engine, city, [key], full=True)
    assert _bytes(engine, key) == before
    assert build.sources == ("probe_a", "probe_b")
    with engine.begin() as connection:
        connection.execute(
            text("INSERT INTO ops.network_sample OVERRIDING SYSTEM VALUE SELECT * FROM kept")
        )
        connection.execute(text("DROP TABLE kept"))
