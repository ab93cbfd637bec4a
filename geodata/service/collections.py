"""The landing page, conformance, and the collections with their descriptions."""

from typing import Annotated, Any

from fastapi import APIRouter, Query, Request, Response

from geodata.errors import NotFoundError
from geodata.service.about import layer_of, provenance
from geodata.service.catalog import Service
from geodata.service.collection import ServedCollection
from geodata.service.conditions import Named
from geodata.service.conformance import CONFORMS_TO
from geodata.service.extents import overlaps, read_box, read_span
from geodata.service.forms import MEDIA, PageForm, answer_document
from geodata.service.links import LINK, base_url, link, own_links
from geodata.service.periods import period_names, periods_of, temporal_extent

CRS84 = "http://www.opengis.net/def/crs/OGC/1.3/CRS84"
_KINDS = [("json", MEDIA["json"]), ("html", MEDIA["html"])]


def collections_router(service: Service) -> APIRouter:
    """Return the routes of the whole service and of its collections."""
    router = APIRouter(tags=["OGC API Common"])

    @router.get("/", operation_id="getLandingPage")
    def landing(request: Request, f: PageForm = None) -> Response:
        """Return where everything else is."""
        return answer_document(request, f, _landing(service, base_url(request)), "landing")

    @router.get("/conformance", operation_id="getConformanceClasses")
    def conformance(request: Request, f: PageForm = None) -> Response:
        """Return the parts of the standards that the service keeps to."""
        links = own_links(base_url(request) + "/conformance", _KINDS)
        document = {"conformsTo": list(CONFORMS_TO), "links": links}
        return answer_document(request, f, document, "conformance")

    @router.get("/collections", operation_id="getCollections")
    def collections(
        request: Request,
        limit: Annotated[int, Query(ge=1)] = 1000,
        offset: Annotated[int, Query(ge=0, le=10_000)] = 0,
        bbox: Annotated[str | None, Query(description="west,south,east,north in CRS84.")] = None,
        datetime: Annotated[str | None, Query(description="An instant or an interval.")] = None,
        f: PageForm = None,
    ) -> Response:
        """Return the collections, those of a place and a time where these are given."""
        known = _chosen(service, bbox, datetime)
        limit = min(limit, 1000)
        shown = known[offset : offset + limit]
        links = own_links(base_url(request) + "/collections", _KINDS)
        if offset + limit < len(known):
            onward = request.url.include_query_params(offset=offset + limit)
            links.append(link(str(onward), "next"))
        document = {
            "links": links,
            "numberMatched": len(known),
            "numberReturned": len(shown),
            "collections": [_describe(service, request, each) for each in shown],
        }
        return answer_document(request, f, document, "collections")

    @router.get("/collections/{collectionId}", operation_id="getCollection")
    def collection(request: Request, found: Named, f: PageForm = None) -> Response:
        """Return what a collection is and where its features are."""
        return answer_document(request, f, _describe(service, request, found), "collection")

    @router.get("/collections/{collectionId}/metadata", operation_id="getMetadata")
    def metadata(request: Request, found: Named, f: PageForm = None) -> Response:
        """Return where a collection's numbers come from."""
        layer = layer_of(found.id, service.layers)
        if layer is None:
            raise NotFoundError("each feature of this collection names its own source")
        titles = {"id": found.id, "title": {"zh": layer.title_zh, "en": layer.title_en}}
        return answer_document(request, f, titles | provenance(layer), "metadata")

    return router


def _landing(service: Service, base: str) -> dict[str, Any]:
    return {
        "title": f"{service.city.title_zh} · {service.city.title_en}",
        "description": "地理数据服务 · OGC API Features, Tiles and DGGS; DCAT and NGSI-LD exports.",
        "links": [
            *own_links(base + "/", _KINDS),
            link(base + "/api", "service-desc", MEDIA["openapi"], "接口说明 · OpenAPI"),
            link(base + "/api?f=html", "service-doc", MEDIA["html"], "接口说明 · API, as a page"),
            link(base + "/conformance", "conformance", title="遵循的标准 · Conformance"),
            link(base + "/conformance", LINK + "conformance", title="遵循的标准 · Conformance"),
            link(base + "/collections", "data", title="数据集合 · Collections"),
            link(base + "/collections", LINK + "data", title="数据集合 · Collections"),
            link(base + "/tileMatrixSets", LINK + "tiling-schemes", title="瓦片矩阵集 · Tiles"),
            link(base + "/dggs", LINK + "dggrs-list", title="离散全球网格 · DGGS"),
            link(base + "/catalogue", "describedby", MEDIA["ld"], "数据目录 · DCAT"),
            link(base + "/ngsi-ld/v1/entities", "related", MEDIA["ld"], "指标 · NGSI-LD"),
        ],
    }


def _chosen(service: Service, bbox: str | None, datetime: str | None) -> list[ServedCollection]:
    """Return the collections that touch a box and a time; what has no time is at any."""
    known = list(service.collections.values())
    if bbox is not None and not _touches(service, bbox):
        return []
    if datetime is None:
        return known
    span = read_span(datetime)
    periods = {each.id: periods_of(each.id, service.periods) for each in known}
    return [
        each
        for each in known
        if not periods[each.id]
        or any(overlaps(span, one.starts_at, one.ends_at) for one in periods[each.id])
    ]


def _touches(service: Service, bbox: str) -> bool:
    west, south, east, north = read_box(bbox)
    left, low, right, high = service.city.bounds
    beside = east < left or west > right if west <= east else east < left and west > right
    return not beside and south <= high and north >= low


def _describe(service: Service, request: Request, collection: ServedCollection) -> dict[str, Any]:
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
        *own_links(base, _KINDS),
        link(base + "/items", "items", MEDIA["geojson"], "要素 · Features"),
        link(base + "/items?f=html", "items", MEDIA["html"], "要素 · Features, as a page"),
        link(base + "/items?f=csv", "items", MEDIA["csv"], "表格 · Table (CSV)"),
        link(base + "/items?f=parquet", "items", MEDIA["parquet"], "GeoParquet"),
        link(base + "/queryables", LINK + "queryables", MEDIA["schemajson"], "字段 · Columns"),
        link(base + "/tiles", LINK + "tilesets-vector", title="矢量瓦片 · Vector tiles"),
    ]
    if is_hexagonal:
        links += [
            link(base + "/dggs", LINK + "dggrs-list", title="DGGS"),
            link(base + "/metadata", "describedby", title="来源 · Provenance"),
        ]
    return links
