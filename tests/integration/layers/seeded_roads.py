"""A grid of roads over the middle of the seeded city, with stations that answer calls."""

from collections.abc import Callable

STEP, WEST, SOUTH, COLUMNS, ROWS = 0.02, 125.1, 43.7, 22, 18
DRIVE_S = 120.0


def _node(column: int, row: int) -> int:
    return 1 + column * ROWS + row


def _place(column: int, row: int) -> tuple[float, float]:
    return round(WEST + STEP * column, 4), round(SOUTH + STEP * row, 4)


def seed_roads(add: Callable[..., int]) -> None:
    """Write crossings, roads both ways between them, and three stations of each service."""
    lattice = [(column, row) for column in range(COLUMNS) for row in range(ROWS)]
    nodes = [
        {"node_id": _node(*at), "geom": "SRID=4326;POINT({} {})".format(*_place(*at))}
        for at in lattice
    ]
    links = [
        ((column, row), (column + right, row + up))
        for column, row in lattice
        for right, up in ((1, 0), (0, 1))
        if column + right < COLUMNS and row + up < ROWS
    ]
    edges = [
        {
            "way_id": number, "segment": 0, "from_node": _node(*here), "to_node": _node(*there),
            "highway": "tertiary", "length_m": 2000.0, "speed_kmh": 60.0, "drive_s": DRIVE_S,
            "is_speed_estimated": True, "is_drivable": True, "is_drivable_back": True,
            "is_walkable": True,
            "geom": "SRID=4326;LINESTRING({} {}, {} {})".format(*_place(*here), *_place(*there)),
        }
        for number, (here, there) in enumerate(links)
    ]  # fmt: skip
    stations = [
        {
            "facility_id": f"{kind}-{number}",
            "kind": kind,
            "geom": "SRID=4326;POINT({} {})".format(*_place(5 + 5 * number, 8)),
        }
        for kind in ("fire_station", "ambulance_station")
        for number in range(3)
    ]
    add("road_node", nodes, source="roads")
    add("road_edge", edges, source="roads")
    add("facility", stations, source="stations")
