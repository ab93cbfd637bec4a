"""OGC API Features: a collection's features, single ones, and what may be asked of them.

tipg makes the SQL; addresses, parameters, forms and links are ours.
"""

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Path, Query, Request, Response
from tipg.collections import features_settings

from geodata.errors import NotFoundError
from geodata.service.about import metadata_of
from geodata.service.catalog import Service
from geodata.service.collection import ServedCollection
from geodata.service.conditions import (
    LARGEST_PAGE,
    LARGEST_TABLE,
    Conditions,
    Named,
    Page,
    Properties,
    Simplify,
    read_conditions,
    read_page,
    read_properties,
)
from geodata.service.forms import (
    MEDIA,
    FeatureForm,
    SchemaForm,
    answer_document,
    answer_json,
    choose,
)
from geodata.service.html import render
from geodata.service.links import base_url, link, own_links
from geodata.service.periods import layers_of
from geodata.service.queryables import queryables_of
from geodata.service.tables import (
    rows_of,
    table_of,
    write_arrow,
    write_csv,
    write_lines,
    write_parquet,
)

FORMS = ("geojson", "html", "json", "csv", "geojsonseq", "ndjson", "parquet", "arrow")
_DRAWN = {"geojson", "geojsonseq", "html"}  # these take GeoJSON, the others WKT
_WHOLE = {"parquet", "arrow"}
_RECORD_SEPARATOR = b"\x1e"  # RFC 8142


def features_router(service: Service) -> APIRouter:
    """Return the routes of features."""
    features_settings.max_features_per_query = LARGEST_TABLE
    router = APIRouter(tags=["OGC API Features"])
    _add_items(router, service)
    _add_item(router, service)
    _add_queryables(router)
    return router


def _add_items(router: APIRouter, service: Service) -> None:
    @router.get("/collections/{collectionId}/items", operation_id="getFeatures")
    async def items(
        request: Request,
        found: Named,
        asked: Annotated[Conditions, Depends(read_conditions)],
        page: Annotated[Page, Depends(read_page)],
        f: FeatureForm = None,
    ) -> Response:
        """Return the features that meet all conditions, a page at a time."""
        form = choose(request, f, FORMS)
        limit = min(page.limit, LARGEST_TABLE if form in _WHOLE else LARGEST_PAGE)
        with asked.blamed():
            async with service.connection() as connection:
                listed = await found.features(
                    connection,
                    limit=limit,
                    geom_as_wkt=form not in _DRAWN,
                    **asked.for_query(),
                    **page.for_query(),
                )
        links = _links(request, form, page.offset, limit, listed["matched"] or 0)
        if form in _DRAWN and form != "geojsonseq":
            document = _collection_of(found, listed, links)
            if form == "html":
                return Response(render(request, "items", document), media_type=MEDIA["html"])
            return answer_json(document, MEDIA["geojson"])
        content = _write(service, found, form, page.properties, listed["items"])
        return Response(content, media_type=MEDIA[form], headers=_said(listed, links, form))


def _add_item(router: APIRouter, service: Service) -> None:
    @router.get("/collections/{collectionId}/items/{itemId}", operation_id="getFeature")
    async def item(
        request: Request,
        found: Named,
        itemId: Annotated[str, Path(max_length=200)],  # noqa: N803
        properties: Properties = None,
        simplify: Simplify = None,
        f: Annotated[FeatureForm, Query()] = None,
    ) -> Response:
        """Return one feature."""
        form = choose(request, f, FORMS)
        blamed = Conditions(None, None, [itemId], [], None)
        with blamed.blamed():
            async with service.connection() as connection:
                listed = await found.features(
                    connection,
                    ids_filter=[itemId],
                    properties=read_properties(properties, found),
                    simplify=simplify or None,
                    geom_as_wkt=form not in _DRAWN,
                )
        if not listed["items"]:
            raise NotFoundError(f"{found.id} has no feature {itemId!r}")
        if form not in _DRAWN:
            content = _write(
                service, found, form, read_properties(properties, found), listed["items"]
            )
            return Response(content, media_type=MEDIA[form])
        parent = f"{base_url(request)}/collections/{found.id}"
        feature = dict(listed["items"][0])
        feature["links"] = [
            *own_links(f"{parent}/items/{itemId}", _kinds()),
            link(parent, "collection"),
        ]
        if form == "html":
            document = {**feature, "collection": found.id, "title": found.title}
            return Response(render(request, "item", document), media_type=MEDIA["html"])
        return answer_json(feature, MEDIA["geojson"])


