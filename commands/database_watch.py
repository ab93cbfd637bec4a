"""Supervision of the private cluster by what serves the screens: a dead server is restarted."""

import os
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager

from geodata.database.cluster import Cluster
from geodata.errors import ClusterError

LOOK_S = 1.0
LONGEST_PAUSE_S = 30.0


@contextmanager
def supervised(cluster: Cluster | None) -> Iterator[None]:
    """Start the cluster, if there is one, keep it running during the block, stop it at its end.

    It is left running where another process uses it. A server that had to come back on another
    port is not found by those who knew the former one: then this process ends and says why.
    """
    if cluster is None:
        yield
        return
    cluster.ensure_started()
    ending = threading.Event()
    watch = threading.Thread(target=_watch, args=(cluster, ending), name="database")
    watch.daemon = True
    watch.start()
    try:
        yield
    finally:
        ending.set()
        watch.join()
        if not cluster.stop_if_unused() and cluster.status().is_running:
            print("database | left running: another process uses it, or it is kept", flush=True)


def _watch(cluster: Cluster, ending: threading.Event) -> None:
    port, pause_s = cluster.status().port, LOOK_S
    while not ending.wait(pause_s):
        if cluster.is_probably_alive():
            pause_s = LOOK_S
            continue
        try:
            cluster.ensure_started()
        except ClusterError as error:
            pause_s = min(2 * pause_s, LONGEST_PAUSE_S)
            print(f"database | {error}; tried again in {pause_s:.0f} s", flush=True)
            continue
        print("database | had ended, runs again", flush=True)
        now = cluster.status().port
        if now != port:
            print(f"database | port {port} was taken, it is on {now}: start again", flush=True)
            os.kill(os.getpid(), signal.SIGTERM)
