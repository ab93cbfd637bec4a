"""What a register's new file may take away: cases of the trial files, and others of their kinds."""

import json

import h3
import polars as pl
import pytest
from sqlalchemy import func, select

from etl.pipeline.run import load_source
from etl.source.data_places import DataPlaces
from etl.source.declaration import read_declaration
from geodata.database.partitions import PartitionStore
from geodata.space.districts import DistrictLocator, read_districts
from geodata.tables import facility, finding, load, source_coverage
from tests.integration.etl.conftest import CALLS, Source

CASE = "cases/31-snapshot-of-which-nine-tenths-are-unreadable"
HOSPITALS = {
    "table": "facility",
    "mode": "snapshot",
    "mapping": {
        "facility_id": "id", "kind": {"const": "hospital"}, "name": "name", "lon": "lon",
        "lat": "lat", "beds": {"source": "beds", "optional": True},
    },
}  # fmt: skip


@pytest.fixture(scope="module")
def locator(city):
    return DistrictLocator(read_districts(city))


@pytest.fixture
def register(engine, city, locator, tmp_path):
    """Return a function from a declaration's keys to a source of hospitals."""

    def make(**declared):
        return Source(engine, city, locator, tmp_path, **(HOSPITALS | declared))

    return make


def rows(numbers, lon="125.30", head="id,name,lon,lat\n"):
    return head + "".join(f"H{n},医院{n},{lon},43.86\n" for n in numbers)


def found(engine, load_id):
    query = select(finding.c.code, finding.c.severity, finding.c.rows, finding.c.message_en)
    with engine.connect() as connection:
        return {
            row.code: row for row in connection.execute(query.where(finding.c.load_id == load_id))
        }


def row_of(engine, load_id):
    with engine.connect() as connection:
        return connection.execute(select(load).where(load.c.load_id == load_id)).one()


def test_case_31_keeps_the_nine_whose_rows_cannot_be_read(engine, city, trial_data, locator):
    folder = trial_data / CASE
    for name in ("source.yaml", "b.yaml"):
        result = load_source(engine, city, read_declaration(folder / name), locator=locator)
        assert result.status == "loaded"
    current = select(func.count()).where(
        facility.c.source == "s01", facility.c.retired_by.is_(None)
    )
    with engine.connect() as connection:
        assert connection.execute(current).scalar_one() == 10
    told = found(engine, result.load_ids[0])["kept_rejected"]
    assert (told.severity, told.rows) == ("warning", 9)
    assert "hospital/H1" in told.message_en


def test_a_key_among_rejected_rows_keeps_its_record_and_others_go(register, engine):
    hospitals = register()
    hospitals.load(rows(range(20)))
    half = rows(range(8)) + rows(range(8, 18), lon="north")
    result = hospitals.load(half)  # H18 and H19 are in no row at all
    assert result.status == "loaded"
    assert len(hospitals.current("facility_id")) == 18
    assert result.stages[-1].dropped["retired, no longer in the source"] == 2
    assert found(engine, result.load_id)["kept_rejected"].rows == 10


@pytest.mark.parametrize(
    "faulty",
    [",医院,125.30,43.86\n", "H9,医院,125,30,43,86\n"],
    ids=["no key", "cells that do not fit"],
)
def test_a_row_whose_key_cannot_be_read_may_be_any(register, engine, faulty):
    hospitals = register()
    hospitals.load(rows(range(10)))
    result = hospitals.load(rows(range(9)) + faulty)
    assert len(hospitals.current("facility_id")) == 10
    told = found(engine, result.load_id)["kept_unreadable_key"]
    assert told.rows == 1
    assert "hospital/H9" in told.message_en


def test_a_misspelt_district_takes_no_record(register, engine):
    hospitals = register(mapping=HOSPITALS["mapping"] | {"district_id": "区"})
    head = "id,name,lon,lat,beds,区\n"

    def file(*last):
        good = [f"H{n},医院{n},125.30,43.86,{n},朝阳区" for n in range(9)]
        return head + "\n".join([*good, *last]) + "\n"

    hospitals.load(file("H9,医院9,125.30,43.86,9,朝阳区"))
    assert hospitals.load(file("H9,医院9,125.30,43.86,9,朝陽区")).status == "loaded"
    assert len(hospitals.current("facility_id")) == 10
    result = hospitals.load(file("J1,邻市医院,126.50,43.90,9,吉林市"))  # none of ours
    assert len(hospitals.current("facility_id")) == 9
    assert not {"kept_rejected", "kept_unreadable_key"} & found(engine, result.load_id).keys()


