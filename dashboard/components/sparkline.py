"""A small line of the last steps, without text; the number beside it is its last value."""

from collections.abc import Sequence

from dash import html

from dashboard.components.attributes import aria_label
from dashboard.figures.lines import as_mask, line_path, span_of, stroke, svg

WIDTH, HEIGHT = 100.0, 28.0


def sparkline(values: Sequence[float | None], colour: str, label: str) -> html.Div:
    """Return the line in a token's colour, or an empty box where nothing is known."""
    if not any(value is not None for value in values):
        return html.Div(className="spark", role="img", **aria_label(label))
    path = line_path(values, span_of(values), WIDTH, HEIGHT)
    mask = as_mask(svg(stroke(path), WIDTH, HEIGHT))
    return html.Div(
        html.Div(
            className="spark-line", style={"maskImage": mask, "background": f"var(--{colour})"}
        ),
        className="spark",
        role="img",
        **aria_label(label),
    )
