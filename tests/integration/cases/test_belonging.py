"""Which records belong to the city: totals, other districts, misplaced points, regional feeds."""

import json
import zipfile
from datetime import timedelta
from pathlib import Path

import pytest
import shapely
import yaml
from pyproj import Transformer
from sqlalchemy import func, select

from etl.outcome import FileLoad
from etl.pipeline.run import load_source
from etl.source.declaration import SourceDeclaration, read_declaration
from geodata.city.configuration import load_city
from geodata.clock import now
from geodata.space.districts import DistrictLocator
from geodata.tables import (
    departure,
    facility,
    finding,
    gtfs_stop,
    incident,
    rejected_row,
    statistic,
)
from layers.build.run import build_states
from layers.period import Period
from layers.values.read import ValueQuery, read_values
from tests.conftest import opened

BASE = {
    "title_zh": "试", "title_en": "try", "owner": "试", "licence": "none", "cadence": "P1M",
    "provenance": "real", "format": "csv",
}  # fmt: skip
CALLS = {
    "table": "incident",
    "timezone": "Asia/Shanghai",
    "mapping": {
        "record_id": "id", "channel": {"const": "110"}, "received_at": "t0", "lon": "lon",
        "lat": "lat",
    },
}  # fmt: skip
PLACES = {
    "table": "facility",
    "mode": "snapshot",
    "mapping": {
        "facility_id": "id", "kind": {"const": "hospital"}, "beds": "beds", "lon": "lon",
        "lat": "lat",
    },
}  # fmt: skip
RETURN = {
    "table": "statistic",
    "mapping": {
        "variable": {"const": "beds_in_use"}, "entity_id": "who", "district_id": "where",
        "value": "n", "starts_at": {"source": "month", "format": "month"},
        "ends_at": {"source": "month", "format": "month", "end": True},
    },
}  # fmt: skip


@pytest.fixture
def load(engine, city, tmp_path):
    """Load a text as the file of a source, or the file of a case; return what became of it."""
    locator = DistrictLocator.of_city(city)

    def run(text: str | Path, declared: SourceDeclaration | dict, key: str = "") -> FileLoad:
        path = text if isinstance(text, Path) else tmp_path / f"{key}.csv"
        if isinstance(text, str):
            path.write_text(text, encoding="utf-8")
        if isinstance(declared, dict):
            said = BASE | {"key": key, "path": path.name} | declared
            declared = SourceDeclaration.model_validate(said)
            declared._file = tmp_path / f"{key}.yaml"
        (found,) = load_source(engine, city, declared, path, locator=locator).files
        return found

    return run


def found_of(engine, result):
    """Return code -> (rows, English text) of a load's findings."""
    columns = (finding.c.code, finding.c.rows, finding.c.message_en, finding.c.message_zh)
    with engine.connect() as connection:
        rows = connection.execute(select(*columns).where(finding.c.load_id == result.load_id))
        return {row.code: row for row in rows}


def rejected(engine, result):
    with engine.connect() as connection:
        columns = (rejected_row.c.row_number, rejected_row.c.field, rejected_row.c.reason)
        statement = select(*columns).where(rejected_row.c.load_id == result.load_id)
        return sorted(tuple(row) for row in connection.execute(statement))


def current(engine, table, key, *names):
    columns = [table.c[name] for name in names]
    with engine.connect() as connection:
        mine = (table.c.source == key) & table.c.retired_by.is_(None)
        return sorted(tuple(row) for row in connection.execute(select(*columns).where(mine)))


def test_the_total_of_a_return_counts_nowhere(engine, city, load, trial_data):
    case = trial_data / "cases" / "34-total-row"
    result = load(case / "ehr.csv", read_declaration(case / "source.yaml"))
    assert (result.status, result.rows_loaded, result.rows_rejected) == ("loaded", 2, 1)
    assert rejected(engine, result) == [(4, "机构编码", "is a total of other rows")]
    assert "是其他行的合计" in found_of(engine, result)["rejected_row"].message_zh
    build_states(engine, city, ("ehr_coverage",))
    query = ValueQuery("ehr_coverage", Period.parse("2026-10"), "reported", by="city")
    assert read_values(engine, city, query).row(0, named=True)["num"] == 1100


