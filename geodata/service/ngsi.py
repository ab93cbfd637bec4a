"""Indicators of the city and its districts as NGSI-LD entities, type KeyPerformanceIndicator."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

import polars as pl

from geodata.published.layers import PublishedLayer
from geodata.service.about import part_text
from geodata.service.catalog import Service

CONTEXT_PATH = "/ngsi-ld/context.jsonld"
# UN/CEFACT Recommendation 20; C62 is "one", a number without a unit
UNIT_CODES: Mapping[str, str] = {
    "%": "P1",
    "s": "SEC",
    "min": "MIN",
    "ms": "C26",
    "Mbps": "E20",
    "trips/h": "C62",
}


def unit_code(unit: str) -> str:
    """Return the UN/CEFACT code of a unit; C62 for counts and for rates without a code."""
    return UNIT_CODES.get(unit, "C62")


def entities(
    service: Service,
    base: str,
    layers: Sequence[tuple[PublishedLayer, pl.DataFrame]],
    *,
    is_simplified: bool,
) -> list[dict[str, Any]]:
    """Return an entity for each layer and place whose value is published."""
    build = _simplified if is_simplified else _normalized
    context = [f"{base}{CONTEXT_PATH}"]
    found = []
    for layer, frame in layers:
        for row in frame.filter(pl.col("value").is_not_null()).iter_rows(named=True):
            entity = build(layer, row["district_id"], row["value"])
            urn = f"urn:ngsi-ld:KeyPerformanceIndicator:{service.city.code}:{layer.name}"
            head = {"id": f"{urn}:{row['district_id']}", "type": "KeyPerformanceIndicator"}
            found.append({**head, **entity, "@context": context})
    return found


def _properties(layer: PublishedLayer, place: str) -> dict[str, Any]:
    return {
        "name": f"{layer.title_zh} · {layer.title_en}",
        "alternateName": layer.code or layer.name,
        "description": layer.description_en,
        "category": [layer.domain],
        "area": place,
        "calculationFormula": layer.formula,
        "calculationPeriod": {
            "from": _utc(layer.starts_at),
            "to": _utc(layer.ends_at),
        },
        "dataProvider": ", ".join(layer.owners),
        "source": ", ".join(layer.sources),
        "provenance": "simulated" if layer.is_simulated else "real",
        **({"partial": part_text(layer)} if layer.is_partial else {}),
    }


def _simplified(layer: PublishedLayer, place: str, value: float) -> dict[str, Any]:
    return {"kpiValue": value, **_properties(layer, place)}


def _normalized(layer: PublishedLayer, place: str, value: float) -> dict[str, Any]:
    observed = {"type": "Property", "value": value, "unitCode": unit_code(layer.unit_en)}
    moment = min(layer.as_of, layer.ends_at) if layer.as_of else layer.ends_at
    observed["observedAt"] = _utc(moment)
    plain = {
        name: {"type": "Property", "value": each}
        for name, each in _properties(layer, place).items()
    }
    return {"kpiValue": observed, **plain}


def _utc(at: datetime) -> str:
    return at.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
