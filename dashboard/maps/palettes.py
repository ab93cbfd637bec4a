"""The colours of the value classes, adapted to the theme's ground."""

from types import MappingProxyType

from layers.catalogue.indicator import Indicator
from layers.maps.classes import Classes

# From near a dark ground to far from it, without the darkest ends, which vanish on it. Light themes
# turn them around. All are safe for the colour-blind: viridis, cividis, YlGnBu.
RAMPS = MappingProxyType(
    {
        "viridis": ("#3e4989", "#31688e", "#26828e", "#1f9e89", "#35b779", "#90d743", "#fde725"),
        "cividis": ("#31446b", "#4f576c", "#6f6d72", "#8d8478", "#ab9c72", "#cbb65e", "#ffea46"),
        "ylgnbu": ("#225ea8", "#1d91c0", "#41b6c4", "#7fcdbb", "#b4e0b9", "#dff2b2", "#ffffd9"),
    }
)


def class_colours(classes: Classes, indicator: Indicator, theme: str = "dark") -> list[str]:
    """Return a colour a class, low values near the ground.

    A diverging palette says on which side of its target a value lies: it is never turned.
    """
    count = len(classes.breaks) + 1
    if classes.target is not None:
        return list(classes.palette)
    ramp = RAMPS.get(indicator.palette, RAMPS["viridis"])
    last = len(ramp) - 1
    picked = [ramp[round(index * last / max(count - 1, 1))] for index in range(count)]
    return picked[::-1] if theme == "light" else picked