def test_rows_of_totals_and_of_others_are_rejected_and_names_are_read(engine, load):
    text = (
        "who,where,month,n\nA,220102,2026-09,1\nB,朝阳区,2026-09,2\nC,NONG'AN COUNTY,2026-09,4\n"
        "D,220203,2026-09,8\nE,吉林市龙潭区,2026-09,16\n合　计,,2026-09,31\nTotal,,2026-09,31\n"
        "南关区小计：,220102,2026-09,1\nF,,2026-09,32\n"
    )
    result = load(text, RETURN, "returns")
    assert [row[0] for row in current(engine, statistic, "returns", "entity_id")] == list("ABCF")
    named = current(engine, statistic, "returns", "district_id", "value")
    assert named == [("220102", 1.0), ("220104", 2.0), ("220122", 4.0), ("unknown", 32.0)]
    assert [row[::2] for row in rejected(engine, result)] == [
        (5, "names no district of the city"),
        (6, "names no district of the city"),
        (7, "is a total of other rows"),
        (8, "is a total of other rows"),
        (9, "is a total of other rows"),
    ]


def test_a_value_without_a_district_of_a_wider_source_is_in_no_total(engine, load):
    result = load("who,where,month,n\nA,,2026-09,1\n", RETURN | {"extent": "wider"}, "wider_return")
    assert current(engine, statistic, "wider_return", "district_id") == [("unplaced",)]
    assert found_of(engine, result)["place_unplaced"].rows == 1


def test_northings_taken_for_eastings_refuse_the_file(engine, load, trial_data):
    case = trial_data / "cases" / "15-cgcs2000-x-is-north"
    result = load(case / "p.csv", read_declaration(case / "source.yaml"))
    assert result.status == "refused"
    assert "look swapped" in result.message
    assert current(engine, facility, "c12e", "facility_id") == []
    told = found_of(engine, result)["misplaced_file"]
    assert told.rows == 2
    assert "互换" in told.message_zh


def test_a_few_misplaced_rows_are_rejected_each_with_its_cause(engine, load):
    text = (
        "id,beds,lon,lat\n1,1,125.32,43.88\n2,2,125.4,43.9\n3,4,125.2,43.8\n4,8,43.88,125.32\n"
        "5,16,-125.32,43.88\n6,32,126.56,43.85\n7,64,125.1,43.7\n8,128,,\n"
    )
    result = load(text, PLACES, "hospitals_try")
    assert [row[::2] for row in rejected(engine, result)] == [
        (5, "latitude out of range: longitude and latitude look swapped"),
        (6, "outside the city's bounds: a minus sign looks lost"),
    ]
    kept = dict(current(engine, facility, "hospitals_try", "facility_id", "district_id"))
    assert (kept["6"], kept["8"]) == ("outside", "unknown")
    told = found_of(engine, result)
    assert (told["outside_city"].rows, told["place_unknown"].rows) == (1, 1)


def test_a_call_is_kept_without_a_place_that_cannot_be(engine, load):
    text = (
        "id,t0,lon,lat\n1,2026-11-01 08:00,125.32,43.88\n2,2026-11-01 08:00,12.532,43.88\n"
        "3,2026-11-01 08:00,125.4,43.9\n"
    )
    result = load(text, CALLS, "calls_try")
    assert (result.status, result.records) == ("loaded", 3)
    places = dict(current(engine, incident, "calls_try", "record_id", "district_id"))
    assert places["2"] == "unknown"
    told = found_of(engine, result)["place_dropped"]
    assert (told.rows, "decimal point" in told.message_en) == (1, True)
    assert "小数点" in told.message_zh


def test_base_stations_beyond_the_city_are_kept(engine, load):
    mapping = {**PLACES["mapping"], "kind": {"const": "base_station"}, "node_id": "id"}
    declared = PLACES | {"mapping": {k: v for k, v in mapping.items() if k != "beds"}}
    text = "id,lon,lat\n1,125.32,43.88\n2,123.4,41.8\n3,,\n4,125.32,95\n"
    result = load(text, declared, "stations_try")
    kept = dict(current(engine, facility, "stations_try", "facility_id", "district_id"))
    assert kept.keys() == {"1", "2", "3"}
    assert (kept["2"], kept["3"]) == ("outside", "unplaced")
    assert [row[0] for row in rejected(engine, result)] == [5]


