"""The forms in which an answer may be asked for, by `f` or by `Accept`."""

from collections.abc import Sequence
from types import MappingProxyType
from typing import Annotated, Any, Literal

import orjson
from fastapi import Query, Request, Response

from geodata.service.html import render

MEDIA = MappingProxyType(
    {
        "json": "application/json",
        "html": "text/html",
        "geojson": "application/geo+json",
        "csv": "text/csv",
        "geojsonseq": "application/geo+json-seq",
        "ndjson": "application/ndjson",
        "parquet": "application/vnd.apache.parquet",
        "arrow": "application/vnd.apache.arrow.stream",
        "schemajson": "application/schema+json",
        "ld": "application/ld+json",
        "openapi": "application/vnd.oai.openapi+json;version=3.0",
    }
)
_SAYS = "The form of the answer; without it `Accept` decides."
PageForm = Annotated[Literal["json", "html"] | None, Query(description=_SAYS)]
FeatureKind = Literal["geojson", "json", "csv", "geojsonseq", "ndjson", "parquet", "arrow", "html"]
FeatureForm = Annotated[FeatureKind | None, Query(description=_SAYS)]
SchemaForm = Annotated[Literal["schemajson", "json", "html"] | None, Query(description=_SAYS)]


def json_only(f: Annotated[Literal["json"] | None, Query(description=_SAYS)] = None) -> None:
    """Take the one form that an address has."""


def choose(request: Request, asked: str | None, offered: Sequence[str]) -> str:
    """Return the form of an answer: what `f` names, else what `Accept` prefers, else the first."""
    if asked is not None:
        return asked
    wanted = _accepted(request.headers.get("accept", ""))
    best = max(((wanted.get(MEDIA[each], 0.0), each) for each in offered), key=lambda pair: pair[0])
    return best[1] if best[0] > wanted.get("*/*", 0.0) * 0.999 and best[0] > 0 else offered[0]


def _accepted(header: str) -> dict[str, float]:
    """Return the weight of each media type of an `Accept` header; what is malformed weighs none."""
    weights = {}
    for part in header.split(","):
        name, _, rest = part.partition(";")
        weight = rest.replace(" ", "").partition("q=")[2].partition(";")[0] or "1"
        try:
            weights[name.strip().lower()] = min(float(weight), 1.0)
        except ValueError:
            weights[name.strip().lower()] = 0.0
    return weights


def answer_document(
    request: Request,
    asked: str | None,
    content: dict[str, Any],
    template: str,
    offered: Sequence[str] = ("json", "html"),
) -> Response:
    """Answer a document as JSON or as a page for people."""
    form = choose(request, asked, offered)
    if form == "html":
        return Response(render(request, template, content), media_type=MEDIA["html"])
    return answer_json(content, MEDIA[offered[0]])


def answer_json(content: Any, media: str = MEDIA["json"]) -> Response:
    """Answer JSON of a media type."""
    return Response(orjson.dumps(content, default=_plain), media_type=media)


def _plain(value: Any) -> Any:
    """Return what JSON has no word for as text or number: decimals."""
    return float(value) if hasattr(value, "as_tuple") else str(value)
