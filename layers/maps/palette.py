"""Colours of the classes: perceptual, safe for the colour-blind, never red against green."""

from collections.abc import Mapping
from types import MappingProxyType

from layers.catalogue.indicator import Indicator

MOST_CLASSES = 7

# viridis and cividis at seven even steps; YlGnBu and PuOr after ColorBrewer
_STOPS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "viridis": ("#440154", "#433880", "#31688e", "#22908c", "#35b779", "#92d641", "#fde725"),
        "cividis": ("#00224e", "#273f6e", "#575d6d", "#7d7c76", "#a59c74", "#d2c05f", "#fee838"),
        "ylgnbu": ("#ffffd9", "#e0f3b2", "#97d6b9", "#41b6c4", "#1f80b8", "#24429b", "#081d58"),
        "puor": ("#b35806", "#e08214", "#fdb863", "#f7f7f7", "#b2abd2", "#8073ac", "#542788"),
    }
)


def sample_palette(name: str, classes: int) -> list[str]:
    """Return `classes` hex colours evenly spaced over a palette, from its low to its high end.

    Raises:
        ValueError: more classes than an eye tells apart, or none.
    """
    if not 1 <= classes <= MOST_CLASSES:
        raise ValueError(f"a legend has 1 to {MOST_CLASSES} classes, not {classes}")
    stops = [_channels(colour) for colour in _STOPS[name]]
    if classes == 1:
        return [_STOPS[name][len(stops) // 2]]
    return [_mix(stops, step * (len(stops) - 1) / (classes - 1)) for step in range(classes)]


def palette_of(indicator: Indicator, classes: int, *, is_diverging: bool) -> list[str]:
    """Return the colours of an indicator's classes.

    Around a target the good side is purple and the bad side orange, whichever way is good.
    """
    if not is_diverging:
        name = "viridis" if indicator.palette == "puor" else indicator.palette
        return sample_palette(name, classes)
    colours = sample_palette("puor", classes)
    return colours[::-1] if indicator.direction == "down" else colours


def _channels(colour: str) -> tuple[int, ...]:
    return tuple(bytes.fromhex(colour[1:]))


def _mix(stops: list[tuple[int, ...]], position: float) -> str:
    """Return the colour at a position between two stops."""
    low = min(int(position), len(stops) - 2)
    share = position - low
    pairs = zip(stops[low], stops[low + 1], strict=True)
    return "#" + "".join(f"{round(a + (b - a) * share):02x}" for a, b in pairs)
