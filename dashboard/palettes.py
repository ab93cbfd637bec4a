"""The colours of the value classes on a light ground."""

from layers.classes import Classes


def themed(classes: Classes, theme: str) -> list[str]:
    """Return the colours with low values near the ground: light themes turn ramps around.

    A diverging palette says on which side of its target a value lies, so it is never turned.
    """
    turned = theme == "light" and classes.target is None
    return list(classes.palette[::-1] if turned else classes.palette)
