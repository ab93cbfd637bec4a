"""The history of a number: a line with its 95 % band and the target; texts outside the drawing."""

from collections.abc import Sequence

import polars as pl
from dash import html
from dash.development.base_component import Component

from dashboard.components.attributes import aria_label
from dashboard.figures.lines import as_mask, band_path, fill, line_path, span_of, stroke, svg
from dashboard.read.headlines import shown_values
from dashboard.wording.numbers import format_value
from layers.catalogue.indicator import Indicator
from layers.catalogue.registry import Target

WIDTH, HEIGHT = 300.0, 90.0


def layer(body: str, colour: str, class_name: str = "") -> html.Div:
    """Return one drawn layer in a token's colour."""
    mask = as_mask(svg(body, WIDTH, HEIGHT))
    style = {"maskImage": mask, "background": f"var(--{colour})"}
    return html.Div(style=style, className=f"history-layer {class_name}".strip())


def known_bounds(frame: pl.DataFrame, column: str) -> tuple[float | None, ...]:
    """Return the values of a bound where the value itself may be drawn."""
    shown = shown_values(frame)
    bounds = frame[column].to_list()
    return tuple(b if v is not None else None for v, b in zip(shown, bounds, strict=True))


def history(
    frame: pl.DataFrame, indicator: Indicator, target: Target | None, label: str
) -> html.Figure:
    """Return the figure of a frame by period, oldest first."""
    values = shown_values(frame)
    low, high = known_bounds(frame, "lo"), known_bounds(frame, "hi")
    goal = [target.value] * len(values) if target else []
    span = span_of(values, low, high, goal)
    layers: list[Component] = [
        layer(fill(band_path(low, high, span, WIDTH, HEIGHT)), indicator.domain, "band"),
        layer(stroke(line_path(values, span, WIDTH, HEIGHT)), indicator.domain),
    ]
    if target:
        layers.append(layer(stroke(line_path(goal, span, WIDTH, HEIGHT), 1.5, "5 4"), "secondary"))
    ends = [format_value(edge, indicator.unit_en, indicator.decimals) for edge in reversed(span)]
    return html.Figure(
        [
            html.Div([html.Span(end) for end in ends], className="history-scale"),
            html.Div(layers, className="history-plot", role="img", **aria_label(label)),
            html.Figcaption(steps_text(frame["key"].to_list()), className="history-steps"),
        ],
        className="history",
    )


def steps_text(keys: Sequence[str]) -> list[html.Span]:
    """Return the first and the last step's names."""
    ends = dict.fromkeys((keys[0], keys[-1])) if keys else {}
    return [html.Span(key) for key in ends]
