"""The legend: classes, zero, and the statuses without a value, drawn as on the map."""

from collections.abc import Sequence

from dash import html

from dashboard.wording.i18n import LANGUAGES, Language, translate
from dashboard.wording.numbers import format_value, unit_text
from layers.catalogue.indicator import Indicator
from layers.maps.breaks import break_decimals

STATES = ("zero", "low_n", "no_data", "suppressed", "stale")
MOST_CLASSES = 7


def class_labels(breaks: Sequence[float], indicator: Indicator) -> list[str]:
    """Return the text of each inner break, between two classes, with the decimals it needs."""
    decimals = break_decimals(breaks, indicator.unit_en, indicator.decimals)
    return [format_value(value, indicator.unit_en, decimals) for value in breaks]


def colour_bar(palette: Sequence[str], labels: Sequence[str]) -> html.Div:
    """Return the classes side by side, each inner break below the edge that it names."""
    share = 100 / len(palette)
    swatches = [html.Span(className="legend-class", style={"background": c}) for c in palette]
    ticks = [
        html.Span(text, className="legend-tick", style={"left": f"{share * (index + 1):.3f}%"})
        for index, text in enumerate(labels)
    ]
    return html.Div(
        [html.Div(swatches, className="legend-classes"), html.Div(ticks, className="legend-ticks")],
        className="legend-bar",
    )


def state_key(state: str, languages: Sequence[Language], colour: str | None) -> html.Span:
    """Return the swatch and the word of one state; `colour` is that of a class in the middle."""
    words = " ".join(translate(f"legend.{state}", language) for language in languages)
    style = {"--class": colour} if colour else None
    swatch = html.Span(className=f"swatch swatch-{state.replace('_', '-')}", style=style)
    return html.Span([swatch, words], className="legend-state")


def legend(
    indicator: Indicator,
    palette: Sequence[str],
    breaks: Sequence[float],
    languages: Sequence[Language] = LANGUAGES,
    states: Sequence[str] = STATES,
    title: str | None = None,
) -> html.Div:
    """Return the legend of an indicator, with at most seven classes beside the states.

    `title` replaces the indicator's name. A layer without any value has no classes to show.
    """
    middle = palette[len(palette) // 2] if breaks else None
    names = [indicator.label_zh if code == "zh" else indicator.label_en for code in languages]
    bars = [colour_bar(palette[:MOST_CLASSES], class_labels(breaks, indicator))] if breaks else []
    units = dict.fromkeys(unit_text(indicator, code) or "mm:ss" for code in languages)
    return html.Div(
        [
            html.Div(
                [html.Span(title or " ".join(names)), html.Span(" ".join(units), className="unit")],
                className="legend-title",
            ),
            *bars,
            html.Div([state_key(s, languages, middle) for s in states], className="legend-states"),
        ],
        className="legend",
    )