def test_a_row_that_is_blank_speaks_of_nothing(register):
    hospitals = register()
    hospitals.load(rows(range(10)))
    hospitals.load(rows(range(9)) + ",,,\n")
    assert len(hospitals.current("facility_id")) == 9


def test_a_file_that_takes_too_much_is_held_once(register, engine):
    hospitals = register()
    hospitals.load(rows(range(10)))
    result = hospitals.load(rows(range(7)), "register.csv")
    assert result.status == "held"
    assert "3 of 10 records would go, at most 20% may: hospital/H7, hospital/H8" in result.message
    assert len(hospitals.current("facility_id")) == 10
    assert len(hospitals.every()) == 10
    told = found(engine, result.load_id)["held_shrinking"]
    assert (told.severity, told.rows) == ("error", 3)
    assert row_of(engine, result.load_id).status == "held"
    again = hospitals.load(rows(range(7)), "register.csv")
    assert (again.status, again.load_id) == ("held", result.load_id)
    with engine.connect() as connection:
        own = select(func.count()).where(load.c.source == hospitals.declaration.key)
        assert connection.execute(own).scalar_one() == 2


def test_a_tenth_may_go_and_a_fifth_exactly(register):
    hospitals = register()
    hospitals.load(rows(range(10)))
    assert hospitals.load(rows(range(8))).status == "loaded"
    assert hospitals.load(rows(range(6))).status == "held"


def test_changed_records_count_among_those_known(register):
    hospitals = register()
    hospitals.load(rows(range(10)))
    assert hospitals.load(rows(range(9), lon="125.35")).status == "loaded"
    assert len(hospitals.current("facility_id")) == 9


def test_the_share_is_declared(register):
    hospitals = register(may_shrink=1)
    hospitals.load(rows(range(10)))
    assert hospitals.load(rows([3])).status == "loaded"
    assert hospitals.current("facility_id") == [("H3",)]


def test_a_later_good_file_supersedes_the_held_one(register, engine):
    hospitals = register()
    hospitals.load(rows(range(10)))
    held = hospitals.load(rows(range(3)))
    good = hospitals.load(rows(range(11)))
    row = row_of(engine, held.load_id)
    assert (row.status, row.settled_by) == ("superseded", good.load_id)
    # the same file is still there: it is not held anew at every round
    path = row.file
    assert hospitals.load(rows(range(3)), path).status == "already loaded"
    assert len(hospitals.current("facility_id")) == 11


def test_of_several_whole_files_the_last_stands(register, engine, city, locator, tmp_path):
    hospitals = register(path="h_*.csv")
    for month, numbers in (("10", range(10)), ("11", range(9)), ("12", range(8, -1, -1))):
        (tmp_path / f"h_{month}.csv").write_text(rows(numbers), encoding="utf-8")

    def load_all():
        return load_source(engine, city, hospitals.declaration, root=tmp_path, locator=locator)

    assert [each.status for each in load_all().files] == ["loaded"] * 3
    assert [each.status for each in load_all().files] == ["already loaded"] * 3
    assert len(hospitals.current("facility_id")) == 9


def test_the_former_content_in_its_place_supersedes_the_held_one(register, engine):
    hospitals = register()
    first = hospitals.load(rows(range(10)), "register.csv")
    held = hospitals.load(rows(range(3)), "register.csv")
    assert hospitals.load(rows(range(10)), "register.csv").status == "already loaded"
    row = row_of(engine, held.load_id)
    assert (row.status, row.settled_by) == ("superseded", first.load_id)
    assert hospitals.load(rows(range(3)), "register.csv").status == "held"  # sent anew


def test_an_accepted_file_loads_after_all(register, engine, city, locator):
    hospitals = register()
    hospitals.load(rows(range(10)))
    held = hospitals.load(rows(range(3)))
    path = row_of(engine, held.load_id).file_path
    accepted = load_source(
        engine, city, hospitals.declaration.as_accepted(), path, locator=locator
    ).files[0]
    assert accepted.status == "loaded"
    assert len(hospitals.current("facility_id")) == 3
    row = row_of(engine, held.load_id)
    assert (row.status, row.settled_by) == ("accepted", accepted.load_id)


