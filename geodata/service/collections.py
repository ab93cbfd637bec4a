"""The landing page, conformance, and the collections with their descriptions, as JSON."""

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query, Request
from tipg.collections import Collection

from geodata.errors import NotFoundError
from geodata.service.about import layer_of, provenance
from geodata.service.catalog import Service
from geodata.service.features import collection_named
from geodata.service.links import LINK, base_url, link
from geodata.service.periods import period_names, periods_of, temporal_extent

CRS84 = "http://www.opengis.net/def/crs/OGC/1.3/CRS84"
_SPEC = "http://www.opengis.net/spec"
_DGGS = "https://www.opengis.net/spec/ogcapi-dggs-1/1.0/conf"
CONFORMS_TO = [
    f"{_SPEC}/ogcapi-common-1/1.0/conf/core",
    f"{_SPEC}/ogcapi-common-1/1.0/conf/landing-page",
    f"{_SPEC}/ogcapi-common-1/1.0/conf/json",
    f"{_SPEC}/ogcapi-common-2/1.0/conf/collections",
    f"{_SPEC}/ogcapi-features-1/1.0/conf/core",
    f"{_SPEC}/ogcapi-features-1/1.0/conf/geojson",
    f"{_SPEC}/ogcapi-features-3/1.0/conf/queryables",
    f"{_SPEC}/ogcapi-features-3/1.0/conf/filter",
    f"{_SPEC}/ogcapi-features-3/1.0/conf/features-filter",
    f"{_SPEC}/cql2/1.0/conf/cql2-text",
    f"{_SPEC}/cql2/1.0/conf/cql2-json",
    f"{_SPEC}/cql2/1.0/conf/basic-cql2",
    f"{_SPEC}/ogcapi-tiles-1/1.0/conf/core",
    f"{_SPEC}/ogcapi-tiles-1/1.0/conf/mvt",
    f"{_SPEC}/ogcapi-tiles-1/1.0/conf/tileset",
    f"{_SPEC}/ogcapi-tiles-1/1.0/conf/tilesets-list",
    f"{_DGGS}/core",
    f"{_DGGS}/data-retrieval",
    f"{_DGGS}/zone-query",
    f"{_DGGS}/root-dggs",
    f"{_DGGS}/collection-dggs",
    f"{_DGGS}/data-custom-depths",
    f"{_DGGS}/data-json",
    f"{_DGGS}/data-geojson",
    f"{_DGGS}/zone-json",
]


def collections_router(service: Service) -> APIRouter:
    """Return the routes; they come before tipg's own of the same addresses."""
    router = APIRouter(tags=["OGC Common"])

    @router.get("/")
    def landing(request: Request) -> dict[str, Any]:
        base = base_url(request)
        return {
            "title": f"{service.city.title_zh} · {service.city.title_en}",
            "description": "OGC API Features, Tiles and DGGS; DCAT and NGSI-LD exports.",
            "links": [
                link(base + "/", "self"),
                link(base + "/api", "service-desc", "application/vnd.oai.openapi+json"),
                link(base + "/conformance", "conformance"),
                link(base + "/collections", "data"),
                link(base + "/dggs", LINK + "dggrs-list"),
                link(base + "/catalogue", "describedby", "application/ld+json"),
                link(base + "/ngsi-ld/v1/entities", "related", "application/ld+json"),
            ],
        }

    @router.get("/conformance")
    def conformance() -> dict[str, Any]:
        return {"conformsTo": CONFORMS_TO}

    @router.get("/collections")
    def collections(
        request: Request,
        limit: Annotated[int, Query(ge=1, le=1000)] = 1000,
        offset: Annotated[int, Query(ge=0)] = 0,
    ) -> dict[str, Any]:
        known = list(service.collections.values())
        chosen = known[offset : offset + limit]
        base = base_url(request) + "/collections"
        links = [link(base, "self")]
        if offset + limit < len(known):
            links.append(link(f"{base}?limit={limit}&offset={offset + limit}", "next"))
        return {
            "links": links,
            "numberMatched": len(known),
            "numberReturned": len(chosen),
            "collections": [_describe(service, request, each) for each in chosen],
        }

    @router.get("/collections/{collectionId}")
    def collection(
        request: Request, found: Annotated[Collection, Depends(collection_named)]
    ) -> dict[str, Any]:
        return _describe(service, request, found)

    @router.get("/collections/{collectionId}/metadata")
    def metadata(found: Annotated[Collection, Depends(collection_named)]) -> dict[str, Any]:
        layer = layer_of(found.id, service.layers)
        if layer is None:
            raise NotFoundError("each feature of this collection names its own source")
        return {"id": found.id, "title": {"zh": layer.title_zh, "en": layer.title_en}} | provenance(
            layer
        )

    return router


def _describe(service: Service, request: Request, collection: Collection) -> dict[str, Any]:
    about = service.about[collection.id]
    base = f"{base_url(request)}/collections/{collection.id}"
    extent: dict[str, Any] = {"spatial": {"bbox": [list(service.city.bounds)], "crs": CRS84}}
    described: dict[str, Any] = {
        "id": collection.id,
        "title": about.title,
        "description": about.description,
        "keywords": list(about.keywords),
        "itemType": "feature",
        "crs": [CRS84],
        "storageCrs": CRS84,
        "extent": extent,
        "links": _links(base, is_hexagonal=about.layer is not None),
    }
    published = periods_of(collection.id, service.periods)
    if published:
        extent["temporal"] = temporal_extent(published)
        described["periods"] = period_names(published)
    if about.layer is not None:
        described |= {
            "license": ", ".join(about.layer.licences),
            "attribution": ", ".join(about.layer.owners),
            "provenance": provenance(about.layer),
        }
    return described


def _links(base: str, *, is_hexagonal: bool) -> list[dict[str, str]]:
    links = [
        link(base, "self"),
        link(base + "/items", "items", "application/geo+json"),
        link(base + "/items?f=csv", "alternate", "text/csv"),
        link(base + "/queryables", LINK + "queryables", "application/schema+json"),
        link(base + "/tiles", LINK + "tilesets-vector"),
    ]
    if is_hexagonal:
        links += [
            link(base + "/dggs", LINK + "dggrs-list"),
            link(base + "/metadata", "describedby"),
        ]
    return links
