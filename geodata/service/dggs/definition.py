"""H3 as a discrete global grid reference system, in the form of the standard's Annex B."""

from typing import Any

DGGRS = "H3"
DEFAULT_DEPTH = 0
FINEST = 15
SUB_ZONE_ORDER = (
    "Ascending 64-bit index of the descendants by index digits, pentagons' gaps left out."
)


def definition(address: str) -> dict[str, Any]:
    """Return the definition; `address` is its own."""
    return {
        "title": "H3",
        "description": (
            "Hexagonal hierarchy of aperture 7 on the icosahedron, 12 pentagons a level; children "
            "belong to a parent by their index and cover it only nearly."
        ),
        "links": [
            {"rel": "self", "href": address},
            {"rel": "related", "href": "https://h3geo.org/docs/core-library/h3Indexing"},
        ],
        "dggh": {
            "definition": {
                "spatialDimensions": 2,
                "temporalDimensions": 0,
                "crs": "http://www.opengis.net/def/crs/OGC/1.3/CRS84",
                "basePolyhedron": "icosahedron",
                "refinementRatio": 7,
                "refinementStrategy": ["centredChildCell"],
                "constraints": {"cellEqualSized": False},
                "zoneTypes": ["hexagon", "pentagon"],
                "maxRefinementLevel": FINEST,
            },
            "parameters": {
                "ellipsoid": "sphere of the WGS-84 authalic radius, 6371.007180918475 km"
            },
        },
        "zirs": {
            "textZIRS": {"description": "The 64-bit index as lower-case hexadecimal text."},
            "uint64ZIRS": {"description": "The H3 index, an unsigned 64-bit integer."},
        },
        "subZoneOrder": {"description": SUB_ZONE_ORDER, "type": "index"},
    }
