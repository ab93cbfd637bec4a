"""Reading distance as a measurement: sizes, contrast, clipping and overlap of the wall's texts."""

from itertools import combinations
from pathlib import Path
from typing import Any

from playwright.sync_api import Page

SCRIPT = Path(__file__).with_name("wall_reading.js").read_text("utf-8")
SMALLEST, MUST_READ = 1 / 80, 1 / 60  # of the screen's height
LEAST_CONTRAST = 4.5
ROUNDING_PX = 0.01
TOUCH_PX = 1.0

# What must be read from where the wall is looked at; the rest are captions and second lines.
MUST = [
    "h1 .zh, .wall h2 .zh, .status-level, .status-name .zh, .status-reason .zh, .badge-simulated",
    ".wall-age .zh, .clock-time, .clock-date, .card .score .number, .card-label .zh, .card-value",
    ".card-side .change, .district-table .zh, .district-table td .number, .incident-list time",
    ".incident-list .channel, .incident-list .category, .incident-list .place",
    ".incident-list .outcome .zh, .scene-caption header .caption, .legend-title > :first-child",
    ".legend-tick, .ribbon-head .total .zh, .alarm-text .zh, .alarm-level .zh, .wall-banner .zh",
]


def texts_of(page: Page) -> list[dict[str, Any]]:
    """Return every text that can be seen, line by line."""
    return page.evaluate(SCRIPT)


def faults_of(page: Page) -> dict[str, list[str]]:
    """Return what is too small, too faint, cut off, or on top of another text."""
    height = page.viewport_size["height"]
    texts = texts_of(page)
    return {
        "small": [t["text"] for t in texts if t["size"] < height * SMALLEST - ROUNDING_PX],
        "small must-read": small_must_read(page, height * MUST_READ),
        "faint": [
            f"{t['text']} {t['contrast']:.2f}" for t in texts if t["contrast"] < LEAST_CONTRAST
        ],
        "clipped": [f"{t['text']} ({t['path']})" for t in texts if t["clipped"]],
        "overlapping": [
            f"{a['text']} / {b['text']}" for a, b in combinations(texts, 2) if overlap(a, b)
        ],
    }


def small_must_read(page: Page, least: float) -> list[str]:
    """Return the texts that must be read and are below their size."""
    found = page.eval_on_selector_all(
        ", ".join(MUST),
        """(all, least) => all
          .filter((e) => e.getBoundingClientRect().width && !e.closest('.sr-only'))
          .map((e) => [e.textContent, parseFloat(getComputedStyle(e).fontSize)])
          .filter(([, size]) => size < least)""",
        least - ROUNDING_PX,
    )
    return [f"{text} {size}" for text, size in found]


def overlap(a: dict[str, Any], b: dict[str, Any]) -> bool:
    """Tell whether the boxes of two texts share more than a touch."""
    one, other = a["box"], b["box"]
    wide = min(one["right"], other["right"]) - max(one["left"], other["left"])
    high = min(one["bottom"], other["bottom"]) - max(one["top"], other["top"])
    return wide > TOUCH_PX and high > TOUCH_PX


NOTHING = {name: [] for name in ("small", "small must-read", "faint", "clipped", "overlapping")}
