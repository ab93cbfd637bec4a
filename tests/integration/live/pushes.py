"""The stream of pushes as a screen reads it."""

import json
from collections.abc import Iterable, Iterator


def read_pushes(lines: Iterable[str]) -> Iterator[tuple[str, dict, str | None]]:
    """Yield kind, facts and number of every message; a message without a number has none."""
    kind, facts, number = "", {}, None
    for line in lines:
        name, _, value = line.partition(": ")
        if name == "event":
            kind = value
        elif name == "data":
            facts = json.loads(value)
        elif name == "id":
            number = value
        elif not line:
            yield kind, facts, number
            number = None
