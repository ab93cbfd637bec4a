"""Which button of many was pressed: what a browser sends is believed only where it fits."""

from dash import ctx

LARGEST_ID = 2**63 - 1  # of the database's numbers


def pressed_button(word: str, number: str) -> tuple[str, int] | None:
    """Return the two parts of the pressed button's id, None where none was pressed."""
    pressed = ctx.triggered_id
    if not isinstance(pressed, dict) or not ctx.triggered[0]["value"]:
        return None
    text, key = pressed.get(word), pressed.get(number)
    if not isinstance(text, str) or not isinstance(key, int) or not 0 <= key <= LARGEST_ID:
        return None
    return text, key


def as_text(typed: object) -> str:
    """Return what was typed, empty where it is no text; the database takes no NUL."""
    return typed.replace("\0", "") if isinstance(typed, str) else ""
