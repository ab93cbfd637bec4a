"""PostgreSQL's own programs, run in the cluster's folder as its account."""

from dataclasses import dataclass
from pathlib import Path

from geodata.database.cluster.account import CLUSTER_FOLDER, Account
from geodata.database.cluster.binaries import Binaries, find_binaries
from geodata.errors import ClusterError


@dataclass(frozen=True)
class Programs:
    """The programs for the cluster in a folder."""

    home: Path
    account: Account

    def of_cluster(self) -> Binaries:
        """Return the programs of the version that the cluster is of."""
        version = (self.home / CLUSTER_FOLDER / "PG_VERSION").read_text(encoding="ascii")
        return find_binaries(int(version))

    def run(self, program: str, *arguments: str, binaries: Binaries | None = None) -> None:
        """Run a program in the home, paths as plain names: pg_ctl hands them to a shell.

        Raises:
            ClusterError: it fails; told with the end of what it and the server's log say.
        """
        folder = (binaries or self.of_cluster()).folder
        done = self.account.run([str(folder / program), *arguments], self.home)
        if done.returncode != 0:
            raise ClusterError(
                f"{program} failed: {_last_lines(done.stderr or done.stdout)}{self._log_tail()}"
            )

    def _log_tail(self) -> str:
        log = self.home / "server.log"
        if not log.exists():
            return ""
        return f" | {log}: {_last_lines(log.read_text(encoding='utf-8', errors='replace'))}"


def _last_lines(text: str, count: int = 3) -> str:
    return " / ".join(line.strip() for line in text.strip().splitlines()[-count:])
