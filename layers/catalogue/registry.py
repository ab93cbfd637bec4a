"""The catalogue of a city: the program's indicators and its own, with the city's parts in them."""

from collections.abc import Iterable, Mapping
from functools import cache
from pathlib import Path
from types import MappingProxyType

from geodata.city.channels import Channel, read_channels
from geodata.city.configuration import City
from geodata.declared import read_declared
from geodata.errors import DeclarationError, NotFoundError
from layers.catalogue.domains import Domain, read_domains
from layers.catalogue.indicator import ALL, DEFAULT, Indicator
from layers.catalogue.measure import DeclarativeMeasure, FunctionMeasure
from layers.catalogue.of_channels import with_channels
from layers.catalogue.record_tables import record_schema
from layers.errors import QueryError

CATALOGUE = Path(__file__).parent / "indicators"
OWN = "indicators"  # the folder of a city's own entries


def load_catalogue(city: City) -> Mapping[str, Indicator]:
    """Return a city's indicators by key, by domain and position.

    Left out are entries of domains that the city does not list, and those that are given by
    channels where the city has none of them.

    Raises:
        DeclarationError: an entry is wrong; names the file and the key.
    """
    return _catalogue_of(city.folder)


@cache
def _catalogue_of(folder: Path) -> Mapping[str, Indicator]:
    known, own = _read_known(), read_entries(folder / OWN)
    domains, channels = read_domains(folder), read_channels(folder)
    for entry in own:
        if entry.key in {each.key for each in known}:
            raise DeclarationError(f"{folder / OWN}: the program has an indicator {entry.key}")
        if entry.domain not in domains:
            raise DeclarationError(f"{folder / OWN}: {entry.key}: no domain {entry.domain!r}")
    return order_entries(_of_city((*known, *own), domains, channels))


@cache
def _read_known() -> tuple[Indicator, ...]:
    """Return the program's entries, read once for all cities."""
    return read_entries(CATALOGUE)


def read_entries(folder: Path) -> tuple[Indicator, ...]:
    """Read every entry of a folder; none where there is no such folder.

    Raises:
        DeclarationError: an entry is wrong; names the file and the key.
    """
    return tuple(_read_entry(path) for path in sorted(folder.glob("*.yaml")))


def _read_entry(path: Path) -> Indicator:
    entry = read_declared(path, Indicator)
    if entry.key != path.stem:
        raise DeclarationError(f"{path.name}: the key is {entry.key}, not the file's name")
    for position, measure in enumerate(entry.measures):
        if not isinstance(measure, FunctionMeasure):
            _check_columns(measure, f"{path}: measures.{position}")
    return entry


def _check_columns(measure: DeclarativeMeasure, where: str) -> None:
    """Refuse a measure of columns that its table does not have."""
    known = record_schema(measure.table).names
    unknown = measure.columns - set(known)
    if unknown:
        raise DeclarationError(
            f"{where}: {measure.table} has no column {', '.join(sorted(unknown))}; "
            f"it has {', '.join(known)}"
        )


def _of_city(
    entries: Iterable[Indicator], domains: Mapping[str, Domain], channels: tuple[Channel, ...]
) -> Iterable[Indicator]:
    """Return the entries of a city's domains and those they are divided by, with its channels."""
    every = tuple(entries)
    below = {entry.stock_below for entry in every if entry.domain in domains}
    listed = (entry for entry in every if entry.domain in domains or entry.key in below)
    filled = (with_channels(entry, channels) for entry in listed)
    return (entry for entry in filled if entry is not None)


def order_entries(entries: Iterable[Indicator]) -> Mapping[str, Indicator]:
    """Return entries by key, ordered by domain and position."""
    ordered = sorted(entries, key=lambda entry: (entry.domain, entry.position, entry.key))
    return MappingProxyType({entry.key: entry for entry in ordered})


def find_indicator(city: City, key: str) -> Indicator:
    """Return an indicator.

    Raises:
        NotFoundError: the city has none of this key.
    """
    try:
        return load_catalogue(city)[key]
    except KeyError:
        raise NotFoundError(f"no indicator is called {key!r}") from None


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
