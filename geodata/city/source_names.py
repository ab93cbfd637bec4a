"""What a city calls its sources, on screens that know nothing else of them."""

from functools import cache
from pathlib import Path
from typing import Any

from geodata.city.configuration import City
from geodata.declared import read_yaml

FOLDER = "sources"


def find_source_name(city: City, key: str) -> tuple[str, str]:
    """Return the short names of a source, else its titles, zh and en; its key if it has neither."""
    return _read_names(city.folder / FOLDER).get(key, (key, key))


def find_live_sources(city: City) -> frozenset[str]:
    """Return the keys of the sources that the city declares to follow.

    Not those that are only taken in: where the intake is off, nobody waits for them.
    """
    return _read_live(city.folder / FOLDER)


@cache
def _read_live(folder: Path) -> frozenset[str]:
    rows = (read_yaml(path) for path in sorted(folder.glob("*.yaml")))
    return frozenset(
        str(each["key"])
        for each in rows
        if isinstance(each, dict) and _is_followed(each.get("live"))
    )


def _is_followed(live: Any) -> bool:
    rules = live if isinstance(live, list) else [live]
    return any(isinstance(rule, dict) and not rule.get("intake") for rule in rules)


@cache
def _read_names(folder: Path) -> dict[str, tuple[str, str]]:
    """Return the names by key; what is wrong with a declaration its own reader says."""
    names = {}
    for path in sorted(folder.glob("*.yaml")):
        rows = read_yaml(path)
        if isinstance(rows, dict) and "key" in rows:
            zh, en = (
                rows.get(f"short_{code}") or rows.get(f"title_{code}") or rows["key"]
                for code in ("zh", "en")
            )
            names[str(rows["key"])] = (str(zh), str(en))
    return names
