"""The catalogue: every indicator and target, read from the files in this folder."""

from collections.abc import Mapping
from datetime import date
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import Literal

from pydantic import model_validator

from geodata.declared import Declared, read_declared
from geodata.errors import DeclarationError, NotFoundError
from layers.catalogue.indicator import ALL, DEFAULT, Indicator
from layers.errors import QueryError

FOLDER = Path(__file__).parent
CATALOGUE = FOLDER / "indicators"
TARGETS_FILE = "targets.yaml"
GOALPOSTS_FILE = "goalposts.yaml"
DOMAINS_FILE = "domains.yaml"


class Domain(Declared):
    """What several indicators are about: usually one department's business."""

    key: str
    label_zh: str
    label_en: str


class Target(Declared):
    """A value to compare with, where it comes from and how far that is confirmed."""

    indicator: str
    component: str = DEFAULT
    op: Literal["<=", ">=", "between"]
    value: float  # the limit; of a band the upper end
    lower: float | None = None  # of a band only
    source: str
    clause: str = ""
    status: Literal["A", "B", "C"]  # wording confirmed | secondary publications | to confirm
    valid_from: date
    kind: Literal["target", "benchmark"] = "target"

    @model_validator(mode="after")
    def _is_a_limit_or_a_band(self) -> "Target":
        if (self.op == "between") != (self.lower is not None):
            raise ValueError(f"{self.indicator}: a band, and only a band, has a lower end")
        if self.lower is not None and not 0 < self.lower < self.value:
            raise ValueError(f"{self.indicator}: the lower end must lie between 0 and the upper")
        return self


def read_catalogue(folder: Path) -> Mapping[str, Indicator]:
    """Read every entry of a folder, ordered by domain file and position.

    Raises:
        DeclarationError: an entry is wrong; names the file and the key.
    """
    entries = [_read_entry(path) for path in sorted(folder.glob("*.yaml"))]
    ordered = sorted(entries, key=lambda entry: (entry.domain, entry.position, entry.key))
    return MappingProxyType({entry.key: entry for entry in ordered})


def _read_entry(path: Path) -> Indicator:
    entry = read_declared(path, Indicator)
    if entry.key != path.stem:
        raise DeclarationError(f"{path.name}: the key is {entry.key}, not the file's name")
    if entry.domain not in load_domains():
        raise DeclarationError(f"{path.name}: {DOMAINS_FILE} has no domain {entry.domain}")
    return entry


@cache
def load_catalogue() -> Mapping[str, Indicator]:
    """Return the program's indicators by key."""
    return read_catalogue(CATALOGUE)


@cache
def load_domains() -> Mapping[str, Domain]:
    """Return the domains by key, in the order in which they are listed."""
    path = FOLDER / DOMAINS_FILE
    rows = read_declared(path, tuple[Domain, ...])
    return MappingProxyType({row.key: row for row in rows})


@cache
def load_targets() -> tuple[Target, ...]:
    """Return every target row, as filed."""
    path = FOLDER / TARGETS_FILE
    return read_declared(path, tuple[Target, ...])


def find_indicator(key: str) -> Indicator:
    """Return an indicator.

    Raises:
        NotFoundError: there is none of this key.
    """
    try:
        return load_catalogue()[key]
    except KeyError:
        raise NotFoundError(f"no indicator is called {key!r}") from None


def find_target(indicator: str, component: str, on: date) -> Target | None:
    """Return the newest target valid on a day, the component's own before the default one."""
    rows = [t for t in load_targets() if t.indicator == indicator and t.valid_from <= on]
    for wanted in (component, DEFAULT):
        valid = [target for target in rows if target.component == wanted]
        if valid:
            return max(valid, key=lambda target: target.valid_from)
    return None


def resolve_component(indicator: Indicator, component: str) -> str:
    """Return the component's key, or `all`, for what was asked.

    Raises:
        NotFoundError: the indicator has no such component.
        QueryError: `all` was asked of an indicator whose components do not merge.
    """
    wanted = indicator.default_component if component == DEFAULT else component
    if wanted == ALL:
        if indicator.component_rollup == "separate":
            raise QueryError(f"the components of {indicator.key} cannot be merged")
    elif wanted not in indicator.component_keys:
        raise NotFoundError(f"{indicator.key} has no component {component!r}")
    return wanted