def _add_queryables(router: APIRouter) -> None:
    @router.get("/collections/{collectionId}/queryables", operation_id="getQueryables")
    def queryables(request: Request, found: Named, f: SchemaForm = None) -> Response:
        """Return the columns that filters and parameters may name, as a JSON Schema."""
        address = f"{base_url(request)}/collections/{found.id}/queryables"
        document = queryables_of(found, address)
        return answer_document(request, f, document, "queryables", ("schemajson", "html", "json"))


def _kinds() -> list[tuple[str, str]]:
    return [(form, MEDIA[form]) for form in FORMS]


def _links(
    request: Request, form: str, offset: int, limit: int, matched: int
) -> list[dict[str, Any]]:
    """Return the links of a page: to itself, its other forms, the next page and the one before."""
    plain = request.url.remove_query_params("f")
    links = own_links(str(request.url), [(form, MEDIA[form])])
    links += [
        link(str(plain.include_query_params(f=other)), "alternate", MEDIA[other])
        for other in FORMS
        if other != form
    ]
    if offset + limit < matched:
        onward = request.url.include_query_params(offset=offset + limit, limit=limit)
        links.append(link(str(onward), "next", MEDIA[form]))
    if offset > 0:
        back = request.url.include_query_params(offset=max(offset - limit, 0), limit=limit)
        links.append(link(str(back), "prev", MEDIA[form]))
    collection = request.url.path.removesuffix("/items")
    origin = f"{request.url.scheme}://{request.url.netloc}"
    return [*links, link(origin + collection, "collection")]


def _collection_of(
    found: ServedCollection, listed: Any, links: list[dict[str, Any]]
) -> dict[str, Any]:
    return {
        "type": "FeatureCollection",
        "id": found.id,
        "title": found.title or found.id,
        "description": found.description or "",
        "numberMatched": listed["matched"],
        "numberReturned": len(listed["items"]),
        "links": links,
        "features": listed["items"],
    }


def _said(listed: Any, links: list[dict[str, Any]], form: str) -> dict[str, str]:
    """Return the headers that say of a table what GeoJSON says inside: how many, and what next."""
    onward = [each for each in links if each["rel"] in ("self", "next", "prev")]
    return {
        "OGC-NumberMatched": str(listed["matched"]),
        "OGC-NumberReturned": str(len(listed["items"])),
        "Link": ", ".join(f'<{each["href"]}>; rel="{each["rel"]}"' for each in onward),
        "Content-Disposition": f"attachment;filename=items.{form}",
    }


def _write(
    service: Service,
    found: ServedCollection,
    form: str,
    properties: list[str] | None,
    features: list[Any],
) -> bytes:
    if form == "geojsonseq":
        return write_lines(features, _RECORD_SEPARATOR)
    rows = rows_of(features)
    if form == "csv":
        names = [name for name in found.columns(properties) if name != "id"]
        return write_csv(["id", *names, "geometry"], rows)
    if form == "ndjson":
        return write_lines(rows)
    if form == "json":
        return bytes(answer_json(rows).body)
    layers = layers_of(service.periods, [str(row["id"]) for row in rows])
    table = table_of(found, properties, rows, metadata_of(found.id, layers))
    return write_arrow(table) if form == "arrow" else write_parquet(table)
