"""A small line of the last steps, without text; the number beside it is its last value."""

from dash import html
from dash.development.base_component import Component

from dashboard.components.attributes import aria_label
from dashboard.components.text import two_lines
from dashboard.components.trend_points import trend_points
from dashboard.figures.lines import as_mask, line_path, span_of, stroke, svg
from dashboard.read.trends import Trend
from dashboard.wording.periods import short_day_text
from geodata.city.colour import as_css

WIDTH, HEIGHT = 100.0, 28.0


def sparkline(trend: Trend, colour: str, label: str) -> html.Div:
    """Return the line in a declared colour; for what is no trend its date, or an empty box."""
    if not trend.is_trend:
        return html.Div(count_day(trend), className="spark", role="img", **aria_label(label))
    trend = trend.known()
    span = span_of(trend.values)
    layers: list[Component] = [
        line(stroke(line_path(trend.values, span, WIDTH, HEIGHT), 1.2, "2 3"), colour, "weak"),
        line(stroke(line_path(trend.solid, span, WIDTH, HEIGHT)), colour),
        *trend_points(trend, span, (WIDTH, HEIGHT), colour, ()),
    ]
    return html.Div(layers, className="spark", role="img", **aria_label(label))


def line(body: str, colour: str, class_name: str = "") -> html.Div:
    """Return one drawn line."""
    style = {"maskImage": as_mask(svg(body, WIDTH, HEIGHT)), "background": as_css(colour)}
    return html.Div(className=f"spark-line {class_name}".strip(), style=style)


def count_day(trend: Trend) -> list[Component]:
    """Return the day on which a stock was counted."""
    if trend.counted_on is None or not any(value is not None for value in trend.values):
        return []
    today = trend.coverage[-1].today
    zh, en = (short_day_text(trend.counted_on, today, code) for code in ("zh", "en"))
    return [two_lines(zh, en, class_name="counted-on")]
