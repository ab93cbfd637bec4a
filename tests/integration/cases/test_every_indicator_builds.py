"""A feed with an awkward shape loads, and every indicator of the timetable is built from it."""

import zipfile
from pathlib import Path

import pytest
from sqlalchemy import Engine

from etl.pipeline.run import load_source
from etl.source.declaration import SourceDeclaration
from geodata.city.configuration import City
from geodata.space.districts import load_districts
from layers.build.run import build_states
from layers.catalogue.registry import load_catalogue
from layers.period import Period
from layers.states.version import read_failures
from layers.values.query import ValueQuery
from layers.values.read import read_values

CASE = Path("cases") / "51-gtfs-shape-crosses-itself-with-a-doubled-point" / "timetable.zip"
TIMETABLE = {"departure", "gtfs_stop"}
# an eight with a doubled vertex, a point that is doubled alone, and a way out and back
SHAPES = {
    "eight": [(125.30, 43.88), (125.34, 43.90), (125.34, 43.90), (125.34, 43.88), (125.30, 43.90)],
    "still": [(125.30, 43.88), (125.30, 43.88), (125.30, 43.88)],
    "back": [(125.30, 43.88), (125.34, 43.88), (125.34, 43.88), (125.30, 43.88)],
}


def _declare(path: Path) -> SourceDeclaration:
    return SourceDeclaration.model_validate(
        {
            "key": f"feed_{path.stem}", "title_zh": "测试", "title_en": "Test", "owner": "test",
            "licence": "CC0-1.0", "cadence": "P1M", "provenance": "real", "path": str(path),
            "format": "gtfs", "table": "gtfs", "may_shrink": 1,
        }
    )  # fmt: skip


def _shaped(path: Path, points: list[tuple[float, float]]) -> Path:
    """Write a feed of one trip along a shape, two stops of which lie on it."""
    lines = [
        f"s,{lat},{lon},{number},{number}" for number, (lon, lat) in enumerate(points, start=1)
    ]
    (first, last), end = (points[0], points[-1]), len(points)
    tables = {
        "agency.txt": "agency_name,agency_url,agency_timezone\nA,http://a.example,Asia/Shanghai",
        "routes.txt": "route_id,route_short_name,route_type\nR,1,3",
        "calendar.txt": "service_id,monday,tuesday,wednesday,thursday,friday,saturday,sunday,"
        "start_date,end_date\nW,1,1,1,1,1,1,1,20261101,20270131",
        "trips.txt": "route_id,service_id,trip_id,shape_id\nR,W,T1,s",
        "stops.txt": f"stop_id,stop_name,stop_lat,stop_lon\nA,a,{first[1]},{first[0]}\n"
        f"B,b,{last[1]},{last[0]}",
        "stop_times.txt": "trip_id,arrival_time,departure_time,stop_id,stop_sequence,"
        f"shape_dist_traveled\nT1,07:00:00,07:00:00,A,1,1\nT1,07:20:00,07:20:00,B,2,{end}",
        "shapes.txt": "shape_id,shape_pt_lat,shape_pt_lon,shape_pt_sequence,shape_dist_traveled\n"
        + "\n".join(lines),
    }
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in tables.items():
            archive.writestr(name, content + "\n")
    return path


@pytest.mark.parametrize("name", ["case", *SHAPES])
def test_it_loads_and_every_indicator_builds(
    engine: Engine, city: City, request: pytest.FixtureRequest, tmp_path: Path, name: str
) -> None:
    if name == "case":
        path = request.getfixturevalue("trial_data") / CASE
    else:
        path = _shaped(tmp_path / f"{name}.zip", SHAPES[name])
    with engine.begin() as connection:
        load_districts(connection, city)
    (file,) = load_source(engine, city, _declare(path), path).files
    assert file.status == "loaded"
    catalogue = load_catalogue(city)
    keys = [key for key, entry in catalogue.items() if TIMETABLE & set(entry.tables)]
    built = {each.indicator for each in build_states(engine, city, keys)}
    assert read_failures(engine) == []
    assert "scheduled_speed_kmh" in built
    day = Period.parse("2026-12-01")
    found = read_values(engine, city, ValueQuery("stop_departures", day, "day", "city"))
    assert found["value"][0] > 0