def test_an_empty_file_is_held_where_it_may_be_empty(register):
    hospitals = register(allow_empty=True)
    assert hospitals.load("id,name,lon,lat\n").status == "loaded"
    hospitals.load(rows(range(10)))
    assert hospitals.load("id,name,lon,lat\n\n").status == "held"
    assert len(hospitals.current("facility_id")) == 10


def test_a_scope_is_judged_by_itself(register):
    hospitals = register(
        scope=["operator"],
        mapping=HOSPITALS["mapping"] | {"operator": "operator"},
    )

    def file(operator, numbers):
        lines = (f"{operator}{n},a,125.3,43.86,{operator}\n" for n in numbers)
        return "id,name,lon,lat,operator\n" + "".join(lines)

    hospitals.load(file("A", range(100)))
    hospitals.load(file("B", range(10)))
    held = hospitals.load(file("B", range(5)), "b.csv")
    assert "5 of 10" in held.message
    assert hospitals.load(file("A", range(90))).status == "loaded"
    assert (
        hospitals.load(file("B", range(5)), "b.csv").status == "held"
    )  # A's file says nothing of B
    assert len(hospitals.current("facility_id")) == 100


def test_values_of_a_scope_count_only_together(register):
    hospitals = register(
        scope=["operator", "technology"], may_shrink=1,
        mapping=HOSPITALS["mapping"] | {"operator": "operator", "technology": "technology"},
    )  # fmt: skip
    head = "id,name,lon,lat,operator,technology\n"
    hospitals.load(head + "1,a,125.3,43.86,A,4g\n2,a,125.3,43.86,A,5g\n3,a,125.3,43.86,B,4g\n")
    hospitals.load(head + "2,b,125.3,43.86,A,5g\n3,b,125.3,43.86,B,4g\n")
    assert hospitals.current("facility_id") == [("1",), ("2",), ("3",)]


def features(numbers, broken=()):
    made = [
        {
            "type": "Feature",
            "properties": {"id": f"P{n}", "name": "公园"},
            "geometry": {
                "type": "Point",
                "coordinates": [999 if n in broken else 125.3, 43.86],
            },
        }
        for n in numbers
    ]
    return json.dumps({"type": "FeatureCollection", "features": made})


def test_a_geojson_register_keeps_what_it_cannot_place(register):
    parks = register(
        format="geojson",
        mapping={"facility_id": "id", "kind": {"const": "hospital"}, "name": "name"},
    )
    parks.load(features(range(10)), "a.geojson")
    result = parks.load(features(range(10), broken=range(6, 10)), "b.geojson")
    assert (result.status, result.rows_rejected) == ("loaded", 4)
    assert len(parks.current("facility_id")) == 10
    most = parks.load(features(range(10), broken=range(1, 10)), "c.geojson")
    assert most.status == "refused"  # more than half of its places cannot be
    assert len(parks.current("facility_id")) == 10


def test_units_of_polygons_are_kept_and_counted_as_units(register):
    units = register(
        table="population", allocate=True, format="geojson", path="*.geojson",
        mapping={"unit_id": "id", "residents": "n", "vintage_on": {"const": "2020-11-01"}},
    )  # fmt: skip

    def file(numbers, unread=()):
        def square(n):
            west = 125.2 + n * 0.01
            ring = [[west, 43.8], [west + 0.01, 43.8], [west + 0.01, 43.81], [west, 43.81]]
            return {"type": "Polygon", "coordinates": [[*ring, ring[0]]]}

        made = [
            {"type": "Feature", "geometry": square(n),
             "properties": {"id": f"U{n}", "n": "many" if n in unread else "1000"}}
            for n in numbers
        ]  # fmt: skip
        return json.dumps({"type": "FeatureCollection", "features": made})

    def people():
        frame = pl.DataFrame(units.current("unit_id", "residents"), orient="row")
        sums = frame.group_by("column_0").agg(pl.col("column_1").sum().round(6))
        return dict(sums.sort("column_0").iter_rows())

    units.load(file(range(8)), "a.geojson")
    assert people() == dict.fromkeys([f"U{n}" for n in range(8)], 1000)
    held = units.load(file(range(5)), "b.geojson")
    assert "3 of 8" in held.message
    assert units.load(file(range(8), unread=[5, 6, 7]), "c.geojson").status == "loaded"
    assert people() == dict.fromkeys([f"U{n}" for n in range(8)], 1000)


