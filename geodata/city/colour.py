"""A colour as a city declares it: one of the screens' tokens, or red, green and blue."""

from typing import Annotated

from pydantic import Field

ColourField = Annotated[
    str,
    Field(
        pattern=r"^(#[0-9a-f]{6}|[a-z][a-z-]*)$",
        description="a token of assets/tokens.css, which follows the theme, or #rrggbb",
    ),
]


def as_css(colour: str) -> str:
    """Return a declared colour as a style sheet takes it."""
    return colour if colour.startswith("#") else f"var(--{colour})"


def as_property(colour: str) -> str:
    """Return a declared colour as the map takes it: the name of a property, or the colour."""
    return colour if colour.startswith("#") else f"--{colour}"
