"""What a city's values are compared with: its targets, and the goalposts of its composite."""

from datetime import date
from functools import cache
from pathlib import Path
from typing import Literal

from pydantic import Field, model_validator

from geodata.city.configuration import City, load_city
from geodata.declared import Declared, read_declared
from geodata.errors import DeclarationError, NotFoundError
from layers.catalogue.indicator import DEFAULT
from layers.catalogue.registry import find_indicator, resolve_component
from layers.errors import QueryError

FILE = "targets.yaml"


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


class Goalpost(Declared):
    """What of an indicator scores 0 and 100, and how much it weighs."""

    indicator: str
    component: str = DEFAULT
    worst: float
    best: float
    weight: float = Field(default=1.0, ge=0)
    source: str
    status: Literal["A", "B", "C"]

    @model_validator(mode="after")
    def _spans(self) -> "Goalpost":
        if self.worst == self.best:
            raise ValueError(f"{self.indicator}: the goalposts stand in one place")
        return self


class CityTargets(Declared):
    """What `targets.yaml` says."""

    targets: tuple[Target, ...] = ()
    goalposts: tuple[Goalpost, ...] = ()


def load_targets(city: City) -> tuple[Target, ...]:
    """Return every target of a city, as filed; none without a file."""
    return _read(city.folder).targets


def load_goalposts(city: City) -> tuple[Goalpost, ...]:
    """Return the goalposts of a city, as filed; none without a file.

    Raises:
        DeclarationError: the file is wrong; names it and the key.
    """
    return _read(city.folder).goalposts


@cache
def _read(folder: Path) -> CityTargets:
    path = folder / FILE
    if not path.is_file():
        return CityTargets()
    declared, city = read_declared(path, CityTargets), load_city(str(folder))
    for position, target in enumerate(declared.targets):
        _check(city, target, f"{path}: targets.{position}")
    for position, goalpost in enumerate(declared.goalposts):
        _check(city, goalpost, f"{path}: goalposts.{position}")
    return declared


def _check(city: City, row: Target | Goalpost, where: str) -> None:
    """Refuse a row that names no indicator of the city, or no component of it."""
    try:
        resolve_component(find_indicator(city, row.indicator), row.component)
    except (NotFoundError, QueryError) as error:
        raise DeclarationError(f"{where}: {error}") from error


def find_target(city: City, indicator: str, component: str, on: date) -> Target | None:
    """Return the newest target valid on a day, the component's own before the default one."""
    rows = [t for t in load_targets(city) if t.indicator == indicator and t.valid_from <= on]
    for wanted in (component, DEFAULT):
        valid = [target for target in rows if target.component == wanted]
        if valid:
            return max(valid, key=lambda target: target.valid_from)
    return None
