"""Indicators of the city and its districts as NGSI-LD entities, type KeyPerformanceIndicator."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

import polars as pl

from geodata.published.layers import PublishedLayer
from geodata.published.statuses import SIMULATED, STATUSES
from geodata.service.about import part_text
from geodata.service.catalog import Service

ENTITY_TYPE = "KeyPerformanceIndicator"
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
    layers: Sequence[tuple[PublishedLayer, pl.DataFrame]],
    places: Mapping[str, dict[str, Any]],
) -> list[dict[str, Any]]:
    """Return an entity for each layer and place, in simplified form.

    One whose value is not published has no `kpiValue`; its `status` says why. `places` holds the
    outline of each place as GeoJSON.
    """
    found = []
    for layer, frame in layers:
        urn = f"urn:ngsi-ld:{ENTITY_TYPE}:{service.city.code}:{layer.name}"
        for row in frame.iter_rows(named=True):
            place = row["district_id"]
            entity = {
                "id": f"{urn}:{place}",
                "type": ENTITY_TYPE,
                "kpiValue": row["value"],
                "status": STATUSES[row["status"]][0],
                "location": places.get(place),
                **_properties(layer, place),
            }
            found.append({key: each for key, each in entity.items() if each is not None})
    return found


def _properties(layer: PublishedLayer, place: str) -> dict[str, Any]:
    moment = min(layer.as_of, layer.ends_at) if layer.as_of else layer.ends_at
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
        "dateObserved": _utc(moment),
        "dateModified": _utc(layer.published_at),
        "unit": layer.unit_en,
        "unitCode": unit_code(layer.unit_en),
        "version": layer.version,
        "license": ", ".join(layer.licences),
        "dataProvider": ", ".join(layer.owners),
        "source": ", ".join(layer.sources),
        "provenance": SIMULATED if layer.is_simulated else "real",
        **({"partial": part_text(layer)} if layer.is_partial else {}),
    }


def normalized(entity: Mapping[str, Any]) -> dict[str, Any]:
    """Return an entity in normalized form: each attribute says of which kind it is."""
    return {name: _attribute(name, value, entity) for name, value in entity.items()}


def _attribute(name: str, value: Any, entity: Mapping[str, Any]) -> Any:
    if name in ("id", "type"):
        return value
    if name == "location":
        return {"type": "GeoProperty", "value": value}
    attribute = {"type": "Property", "value": value}
    if name == "kpiValue":
        return attribute | {"unitCode": entity["unitCode"], "observedAt": entity["dateObserved"]}
    return attribute


def _utc(at: datetime) -> str:
    return at.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
