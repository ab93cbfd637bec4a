"""The history of a number: a line with its 95 % band and the target; texts outside the drawing."""

from collections.abc import Sequence

from dash import html
from dash.development.base_component import Component

from dashboard.components.attributes import aria_label
from dashboard.components.trend_points import trend_points
from dashboard.figures.lines import as_mask, band_path, fill, line_path, span_of, stroke, svg
from dashboard.read.trends import Trend
from dashboard.wording.i18n import Language, translate
from dashboard.wording.numbers import format_value
from dashboard.wording.periods import known_period_text, period_text
from geodata.city.colour import as_css
from layers.catalogue.indicator import Indicator
from layers.catalogue.targets import Target

WIDTH, HEIGHT = 300.0, 90.0


def layer(body: str, colour: str, class_name: str = "") -> html.Div:
    """Return one drawn layer in a declared colour."""
    mask = as_mask(svg(body, WIDTH, HEIGHT))
    style = {"maskImage": mask, "background": as_css(colour)}
    return html.Div(style=style, className=f"history-layer {class_name}".strip())


def history(
    trend: Trend,
    indicator: Indicator,
    target: Target | None,
    colour: str,
    language: Language,
) -> html.Figure:
    """Return the figure of a trend, oldest step first.

    The line joins what can be relied on; steps known in part and steps of few cases are marked on a
    broken one.
    """
    goal = [target.value] * len(trend.values) if target else []
    span = span_of(trend.values, trend.low, trend.high, goal)
    layers: list[Component] = [
        layer(fill(band_path(trend.low, trend.high, span, WIDTH, HEIGHT)), colour, "band"),
        layer(stroke(line_path(trend.values, span, WIDTH, HEIGHT), 1.2, "2 4"), colour, "weak"),
        layer(stroke(line_path(trend.solid, span, WIDTH, HEIGHT)), colour),
    ]
    if target:
        layers.append(layer(stroke(line_path(goal, span, WIDTH, HEIGHT), 1.5, "5 4"), "secondary"))
    layers += trend_points(trend, span, (WIDTH, HEIGHT), colour, [language])
    ends = [format_value(edge, indicator.unit_en, indicator.decimals) for edge in reversed(span)]
    label = translate("explore.history", language)
    return html.Figure(
        [
            html.Div([html.Span(end) for end in ends], className="history-scale"),
            html.Div(layers, className="history-plot", role="img", **aria_label(label)),
            html.Figcaption(steps_text(trend, language), className="history-steps"),
        ],
        className="history",
    )


def steps_text(trend: Trend, language: Language) -> list[html.Span]:
    """Return the first and the last step's names, of the last what part of it is known."""
    if not trend.coverage:
        return []
    first, last = trend.coverage[0], trend.coverage[-1]
    return [html.Span(period_text(first.period)), html.Span(known_period_text(last, language))]


def single_value_text(trend: Trend, language: Language) -> Sequence[Component]:
    """Return when a number that has no history was counted; nothing where it was not."""
    if trend.counted_on is None or not any(value is not None for value in trend.values):
        return ()
    said = translate("period.counted", language, day=trend.counted_on.isoformat())
    return (html.P(said, className="caption"),)