def test_a_wider_file_with_its_axes_exchanged_is_refused(engine, load):
    declared = PLACES | {"extent": "wider", "area": None}
    swapped = "id,beds,lon,lat\n1,1,43.88,85.1\n2,1,43.9,125.3\n3,1,43.8,125.2\n"
    result = load(swapped, declared, "wider_try")
    assert result.status == "refused"
    assert "swapped" in result.message


def test_times_that_cannot_be_are_rejected(engine, city, load):
    today = now().astimezone(city.zone).date()
    tomorrow, later = today + timedelta(days=1), today + timedelta(days=2)
    text = (
        f"id,t0,lon,lat\n1,{tomorrow} 23:59:59,,\n2,{later} 00:00:00,,\n3,1970-01-01 08:00:00,,\n"
        f"4,2026-11-01,,\n5,2026-11-01 00:00:00,,\n"
    )
    result = load(text, CALLS, "times_try")
    assert current(engine, incident, "times_try", "record_id") == [("1",), ("5",)]
    assert rejected(engine, result) == [
        (3, "t0", "lies in the future"),
        (4, "t0", "lies before the source's first day"),
        (5, "t0", "is a date without a clock"),
    ]


def test_a_source_may_say_its_first_day_and_that_days_are_meant(engine, load):
    mapping = CALLS["mapping"] | {"received_at": {"source": "t0", "format": ["iso", "day"]}}
    declared = CALLS | {"first_day": "1969-01-01", "mapping": mapping}
    result = load("id,t0,lon,lat\n1,1970-01-01 08:00:00,,\n2,2026-11-01,,\n", declared, "old_try")
    assert result.rows_rejected == 0


def test_codes_of_areas_are_placed_by_a_declared_table(engine, load, tmp_path):
    (tmp_path / "villages.csv").write_text(
        "村,经度,纬度\nV1,125.32,43.88\nV2,125.18,44.43\n", encoding="gbk"
    )
    places = {"path": "villages.csv", "code": "村", "lon": "经度", "lat": "纬度", "encoding": "gbk"}
    declared = CALLS | {"places": places, "mapping": CALLS["mapping"] | {"place_code": "village"}}
    text = (
        "id,t0,lon,lat,village\n1,2026-11-01 08:00,,,V1\n2,2026-11-01 08:00,125.4,43.9,V2\n"
        "3,2026-11-01 08:00,,,V2\n4,2026-11-01 08:00,,,V9\n5,2026-11-01 08:00,,,\n"
    )
    result = load(text, declared, "coded_calls")
    rows = {row[0]: row[1:] for row in current(
        engine, incident, "coded_calls", "record_id", "original_lon", "district_id"
    )}  # fmt: skip
    assert rows["1"][0] == 125.32
    assert rows["2"][0] == 125.4
    assert rows["3"] == (125.18, "220122")
    assert rows["4"] == rows["5"] == (None, "unknown")
    assert found_of(engine, result)["place_code_unlisted"].rows == 1


def test_codes_name_districts_of_rows_without_a_point(engine, load, tmp_path):
    (tmp_path / "towns.csv").write_text("code,district\n220122100,农安县\n220102001,220102\n")
    places = {"path": "towns.csv", "code": "code", "district": "district"}
    mapping = {**RETURN["mapping"], "place_code": "town"}
    del mapping["district_id"]
    text = "who,town,month,n\nA,220122100,2026-09,1\nB,220102001,2026-09,2\nC,1,2026-09,4\n"
    result = load(text, RETURN | {"places": places, "mapping": mapping}, "coded_returns")
    named = current(engine, statistic, "coded_returns", "entity_id", "district_id")
    assert named == [("A", "220122"), ("B", "220102")]
    assert rejected(engine, result) == [(4, "town", "is not in the declared table of places")]


METRES = Transformer.from_crs(31982, 4326, always_xy=True)  # UTM 22 S, about Porto Alegre
X0, Y0 = 480_000.0, 6_670_000.0
STOPS_KM = (5.0, 9.9, 10.05, 40.0)


