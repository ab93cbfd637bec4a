"""Line figures as SVG: paths only, coloured by the page through a mask; texts stay in HTML."""

import math
from collections.abc import Sequence
from urllib.parse import quote

Values = Sequence[float | None]
Span = tuple[float, float]
MARGIN = 3.0  # around the drawing, so that no stroke is cut


def span_of(*series: Values, floor: float | None = None) -> Span:
    """Return lowest and highest of all series, opened where they are equal."""
    known = [v for values in series for v in values if v is not None and math.isfinite(v)]
    if floor is not None:
        known.append(floor)
    if not known:
        return (0.0, 1.0)
    low, high = min(known), max(known)
    if low == high:
        return (low - 1.0, high + 1.0)
    return (low, high)


def points(values: Values, span: Span, width: float, height: float) -> list[list[str]]:
    """Return runs of `x,y`; a missing value ends a run, so no line is drawn across it."""
    runs: list[list[str]] = [[]]
    low, high = span
    step = width / max(len(values) - 1, 1)
    for index, value in enumerate(values):
        if value is None or not math.isfinite(value):
            runs.append([])
            continue
        y = height - (value - low) / (high - low) * height
        runs[-1].append(f"{index * step:.1f},{y:.1f}")
    return [run for run in runs if run]


def line_path(values: Values, span: Span, width: float, height: float) -> str:
    """Return the path of a line with its gaps; a lone value is a short stroke."""
    parts = []
    for run in points(values, span, width, height):
        tail = f"L{' '.join(run[1:])}" if len(run) > 1 else "h0.1"
        parts.append(f"M{run[0]}{tail}")
    return "".join(parts)


def band_path(low: Values, high: Values, span: Span, width: float, height: float) -> str:
    """Return the closed path between two lines, only where both are known."""
    both = [a is not None and b is not None for a, b in zip(low, high, strict=True)]
    lower = points([v if k else None for v, k in zip(low, both, strict=True)], span, width, height)
    upper = points([v if k else None for v, k in zip(high, both, strict=True)], span, width, height)
    return "".join(
        f"M{' '.join(up)} {' '.join(reversed(down))}Z"
        for up, down in zip(upper, lower, strict=True)
        if len(up) > 1
    )


def place_in_box(
    index: int, value: float, count: int, span: Span, size: tuple[float, float]
) -> tuple[float, float]:
    """Return where a point lies in the box of its drawing, in per cent from left and top."""
    (width, height), (low, high) = size, span
    x = index * width / max(count - 1, 1)
    y = height - (value - low) / (high - low) * height
    return 100 * (x + MARGIN) / (width + 2 * MARGIN), 100 * (y + MARGIN) / (height + 2 * MARGIN)


def svg(body: str, width: float, height: float, margin: float = MARGIN) -> str:
    """Return an SVG document stretched to its box; strokes keep their width."""
    box = f"{-margin:g} {-margin:g} {width + 2 * margin:g} {height + 2 * margin:g}"
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="{box}" preserveAspectRatio="none">'
        f"{body}</svg>"
    )


def stroke(path: str, width_px: float = 2, dashes: str = "") -> str:
    """Return a stroked path element."""
    dash = f' stroke-dasharray="{dashes}"' if dashes else ""
    return (
        f'<path d="{path}" fill="none" stroke="#000" stroke-width="{width_px:g}"{dash} '
        'stroke-linejoin="round" stroke-linecap="round" vector-effect="non-scaling-stroke"/>'
    )


def fill(path: str) -> str:
    """Return a filled path element."""
    return f'<path d="{path}" fill="#000"/>'


def as_mask(document: str) -> str:
    """Return the CSS value that masks a box with an SVG document."""
    return f'url("data:image/svg+xml,{quote(document)}")'
