"""The passwords of a database's roles, in a file that nobody else may read."""

import json
import secrets
from dataclasses import asdict, dataclass, field
from pathlib import Path
from tempfile import NamedTemporaryFile

from geodata.database.cluster.account import Account
from geodata.database.roles import Roles
from geodata.errors import DatabaseError

SETUP_VERSION = 1  # grows when roles are to be made otherwise: those of before are made again


def new_passwords() -> Roles:
    """Return a random password for each role."""
    return Roles(*(secrets.token_urlsafe(24) for _ in range(4)))


@dataclass(frozen=True)
class PasswordFile:
    """The passwords of one database's roles, and whether the roles are made."""

    path: Path
    account: Account | None = None  # the user of the private cluster, whose folder it lies in
    version: int = field(default=SETUP_VERSION)

    def read(self) -> Roles | None:
        """Return the passwords; None where there are none yet.

        Raises:
            DatabaseError: the file is damaged or not ours to read.
        """
        kept = self._content()
        return None if kept is None else kept[0]

    def is_made(self) -> bool:
        """Return whether the roles were made with these passwords, as this version makes them."""
        kept = self._content()
        return kept is not None and kept[1] == self.version

    def write(self, passwords: Roles, *, is_made: bool) -> None:
        """Keep the passwords; the file is complete or the one before."""
        made = self.version if is_made else 0
        content = {"passwords": asdict(passwords), "made": made}
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            with NamedTemporaryFile(  # 0600
                "w", dir=self.path.parent, suffix=".part", delete=False, encoding="ascii"
            ) as new:
                json.dump(content, new)
            for each in (Path(new.name), self.path.parent):
                if self.account is not None:
                    self.account.own(each)
            Path(new.name).replace(self.path)
        except OSError as error:
            raise DatabaseError(f"cannot write {self.path}: {error.strerror}") from error

    def _content(self) -> tuple[Roles, int] | None:
        """Return the passwords, and the version of the set-up that was completed with them."""
        try:
            kept = json.loads(self.path.read_text(encoding="ascii"))
            return Roles(**kept["passwords"]), int(kept["made"])
        except FileNotFoundError:
            return None
        except OSError as error:
            raise DatabaseError(f"cannot read {self.path}: {error.strerror}") from error
        except (ValueError, TypeError, KeyError) as error:
            raise DatabaseError(
                f"{self.path} is no list of passwords: remove it, and new ones are made"
            ) from error
