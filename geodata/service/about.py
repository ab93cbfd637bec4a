"""Describes each collection in both languages: title, description, licence, provenance."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from geodata.published.layers import PublishedLayer
from geodata.published.statuses import SIMULATED, said_of_statuses
from geodata.published.views import COARSE_PREFIX, HEX_PREFIX, INCIDENTS

_PLAIN: Mapping[str, tuple[str, str]] = {
    "districts": ("行政区 · Districts", "行政区界线，WGS-84。District outlines, WGS-84."),
    "facilities": (
        "设施 · Facilities",
        "公众可到达的设施，不含通信基站。"
        "Facilities open to the public; base stations are left out.",
    ),
    "stops": ("公交站点 · Stops", "GTFS 站点。Stops and stations of the GTFS feeds."),
    "district_values": (
        "分区指标 · Indicators by district",
        "每个指标最近一个固定时段的分区数值。用 indicator 筛选。"
        "Each indicator's newest fixed period by district; filter by indicator.",
    ),
}


@dataclass(frozen=True)
class About:
    """A collection's description; `layer` is None for a collection that is not of one indicator."""

    title: str
    description: str
    keywords: tuple[str, ...]
    layer: PublishedLayer | None = None
    res: int | None = None


def layer_of(collection: str, layers: Mapping[str, PublishedLayer]) -> PublishedLayer | None:
    """Return the layer that a collection shows."""
    name = INCIDENTS if collection == "incidents" else collection
    for prefix in (COARSE_PREFIX, HEX_PREFIX):
        name = name.removeprefix(prefix)
    return layers.get(name)


def describe(collection: str, layers: Mapping[str, PublishedLayer]) -> About:
    """Return a collection's description."""
    layer = layer_of(collection, layers)
    if layer is None:
        title, text = _PLAIN.get(collection, (collection, collection))
        return About(title, text, ("city", "城市"))
    res = 7 if collection.startswith(COARSE_PREFIX) else 8
    badge = f" · {SIMULATED}" if layer.is_simulated else ""
    title = f"{layer.title_zh} · {layer.title_en} (H3 {res}){badge}"
    part = f" ({part_text(layer)})" if layer.is_partial else ""
    text = (
        f"{layer.description_zh} {layer.description_en} "
        f"单位 {layer.unit_zh} · unit {layer.unit_en}. "
        f"时段 {layer.period} · period {layer.period}{part}; version {layer.version}. "
        f"{_rule(layer)}"
    )
    words = (layer.domain, layer.indicator, layer.component, layer.code, "H3")
    return About(title, text.strip(), tuple(word for word in words if word), layer, res)


def _rule(layer: PublishedLayer) -> str:
    if layer.smallest_count is None:
        return ""
    k = layer.smallest_count
    return (
        f"小于 {k} 的计数及可由合计推算的计数不公布。"
        f"Counts below {k}, and those that totals would reveal, are suppressed."
    )


def part_text(layer: PublishedLayer) -> str:
    """Return what part of its period a partial layer speaks of, in both languages."""
    if layer.covered_days is None:
        return "时段未结束 · the period is running"
    days = (layer.ends_at - layer.starts_at + timedelta(hours=12)).days
    span = f"{layer.covered_from} – {layer.covered_to}: " if layer.covered_from else ""
    return f"{span}{days}天中的{layer.covered_days}天 · {layer.covered_days} of {days} days"


def metadata_of(collection: str, layers: Mapping[str, PublishedLayer]) -> dict[str, Any]:
    """Return what goes with a collection's rows in a file: what, of when, whose, and how far true.

    The rows of a collection that is not of one indicator name their own source each.
    """
    layer = layer_of(collection, layers)
    about = describe(collection, layers)
    said: dict[str, Any] = {"title": about.title, "description": about.description}
    if layer is None:
        return said
    return said | said_of(layer)


def said_of(layer: PublishedLayer) -> dict[str, Any]:
    """Return what goes with a layer's numbers where they leave without their collection."""
    badge = {"simulated": SIMULATED} if layer.is_simulated else {}
    return provenance(layer) | {"statuses": said_of_statuses()} | badge


def provenance(layer: PublishedLayer) -> dict[str, Any]:
    """Return the provenance of a layer's numbers, for a collection's metadata."""
    return {
        "provenance": "simulated" if layer.is_simulated else "real",
        "sources": list(layer.sources),
        "owners": list(layer.owners),
        "licences": list(layer.licences),
        "period": layer.period,
        **({"partial": part_text(layer)} if layer.is_partial else {}),
        "version": layer.version,
        "asOf": layer.as_of.isoformat() if layer.as_of else None,
        "publishedAt": layer.published_at.isoformat(),
        "unit": {"zh": layer.unit_zh, "en": layer.unit_en},
        "formula": layer.formula,
        "smallestCount": layer.smallest_count,
    }