def test_hexagons_of_one_unit_are_counted_one_by_one(register):
    cells = [h3.latlng_to_cell(43.8, 125.2 + n / 100, 10) for n in range(10)]
    people = register(
        table="population",
        mapping={
            "unit_id": {"const": "whole"}, "cell": "cell", "residents": "n",
            "vintage_on": {"const": "2020-11-01"},
        },
    )  # fmt: skip

    def file(chosen, unread=()):
        lines = (f"{cell},{'many' if cell in unread else 5}\n" for cell in chosen)
        return "cell,n\n" + "".join(lines)

    people.load(file(cells))
    assert "4 of 10" in people.load(file(cells[:6])).message
    assert people.load(file(cells[:9], unread=cells[2:9])).status == "loaded"
    assert len(people.current("cell")) == 9  # the tenth is in no row


def test_one_value_of_a_wide_row_keeps_all_its_records(register):
    values = register(
        table="statistic", unpivot={"男": "men", "女": "women"},
        mapping={
            "variable": "@variable", "entity_id": "区", "starts_at": {"const": "2025-01-01"},
            "ends_at": {"const": "2026-01-01"}, "value": "@value",
        },
    )  # fmt: skip
    values.load("区,男,女\na,1,2\nb,3,4\nc,5,6\n")
    values.load("区,男,女\na,1,2\nb,3,4\nc,many,6\n")
    assert len(values.current("entity_id")) == 6


def test_a_changed_declaration_loads_a_file_again(register, source_like, engine):
    hospitals = register()
    content = "id,name,lon,lat,beds\n1,a,125.30,43.86,300\n2,b,125.31,43.87,400\n"
    first = hospitals.load(content, "h.csv")
    shifted = source_like(hospitals, datum="gcj02")
    again = shifted.load(content, "h.csv")
    assert again.status == "loaded"
    assert {row[0] for row in shifted.current("datum")} == {"gcj02"}
    named = source_like(
        hospitals, datum="gcj02", title_en="Hospitals", owner="else", may_shrink=0.5
    )
    assert named.load(content, "h.csv").status == "already loaded"
    bare = {k: v for k, v in HOSPITALS["mapping"].items() if k != "beds"}
    poorer = source_like(hospitals, datum="gcj02", mapping=bare)
    assert poorer.load(content, "h.csv").status == "loaded"
    assert poorer.current("beds") == [(None,), (None,)]
    assert row_of(engine, first.load_id).declaration_sha256 is not None


@pytest.fixture
def source_like(engine, city, locator, tmp_path):
    """Return a function from a source and changed keys to the same source, declared otherwise."""

    def make(like, **changed):
        said = like.declaration.model_dump(mode="json", by_alias=True, exclude_unset=True)
        return Source(engine, city, locator, tmp_path, **(said | changed))

    return make


def calls_file(numbers, day="2026-11-01"):
    return "id,t0\n" + "".join(f"{n},{day} 08:{n:02}:00\n" for n in numbers)


def test_what_another_declaration_made_of_a_file_goes(register, source_like, engine):
    calls = register(**CALLS, mode="append", coverage={"period": "months"})
    calls.load(calls_file(range(3)), "a.csv")
    calls.load(calls_file(range(3, 5)), "b.csv")
    renamed = source_like(
        calls,
        mapping=CALLS["mapping"] | {"record_id": {"template": "110-{id}"}},
        coverage={"period": "days"},
    )
    assert renamed.load(calls_file(range(3)), "a.csv").status == "loaded"
    assert renamed.current("record_id") == [("110-0",), ("110-1",), ("110-2",), ("3",), ("4",)]
    renamed.load(calls_file(range(3, 5)), "b.csv")
    assert renamed.current("record_id") == [(f"110-{n}",) for n in range(5)]
    c = source_coverage.c
    claimed = select(c.ends_at - c.starts_at).where(
        c.source == calls.declaration.key, c.retired_by.is_(None)
    )
    with engine.connect() as connection:
        assert {span.days for span in connection.scalars(claimed)} == {1}


