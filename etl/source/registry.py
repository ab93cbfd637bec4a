"""Registries that modules add themselves to: read whole at first use, then frozen."""

from collections.abc import Iterable, Iterator, Mapping
from importlib import import_module
from pathlib import Path
from threading import RLock
from typing import Generic, Protocol, TypeVar


class Named(Protocol):
    """What a registry holds: it carries the name by which declarations ask for it."""

    @property
    def name(self) -> str:
        """The name."""
        ...


T = TypeVar("T", bound=Named)


class Registry(Mapping[str, T], Generic[T]):
    """Named things, registered by the modules that define them.

    The first use imports these modules and freezes the registry, so that what is known does not
    depend on who came first.
    """

    def __init__(self, kind: str, modules: Iterable[str]) -> None:
        """Hold things of a kind, in words for errors; `modules` is read at first use."""
        self._kind = kind
        self._modules = modules
        self._items: dict[str, T] = {}
        self._is_frozen = False
        self._lock = RLock()

    def register(self, item: T) -> T:
        """Add a thing and return it.

        Raises:
            ValueError: its name is taken, or the registry is already in use.
        """
        if self._is_frozen:
            raise ValueError(f"{self._kind} '{item.name}' comes too late: the list is in use")
        if item.name in self._items:
            raise ValueError(f"{self._kind} '{item.name}' is registered twice")
        self._items[item.name] = item
        return item

    def find(self, name: str) -> T:
        """Return the thing of that name.

        Raises:
            ValueError: there is none; names those there are.
        """
        known = self._loaded()
        if name not in known:
            raise ValueError(f"unknown {self._kind} '{name}'; known: {', '.join(sorted(known))}")
        return known[name]

    def _loaded(self) -> dict[str, T]:
        if not self._is_frozen:
            with self._lock:
                for module in self._modules:
                    import_module(module)
                self._is_frozen = True
        return self._items

    def __getitem__(self, name: str) -> T:
        """Return the thing of that name."""
        return self._loaded()[name]

    def __iter__(self) -> Iterator[str]:
        """Yield the names in order."""
        return iter(sorted(self._loaded()))

    def __len__(self) -> int:
        """Count the things."""
        return len(self._loaded())


def modules_in(folder: Path, pattern: str = "*.py") -> list[str]:
    """Return the names of the modules of a package's folder whose files fit a pattern."""
    top = Path(__file__).parents[2]
    found = (path.relative_to(top).with_suffix("") for path in sorted(folder.glob(pattern)))
    return [".".join(path.parts) for path in found if path.name != "__init__"]
