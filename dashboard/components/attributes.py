"""HTML attributes whose names are not valid Python names."""

from typing import Any


def aria_label(text: str) -> dict[str, Any]:
    """Return the accessible name of an element."""
    return {"aria-label": text}


def data_theme(theme: str) -> dict[str, Any]:
    """Return the theme of everything inside an element."""
    return {"data-theme": theme}


def aria_live() -> dict[str, Any]:
    """Return the attribute by which screen readers announce changes inside an element."""
    return {"aria-live": "polite"}