def test_day_partitions_lose_what_another_declaration_made(register, source_like, tmp_path):
    places = DataPlaces(store=PartitionStore(str(tmp_path)))
    samples = register(
        table="network_sample", mode="append", store="telemetry",
        mapping={
            "sample_id": "id", "sampled_at": "t", "lon": "lon", "lat": "lat",
            "kind": {"const": "radio"}, "technology": {"const": "4g"},
        },
    )  # fmt: skip

    def known():
        found = places.store.partitions("network_sample", samples.declaration.key)
        return [(each.day.day, places.store.read(each)["sample_id"].to_list()) for each in found]

    head = "id,t,lon,lat\n"
    first = f"{head}1,2026-11-01 23:59:00,125.3,43.8\n2,2026-11-02 00:01:00,125.3,43.8\n"
    samples.load(first, "a.csv", places)
    samples.load(f"{head}3,2026-11-02 00:02:00,125.3,43.8\n", "b.csv", places)
    assert known() == [(1, ["1"]), (2, ["2", "3"])]
    later = source_like(samples, timezone="Asia/Tokyo")
    assert later.load(first, "a.csv", places).status == "loaded"
    assert known() == [(1, ["1", "2"]), (2, ["3"])]
    assert later.load(first, "a.csv", places).status == "already loaded"


@pytest.mark.parametrize("mode", ["snapshot", "append"])
def test_a_source_of_another_table_leaves_the_former_one(register, source_like, mode):
    hospitals = register(mode=mode)
    content = "id,name,lon,lat,n,on\n1,a,125.30,43.86,300,2020-11-01\n"
    hospitals.load(content, "h.csv")
    people = source_like(
        hospitals,
        table="population",
        mapping={
            "unit_id": "id", "residents": "n", "vintage_on": "on", "lon": "lon", "lat": "lat",
        },
    )  # fmt: skip
    assert people.load(content, "h.csv").status == "loaded"
    assert people.current("residents") == [(300.0,)]
    assert hospitals.current("facility_id") == []


def test_a_correction_taken_back_is_loaded_again(register):
    calls = register(**CALLS, mode="append")
    head = "id,t0,address\n"
    good, wrong = f"{head}1,2026-11-01 08:00:00,朝阳\n", f"{head}1,2026-11-01 08:00:00,二道\n"
    calls.load(good, "a.csv")
    calls.load(wrong, "a.csv")
    assert calls.load(good, "a.csv").status == "loaded"
    assert calls.current("address") == [("朝阳",)]


def covered_days(engine, source):
    c = source_coverage.c
    spans = select(c.starts_at, c.ends_at).where(c.source == source.declaration.key)
    with engine.connect() as connection:
        return sorted(
            f"{a.astimezone().date()}..{b.astimezone().date()}"
            for a, b in connection.execute(spans)
        )


def test_a_faulty_day_is_no_day_without_calls(register, engine):
    calls = register(**CALLS, mode="append", coverage={"period": "months"})
    faulty = "".join(f"x{n},2026-11-05 09:{n:02}:00,abc,def\n" for n in range(8))
    text = "id,t0,lon,lat\n" + "".join(f"{n},2026-11-0{n} 08:00:00,,\n" for n in range(1, 10))
    strict = register(**CALLS, mode="append", place="required", coverage={"period": "months"})
    sound = "id,t0,lon,lat\n" + "".join(
        f"{n},2026-11-0{n} 08:00:00,125.3,43.86\n" for n in range(1, 10)
    )
    calls.load(text)
    result = strict.load(sound + faulty)
    assert covered_days(engine, calls) != covered_days(engine, strict)
    assert len(covered_days(engine, strict)) == 2
    assert "2026-11-05" in found(engine, result.load_id)["coverage_hole"].message_en


def test_a_file_of_which_half_has_no_time_claims_nothing(register, engine):
    calls = register(**CALLS, mode="append", coverage={"period": "days"})
    result = calls.load("id,t0\n1,2026-11-01 08:00:00\n2,soon\n3,later\n")
    assert covered_days(engine, calls) == []
    assert found(engine, result.load_id)["coverage_hole"].severity == "error"
