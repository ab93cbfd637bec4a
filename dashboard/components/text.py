"""Texts on the screen: one language, or both with Chinese first."""

from typing import Any

from dash import html
from dash.development.base_component import Component

from dashboard.wording.i18n import Language, translate


def two_lines(zh: str, en: str, tag: Any = html.Div, class_name: str = "") -> Component:
    """Return Chinese with English as the second line, each marked with its language."""
    component: Component = tag(
        [
            html.Span(zh, lang="zh-CN", className="zh"),
            html.Span(en, lang="en", className="en"),
        ],
        className=f"two-lines {class_name}".strip(),
    )
    return component


def bilingual(key: str, tag: Any = html.Div, class_name: str = "", **values: object) -> Component:
    """Return the words of `key` in both languages."""
    zh, en = translate(key, "zh", **values), translate(key, "en", **values)
    return two_lines(zh, en, tag, class_name)


def named(label_zh: str, label_en: str, language: Language) -> str:
    """Return the label in the language asked for."""
    return label_zh if language == "zh" else label_en
