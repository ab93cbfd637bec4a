"""The catalogue of all data sets in DCAT, with the terms of DCAT-AP, as JSON-LD."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from geodata.published.layers import PublishedLayer
from geodata.published.statuses import SIMULATED
from geodata.published.views import FINE_RES, HEX_PREFIX
from geodata.service.catalog import Service

_CONTEXT = {
    "dcat": "http://www.w3.org/ns/dcat#",
    "dct": "http://purl.org/dc/terms/",
    "foaf": "http://xmlns.com/foaf/0.1/",
    "prov": "http://www.w3.org/ns/prov#",
    "rdfs": "http://www.w3.org/2000/01/rdf-schema#",
    "locn": "http://www.w3.org/ns/locn#",
    "xsd": "http://www.w3.org/2001/XMLSchema#",
    "geosparql": "http://www.opengis.net/ont/geosparql#",
}
_LANGUAGES = "http://publications.europa.eu/resource/authority/language/"
_MEDIA = "http://www.iana.org/assignments/media-types/"


@dataclass(frozen=True)
class SourceRow:
    """A source as it was loaded; the records themselves are not published."""

    source: str
    owner: str
    licence: str
    is_simulated: bool
    event_from: datetime | None
    event_to: datetime | None
    modified_at: datetime
    tables: list[str]


def catalogue(service: Service, base: str, sources: Sequence[SourceRow]) -> dict[str, Any]:
    """Return the catalogue: sources, published indicators, and the other collections."""
    city = service.city
    plain = [name for name, each in service.about.items() if each.layer is None]
    datasets = [
        *(_source(base, row) for row in sources),
        *(_layer(base, layer) for layer in service.layers.values()),
        *(_collection(service, base, name) for name in sorted(plain)),
    ]
    west, south, east, north = city.bounds
    box = f"POLYGON(({west} {south},{east} {south},{east} {north},{west} {north},{west} {south}))"
    return {
        "@context": _CONTEXT,
        "@id": f"{base}/catalogue",
        "@type": "dcat:Catalog",
        "dct:title": [_text(city.title_zh, "zh"), _text(city.title_en, "en")],
        "dct:description": [_text("全部数据集", "zh"), _text("All data sets", "en")],
        "dct:publisher": _agent(city.name_en),
        "dct:language": [{"@id": _LANGUAGES + each} for each in ("ZHO", "ENG")],
        "dct:spatial": {
            "@type": "dct:Location",
            "dcat:bbox": {"@value": box, "@type": "geosparql:wktLiteral"},
        },
        "dcat:dataset": datasets,
    }


def _source(base: str, row: SourceRow) -> dict[str, Any]:
    return {
        "@id": f"{base}/catalogue#source-{row.source}",
        "@type": "dcat:Dataset",
        "dct:identifier": row.source,
        "dct:title": [_text(row.source, "en")],
        "dct:description": [_text(f"Records loaded into {', '.join(row.tables)}.", "en")],
        "dct:publisher": _agent(row.owner),
        "dct:license": _licence(row.licence),
        "dct:accessRights": _rights("记录不对外提供 · records are not given out"),
        "dct:provenance": _provenance(is_simulated=row.is_simulated),
        "dct:temporal": _span(row.event_from, row.event_to),
        "dct:modified": _instant(row.modified_at),
    }


def _layer(base: str, layer: PublishedLayer) -> dict[str, Any]:
    collection = f"{base}/collections/{HEX_PREFIX}{layer.name}"
    distributions = [
        _distribution(
            f"{base}/collections/district_values/items?indicator={layer.name}",
            "application/geo+json",
        ),
        _distribution(f"{base}/ngsi-ld/v1/entities?indicator={layer.name}", "application/ld+json"),
    ]
    if FINE_RES in layer.res:
        distributions += [
            _distribution(f"{collection}/items", "application/geo+json"),
            _distribution(f"{collection}/items?f=csv", "text/csv"),
            _distribution(f"{collection}/items?f=parquet", "application/vnd.apache.parquet"),
            _distribution(f"{collection}/tiles", "application/vnd.mapbox-vector-tile"),
        ]
    return {
        "@id": f"{base}/catalogue#indicator-{layer.name}",
        "@type": "dcat:Dataset",
        "dct:identifier": layer.name,
        "dct:title": [_text(layer.title_zh, "zh"), _text(layer.title_en, "en")],
        "dct:description": [_text(layer.description_zh, "zh"), _text(layer.description_en, "en")],
        "dcat:keyword": [each for each in (layer.domain, layer.code, layer.unit_en) if each],
        "dcat:version": layer.version,
        "dct:license": [_licence(each) for each in layer.licences],
        "dct:accessRights": _rights("公开 · public"),
        "dct:publisher": [_agent(each) for each in layer.owners],
        "dct:provenance": _provenance(is_simulated=layer.is_simulated),
        "prov:wasDerivedFrom": [
            {"@id": f"{base}/catalogue#source-{each}"} for each in layer.sources
        ],
        "dct:temporal": _span(layer.starts_at, layer.ends_at),
        "dct:modified": _instant(layer.published_at),
        "dcat:distribution": distributions,
    }


def _collection(service: Service, base: str, name: str) -> dict[str, Any]:
    about = service.about[name]
    items = f"{base}/collections/{name}/items"
    return {
        "@id": f"{base}/catalogue#collection-{name}",
        "@type": "dcat:Dataset",
        "dct:identifier": name,
        "dct:title": [_text(about.title, "zh")],
        "dct:description": [_text(about.description, "zh")],
        "dct:accessRights": _rights("公开 · public"),
        "dct:provenance": {
            "@type": "dct:ProvenanceStatement",
            "rdfs:label": "每个要素或其指标自述 · named by each feature or its indicator",
        },
        "dcat:distribution": [_distribution(items, "application/geo+json")],
    }


def _text(value: str, language: str) -> dict[str, str]:
    return {"@value": value, "@language": language}


def _instant(at: datetime) -> dict[str, str]:
    return {"@value": at.isoformat(), "@type": "xsd:dateTime"}


def _span(begin: datetime | None, end: datetime | None) -> dict[str, Any] | None:
    if begin is None and end is None:
        return None
    ends = {"dcat:startDate": begin, "dcat:endDate": end}
    known = {name: _instant(at) for name, at in ends.items() if at is not None}
    return {"@type": "dct:PeriodOfTime", **known}


def _agent(name: str) -> dict[str, Any]:
    return {"@type": ["foaf:Agent", "foaf:Organization"], "foaf:name": name}


def _rights(label: str) -> dict[str, str]:
    return {"@type": "dct:RightsStatement", "rdfs:label": label}


def _licence(name: str) -> dict[str, str]:
    """Return a licence; an SPDX identifier has an address."""
    known = {"@type": "dct:LicenseDocument", "rdfs:label": name}
    if name and all(each.isalnum() or each in "-.+" for each in name):
        return {"@id": f"https://spdx.org/licenses/{name}", **known}
    return known


def _provenance(*, is_simulated: bool) -> dict[str, str]:
    label = SIMULATED if is_simulated else "real · 真实数据"
    return {"@type": "dct:ProvenanceStatement", "rdfs:label": label}


def _distribution(address: str, media: str) -> dict[str, Any]:
    return {
        "@type": "dcat:Distribution",
        "dcat:accessURL": {"@id": address},
        "dcat:mediaType": {"@id": _MEDIA + media},
    }
