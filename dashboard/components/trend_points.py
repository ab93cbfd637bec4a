"""The points of a trend that are not plain values: parts of a step hollow, few cases washed."""

from collections.abc import Sequence

from dash import html
from dash.development.base_component import Component

from dashboard.figures.lines import Span, place_in_box
from dashboard.read.trends import Trend
from dashboard.wording.i18n import Language, translate
from dashboard.wording.periods import known_period_text
from geodata.city.colour import as_css


def trend_points(
    trend: Trend, span: Span, size: tuple[float, float], colour: str, languages: Sequence[Language]
) -> list[Component]:
    """Return a mark for each such point, its words as its title; `size` is the drawing's."""
    points: list[Component] = []
    marks = zip(trend.values, trend.is_weak, trend.is_partial, strict=True)
    for index, (value, weak, partial) in enumerate(marks):
        if value is None or not (weak or partial):
            continue
        left, top = place_in_box(index, value, len(trend.values), span, size)
        style = {"left": f"{left:.2f}%", "top": f"{top:.2f}%", "borderColor": as_css(colour)}
        kind = " ".join(word for word, holds in (("partial", partial), ("weak", weak)) if holds)
        title = " / ".join(point_words(trend, index, code) for code in languages)
        points.append(html.Span(className=f"trend-point {kind}", style=style, title=title))
    return points


def point_words(trend: Trend, index: int, language: Language) -> str:
    """Return the step of a point in words, and that it rests on few cases if it does."""
    said = known_period_text(trend.coverage[index], language)
    return f"{said} · {translate('status.low_n', language)}" if trend.is_weak[index] else said
