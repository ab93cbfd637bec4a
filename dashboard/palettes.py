"""The colours of the value classes: colour-blind safe, cut to the number of classes."""

from collections.abc import Sequence
from types import MappingProxyType

# Dark to light, sampled evenly, without their darkest ends, which vanish on the dark ground.
RAMPS = MappingProxyType(
    {
        "viridis": ("#3e4989", "#31688e", "#26828e", "#1f9e89", "#35b779", "#90d743", "#fde725"),
        "cividis": ("#31446b", "#4f576c", "#6f6d72", "#8d8478", "#ab9c72", "#cbb65e", "#ffea46"),
        "ylgnbu": ("#225ea8", "#1d91c0", "#41b6c4", "#7fcdbb", "#b4e0b9", "#dff2b2", "#ffffd9"),
        "puor": ("#b35806", "#f1a340", "#fee0b6", "#f7f7f7", "#d8daeb", "#998ec3", "#542788"),
    }
)


def class_colours(palette: str, classes: int, theme: str = "dark") -> list[str]:
    """Return `classes` colours, low values near the ground: light themes turn ramps around."""
    ramp: Sequence[str] = RAMPS[palette]
    last = len(ramp) - 1
    picked = [ramp[round(index * last / max(classes - 1, 1))] for index in range(classes)]
    turned = theme == "light" and palette != "puor"
    return picked[::-1] if turned else picked
