"""The private PostgreSQL cluster: initialised once, started when needed, stopped cleanly.

Everything lies in one folder (`home`): `cluster/` the data, `password`, `lock`, `server.log`.
The server listens on the loopback address and on a Unix socket, both behind the password.
"""

import fcntl
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy.engine import URL

from geodata.database.cluster.account import (
    CLUSTER_FOLDER,
    ROOT_FALLBACK,
    Account,
    check_home,
    choose_account,
    choose_home,
    make_home,
)
from geodata.database.cluster.initialise import USER, initialise
from geodata.database.cluster.lifetime import (
    LINGER_S,
    hold,
    is_kept,
    is_only_user,
    set_kept,
    share_again,
    start_keeper,
)
from geodata.database.cluster.listen import (
    choose_port,
    choose_socket_dir,
    discard_socket_dir,
    is_port_free,
    write_listen,
)
from geodata.database.cluster.postmaster import Postmaster, is_alive, processes_in, read_postmaster
from geodata.database.cluster.programs import Programs
from geodata.errors import ClusterError

START_TRIES = 5
ORPHANS_WAIT_S = 30


@dataclass(frozen=True)
class ClusterStatus:
    """The status of the private cluster, as `db status` prints it."""

    home: Path
    is_initialised: bool
    is_running: bool
    port: int | None


class Cluster:
    """The cluster that belongs to one data folder; several processes may use it at once."""

    def __init__(
        self, data_dir: Path, fallback: Path = ROOT_FALLBACK, linger_s: float = LINGER_S
    ) -> None:
        """Determine the cluster's folder and account; changes nothing.

        `linger_s` is how long a server that this starts outlives its last user.
        """
        self._linger_s = linger_s
        self.home = choose_home(data_dir, fallback)
        self.account: Account = choose_account(self.home)
        self._programs = Programs(self.home, self.account)

    @property
    def data(self) -> Path:
        """PostgreSQL's data folder."""
        return self.home / CLUSTER_FOLDER

    def status(self) -> ClusterStatus:
        """Return whether the cluster exists and runs; changes nothing.

        Raises:
            ClusterError: its folder is another user's.
        """
        check_home(self.home, self.account)
        postmaster = read_postmaster(self.data)
        running = self._is_alive(postmaster)
        return ClusterStatus(
            home=self.home,
            is_initialised=(self.data / "PG_VERSION").exists(),
            is_running=running,
            port=postmaster.port if postmaster and running else None,
        )

    def is_probably_alive(self) -> bool:
        """Return whether the lock file's process exists: cheap, and enough to look every second."""
        postmaster = read_postmaster(self.data)
        return postmaster is not None and Path(f"/proc/{postmaster.pid}").exists()

    def ensure_started(self) -> bool:
        """Initialise and start the cluster where needed; returns whether this call started it.

        It runs until the last process that called this has ended; see `keep`.

        Raises:
            ClusterError: it cannot be initialised or started; the text says what to do.
        """
        make_home(self.home, self.account)
        hold(self.home)
        with self._locked():
            if self._is_ready():
                return False
            initialise(self.data, self._programs)
            self._clear_stale_lock()
            self._start()
            return True

    def keep(self) -> None:
        """Leave the server running without users, until `stop`."""
        set_kept(self.home, self.account, is_kept=True)

    def stop_if_unused(self) -> bool:
        """Stop the server unless another process uses it, or it is kept; return whether it did."""
        if is_kept(self.home) or not is_only_user(self.home):
            return False
        try:
            return self.stop()
        finally:
            share_again(self.home)

    def stop(self) -> bool:
        """Stop the server and roll back open transactions; return whether one was running."""
        set_kept(self.home, self.account, is_kept=False)
        if not self.status().is_running:
            return False
        with self._locked():
            postmaster = read_postmaster(self.data)
            self._programs.run(
                "pg_ctl", "stop", "-D", CLUSTER_FOLDER, "-m", "fast", "-w", "-t", "60"
            )
            discard_socket_dir(postmaster.socket_dir if postmaster else "")
        return True

    def url(self, database: str) -> URL:
        """Return the address of a database of the running cluster: by socket, with the password."""
        postmaster = read_postmaster(self.data)
        if postmaster is None or not self._is_alive(postmaster):
            raise ClusterError(f"the private cluster in {self.home} does not run")
        return URL.create(
            "postgresql+psycopg",
            username=USER,
            password=(self.home / "password").read_text(encoding="ascii"),
            port=postmaster.port,
            database=database,
            query={"host": postmaster.socket_dir or "127.0.0.1"},
        )

    @contextmanager
    def _locked(self) -> Iterator[None]:
        """Hold the folder's lock, so that two applications that start at once take turns."""
        path = self.home / "lock"
        with path.open("a") as file:
            self.account.own(path)
            fcntl.flock(file, fcntl.LOCK_EX)
            yield

    def _is_ready(self) -> bool:
        """Return whether the server runs and answers; wait while it recovers from a crash."""
        if not self._is_alive(read_postmaster(self.data)):
            return False
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline:
            postmaster = read_postmaster(self.data)
            if not self._is_alive(postmaster):
                return False
            if postmaster is not None and postmaster.is_ready:
                return True
            time.sleep(0.05)
        raise ClusterError(f"the server does not get ready; see {self.home / 'server.log'}")

    def _is_alive(self, postmaster: Postmaster | None) -> bool:
        return is_alive(self.data, postmaster, self.account)

    def _clear_stale_lock(self) -> None:
        """Remove a dead server's lock file, but only once none of its processes is left.

        PostgreSQL removes it by itself unless the dead server's number is another process's now.
        A backend that outlives its postmaster still writes: a second server beside it would
        destroy data, so wait for its end and never remove the lock under it.
        """
        deadline = time.monotonic() + ORPHANS_WAIT_S
        while orphans := processes_in(self.data, self.account):
            if time.monotonic() > deadline:
                raise ClusterError(
                    f"processes of a killed server still run in {self.data}: {orphans}"
                )
            time.sleep(0.1)
        postmaster = read_postmaster(self.data)
        discard_socket_dir(postmaster.socket_dir if postmaster else "")
        (self.data / "postmaster.pid").unlink(missing_ok=True)

    def _start(self) -> None:
        """Start the server on its last port, or on a free one if that is taken now."""
        socket_dir = choose_socket_dir(self.home, self.account)
        for _ in range(START_TRIES):
            port = choose_port(self.data)
            self.account.own(write_listen(self.data, port, socket_dir))
            try:
                self._programs.run(
                    *("pg_ctl", "start", "-D", CLUSTER_FOLDER, "-w", "-t", "120"),
                    *("-l", "server.log"),
                )
            except ClusterError:
                if is_port_free(port):
                    raise
                continue  # taken between our check and the server's start: choose again
            program = self._programs.of_cluster().folder / "pg_ctl"
            start_keeper(self.home, self.account, program, CLUSTER_FOLDER, self._linger_s)
            return
        raise ClusterError(f"no free port was found in {START_TRIES} tries")
