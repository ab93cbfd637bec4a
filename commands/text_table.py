"""Plain text tables for a terminal, aligned with Chinese text counted as two columns wide."""

from collections.abc import Sequence
from datetime import datetime
from unicodedata import east_asian_width

_MAX_WIDTH = 60


def format_table(headers: Sequence[str], rows: Sequence[Sequence[object]]) -> str:
    """Return lines of columns two blanks apart; a long cell is cut, numbers stand to the right."""
    texts = [list(headers), *([_text(value) for value in row] for row in rows)]
    widths = [max(_width(row[column]) for row in texts) for column in range(len(headers))]
    is_number = [
        bool(rows) and all(isinstance(row[column], int) for row in rows)
        for column in range(len(headers))
    ]
    lines = [
        "  ".join(
            _pad(value, width, right=right)
            for value, width, right in zip(row, widths, is_number, strict=True)
        ).rstrip()
        for row in texts
    ]
    lines.insert(1, "  ".join("-" * width for width in widths))
    return "\n".join(lines)


def _text(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, datetime):
        return value.strftime("%Y-%m-%d %H:%M %Z").strip()
    text = " ".join(str(value).split())
    while _width(text) > _MAX_WIDTH:
        text = text[:-2] + "…"
    return text


def _width(text: str) -> int:
    return sum(2 if east_asian_width(character) in "WF" else 1 for character in text)


def _pad(text: str, width: int, *, right: bool) -> str:
    blanks = " " * (width - _width(text))
    return blanks + text if right else text + blanks
