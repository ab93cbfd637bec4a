"""The colours of the value classes, adapted to the theme's ground."""

from layers.catalogue.indicator import Indicator
from layers.catalogue.palettes import load_palettes
from layers.maps.classes import Classes


def class_colours(classes: Classes, indicator: Indicator, theme: str = "dark") -> list[str]:
    """Return a colour a class; low values of a sequential palette are near the ground.

    A diverging palette says on which side of its target a value lies: it is never turned.
    """
    is_sequential = load_palettes()[indicator.palette].kind == "sequential"
    is_turned = is_sequential and theme == "light"
    return list(classes.palette[::-1] if is_turned else classes.palette)