def square_city(folder: Path, tolerance_m: float):
    """Return a city that is a square of 10 km, of one district."""
    corners = [(0, 0), (10, 0), (10, 10), (0, 10)]
    ring = [METRES.transform(X0 + x * 1000, Y0 + y * 1000) for x, y in corners]
    feature = {
        "type": "Feature",
        "properties": {"district_id": "1", "name_zh": "方", "name_en": "Square"},
        "geometry": shapely.geometry.mapping(shapely.Polygon(ring)),
    }
    west, south, east, north = shapely.Polygon(ring).buffer(0.5).bounds
    folder.mkdir()
    said = {
        "code": "square", "name_zh": "方城", "name_en": "Square", "title_zh": "方城",
        "title_en": "Square", "timezone": "America/Sao_Paulo", "metric_crs": 31982,
        "bounds": [west, south, east, north], "boundary_tolerance_m": tolerance_m,
        "camera": {"lon": ring[0][0], "lat": ring[0][1], "zoom": 10},
        "districts": {"file": {"path": "districts.geojson"}},
    }  # fmt: skip
    (folder / "city.yaml").write_text(yaml.safe_dump(said), encoding="utf-8")
    collection = {"type": "FeatureCollection", "features": [feature]}
    (folder / "districts.geojson").write_text(json.dumps(collection), encoding="utf-8")
    return load_city(str(folder))


def regional_feed(path: Path, day: str) -> Path:
    """Write a feed of a trip that leaves stops 5, 9.9, 10.05 and 40 km east and ends there."""
    points = [METRES.transform(X0 + km * 1000, Y0 + 5000) for km in STOPS_KM]
    stops = [f"S{n},S{n},{lat},{lon}" for n, (lon, lat) in enumerate(points)]
    times = [f"T,{8 + n}:00:00,{8 + n}:00:00,S{min(n, 3)},{n}" for n in range(5)]
    files = {
        "agency": ["agency_id,agency_name,agency_url,agency_timezone",
                   "A,A,http://example.org,America/Sao_Paulo"],
        "stops": ["stop_id,stop_name,stop_lat,stop_lon", *stops],
        "routes": ["route_id,agency_id,route_short_name,route_type", "R,A,1,3"],
        "trips": ["route_id,service_id,trip_id", "R,D,T"],
        "stop_times": ["trip_id,arrival_time,departure_time,stop_id,stop_sequence", *times],
        "calendar_dates": ["service_id,date,exception_type", f"D,{day},1"],
    }  # fmt: skip
    with zipfile.ZipFile(path, "w") as archive:
        for name, lines in files.items():
            archive.writestr(f"{name}.txt", "\n".join(lines) + "\n")
    return path


@pytest.mark.parametrize(("tolerance_m", "of_city"), [(0, 2), (100, 3)])
def test_departures_of_a_regional_feed_are_those_of_stops_in_the_city(
    create_database, template_database, tmp_path, tolerance_m, of_city
):
    city = square_city(tmp_path / "square", tolerance_m)
    feed = regional_feed(tmp_path / "feed.zip", "20261125")
    said = {"key": "region", "path": "feed.zip", "format": "gtfs", "table": "gtfs",
            "mode": "snapshot", "expand": {"from": "2026-11-25", "days": 1}}  # fmt: skip
    declaration = SourceDeclaration.model_validate(BASE | said)
    with opened(create_database(template_database)) as engine:
        (result,) = load_source(engine, city, declaration, feed).files
        assert result.status == "loaded", result.message
        with engine.connect() as connection:
            of_stop = select(gtfs_stop.c.stop_id, gtfs_stop.c.district_id)
            by_stop = dict(connection.execute(of_stop).all())
            of_district = select(departure.c.district_id, func.count()).group_by("district_id")
            counted = dict(connection.execute(of_district).all())
        assert by_stop["S3"] == "outside"
        assert sum(each == "1" for each in by_stop.values()) == of_city
        assert counted == {"1": of_city, "outside": 5 - of_city}
        told = found_of(engine, result)
        assert told["outside_city"].rows == 4 - of_city
        assert told["outside_departures"].rows == 5 - of_city
        build_states(engine, city, ("stop_departures",))
        query = ValueQuery("stop_departures", Period.parse("2026-11-25"), "day", by="city")
        assert read_values(engine, city, query).row(0, named=True)["value"] == of_city
