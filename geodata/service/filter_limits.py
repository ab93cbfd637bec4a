"""How large a filter may be: its parser must never be led to end, or to stop, the process.

The CQL2 parser recurses into brackets, and tries a bracket that does not fit over and over: its
time doubles with each level, and it holds the interpreter meanwhile. A deep tree, of brackets or of
chained operators, overflows the stack of the process. So both are counted before it reads a letter.
"""

import json
import re
from typing import Any

from geodata.errors import RequestError

LONGEST = 4000
DEEPEST_TEXT = 8  # brackets in brackets
DEEPEST_JSON = 32  # objects and lists in one another
MOST_WORK = 32_000  # letters, each counted twice for every bracket around it
LONGEST_CHAIN = 16  # operators between two commas, ANDs or ORs: each is a level of the tree
_TOKEN = re.compile(
    r"""'(?:[^']|'')*'|"(?:[^"]|"")*"|(?P<open>[(\[])|(?P<close>[)\]])|(?P<quote>['"])"""
    r"""|(?P<fresh>,|\b(?:and|or)\b)|(?P<operator>[-+*/^%=<>]|\b(?:not|div)\b)""",
    re.IGNORECASE,
)


def is_json(text: str) -> bool:
    """Tell which of its two languages a filter is written in."""
    return text.startswith("{")


def check_size(text: str) -> None:
    """Refuse a filter that is too long, too deep or not closed.

    Raises:
        RequestError: it is.
    """
    if len(text) > LONGEST:
        raise RequestError("the filter is too long")
    if is_json(text):
        _check_json(text)
    else:
        _check_text(text)


def _check_text(text: str) -> None:
    chains = [0]  # operators so far at each level of brackets
    work = position = 0
    for token in _TOKEN.finditer(text):
        work += (token.end() - position) << (len(chains) - 1)
        position = token.end()
        _take(token.lastgroup, chains)
        _check_levels(chains)
    work += (len(text) - position) << (len(chains) - 1)
    if len(chains) > 1:
        raise RequestError("the filter has a bracket that is not closed")
    if work > MOST_WORK:
        raise RequestError("the filter is too long for its brackets")


def _take(kind: str | None, chains: list[int]) -> None:
    """Count one token; a text or a quoted name has no kind and counts for nothing."""
    match kind:
        case "quote":
            raise RequestError("the filter has a quotation mark that is not closed")
        case "open":
            chains.append(0)
        case "close":
            chains.pop()
        case "fresh":
            chains[-1] = 0
        case "operator":
            chains[-1] += 1


def _check_levels(chains: list[int]) -> None:
    if not chains:
        raise RequestError("the filter closes a bracket that is not open")
    if len(chains) > DEEPEST_TEXT + 1:
        raise RequestError(f"the filter has more than {DEEPEST_TEXT} brackets in one another")
    if chains[-1] > LONGEST_CHAIN:
        raise RequestError(f"the filter has more than {LONGEST_CHAIN} operators in a chain")


def _check_json(text: str) -> None:
    try:
        tree = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise RequestError("the filter is no JSON, or too deep") from error
    level: list[Any] = [tree]
    for _ in range(DEEPEST_JSON):
        level = [part for each in level for part in _parts(each)]
    if level:
        raise RequestError(f"the filter is deeper than {DEEPEST_JSON} levels")


def _parts(node: Any) -> list[Any]:
    if isinstance(node, dict):
        return list(node.values())
    return node if isinstance(node, list) else []
