"""Code, style sheets and catalogue name no city, no emergency number and no channel."""

import re
from collections.abc import Iterator

import pytest
import yaml

from geodata.city.configuration import CITIES, load_city

ROOT = CITIES.parent
ROOMS = ("commands", "simulator", "geodata", "etl", "layers", "dashboard", "assets", "bench")
ENDINGS = (".py", ".css", ".js", ".mjs", ".yaml", ".html")
SKIPPED = ("node_modules", ".min.js")
OWN = sorted(path.parent.name for path in CITIES.glob("*/city.yaml"))

# A file, what it may say, and why.
ALLOWED = {
    ("geodata/settings.py", "changchun"): "which city is served where nobody says",
    ("geodata/database/cluster/account.py", "changchun"): "the program's own name in a path",
    ("geodata/database/cluster/cluster.py", "120"): "seconds until PostgreSQL has started",
    ("bench/live_calls.py", "120"): "appends to the file of one simulated system",
}


def sources() -> Iterator[tuple[str, str]]:
    """Each file of code, style or declaration outside the cities, with its text."""
    paths = [ROOT / "app.py", *(path for room in ROOMS for path in (ROOT / room).rglob("*"))]
    for path in paths:
        name = path.relative_to(ROOT).as_posix()
        if path.suffix in ENDINGS and not any(part in name for part in SKIPPED):
            yield name, path.read_text(encoding="utf-8")


def words_of(code: str) -> tuple[set[str], set[str]]:
    """What only this city says: its names, and the keys and numbers of its channels."""
    city = load_city(code)
    short = {city.name_zh, city.name_zh.rstrip("市"), city.name_en.lower(), city.code}
    numbers = {name for each in city.channels for name in (each.key, each.number)}
    return short, {name for name in numbers if name.isdigit()}


def found_in(text: str, names: set[str], numbers: set[str]) -> set[str]:
    """The city's words that a text says: names anywhere, numbers as a text, a key or a class."""
    said = {name for name in names if name in text.lower()}
    either = "|".join(sorted(numbers, key=len, reverse=True))
    if numbers:
        quoted = rf"[\"'](?:{either})[\"']"
        part = rf"(?:channel[-._]|incidents_)(?:{either})\b"
        start = rf"[\"'](?:{either})[ /_](?=\w)"
        matches = re.findall(f"{quoted}|{part}|{start}", text)
        said |= {re.search(either, match).group() for match in matches}  # type: ignore[union-attr]
    return said


@pytest.mark.parametrize("code", OWN)
def test_nothing_outside_its_folder_speaks_of_a_city(code: str) -> None:
    words = words_of(code)
    found = {(name, word) for name, text in sources() for word in found_in(text, *words)}
    assert found - set(ALLOWED) == set()
    assert set(ALLOWED) - found == set(), "no longer said: take it off the list"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('CHANNELS = ("110", "x")', {"110"}),
        ('  "119": {label_zh: 火警}', {"119"}),
        (".channel-122 { color: red; }", {"122"}),
        ("channel.12350: 12350", {"12350"}),
        ('label = "119 fire"', {"119"}),
        ("height: 110px; wait(120)", set()),
        ("智慧长春", {"长春"}),
        ("# as in Changchun", {"changchun"}),
    ],
)
def test_the_guard_sees_what_it_should(text: str, said: set[str]) -> None:
    assert found_in(text, *words_of("changchun")) == said


def test_parts_of_entries_are_no_channels() -> None:
    """An entry lists no components that are those of a city's channels."""
    keys = {each.key for code in OWN for each in load_city(code).channels}
    folder = ROOT / "layers" / "catalogue" / "indicators"
    for path in folder.glob("*.yaml"):
        entry = yaml.safe_load(path.read_text(encoding="utf-8"))
        assert not keys & set(entry.get("components", {})), path.name
