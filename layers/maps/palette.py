"""Colours of the classes: those of the palette that an indicator names."""

from layers.catalogue.indicator import Indicator
from layers.catalogue.palettes import MOST_CLASSES, Palette, load_palettes


def sample_palette(palette: Palette, classes: int) -> list[str]:
    """Return `classes` hex colours evenly spaced over a palette, from its low to its high end.

    Raises:
        ValueError: more classes than an eye tells apart, or none.
    """
    if not 1 <= classes <= MOST_CLASSES:
        raise ValueError(f"a legend has 1 to {MOST_CLASSES} classes, not {classes}")
    stops, last = palette.stops, MOST_CLASSES - 1
    if palette.kind == "sequential":  # its own stops: each is chosen for its ground
        return [stops[round(step * last / max(classes - 1, 1))] for step in range(classes)]
    if classes == 1:
        return [stops[MOST_CLASSES // 2]]
    channels = [_channels(colour) for colour in stops]
    return [_mix(channels, step * last / (classes - 1)) for step in range(classes)]


def palette_of(indicator: Indicator, classes: int) -> list[str]:
    """Return the colours of an indicator's classes, from its low to its high values.

    Of a diverging palette the good side stays the good side, whichever way is good.
    """
    palette = load_palettes()[indicator.palette]
    colours = sample_palette(palette, classes)
    is_turned = palette.kind == "diverging" and indicator.direction == "down"
    return colours[::-1] if is_turned else colours


def _channels(colour: str) -> tuple[int, ...]:
    return tuple(bytes.fromhex(colour[1:]))


def _mix(stops: list[tuple[int, ...]], position: float) -> str:
    """Return the colour at a position between two stops."""
    low = min(int(position), len(stops) - 2)
    share = position - low
    pairs = zip(stops[low], stops[low + 1], strict=True)
    return "#" + "".join(f"{round(a + (b - a) * share):02x}" for a, b in pairs)
