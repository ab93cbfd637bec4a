"""Who asks: the role of a caller, and the caller of the request that is being answered."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from enum import StrEnum


class Role(StrEnum):
    """What a caller is; each page, callback and address says which of them it answers."""

    PUBLIC = "public"
    WALL = "wall"  # a device: a wall screen, by token
    KIOSK = "kiosk"  # a device: a kiosk of the hall, by token
    PROGRAM = "program"  # another system, by token: metrics
    PLANNER = "planner"
    DUTY = "duty"
    LEADER = "leader"
    ADMINISTRATOR = "administrator"


USERS = (Role.PLANNER, Role.DUTY, Role.LEADER, Role.ADMINISTRATOR)
DEVICES = (Role.WALL, Role.KIOSK, Role.PROGRAM)


@dataclass(frozen=True)
class Caller:
    """One who asks; `districts` are those whose records the caller may read, empty for all."""

    role: Role
    name: str = ""
    districts: tuple[str, ...] = ()
    is_demo: bool = False

    @property
    def is_known(self) -> bool:
        """Return whether the caller is more than the public."""
        return self.role != Role.PUBLIC


ANYONE = Caller(Role.PUBLIC)
_current: ContextVar[Caller] = ContextVar("caller", default=ANYONE)


def current_caller() -> Caller:
    """Return who asked what is being answered; the public where nobody was told."""
    return _current.get()


@contextmanager
def asked_by(caller: Caller) -> Iterator[None]:
    """Answer what is asked in the block as asked by a caller."""
    token = _current.set(caller)
    try:
        yield
    finally:
        _current.reset(token)
