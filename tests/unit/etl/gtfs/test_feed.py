from collections.abc import Callable
from datetime import date
from pathlib import Path
from zipfile import ZIP_DEFLATED, ZipFile

import polars as pl
import pytest

from etl.gtfs.feed import Feed, read_feed
from etl.gtfs.records import build_records
from etl.ledger.findings import FaultyFileError
from etl.limits import LimitError, Limits
from etl.source.file import SourceFile
from geodata.errors import ExtractError

MakeFeed = Callable[..., Path]
TODAY = date(2026, 12, 1)
HEADER = "trip_id,arrival_time,departure_time,stop_id,stop_sequence\n"


def faults(feed: Feed) -> list[tuple[object, ...]]:
    return [
        (table.file, *row)
        for table in feed.tables.values()
        for row in table.faults.drop("code").iter_rows()
    ]


def test_every_row_of_the_files_used_is_counted(mini: Feed) -> None:
    assert (mini.rows_in, mini.rows_loaded) == (34, 34)
    assert mini.timezone == "Asia/Shanghai"


@pytest.mark.parametrize("folder", ["", "feed/"])
def test_a_zip_may_hold_one_folder(make_feed: MakeFeed, tmp_path: Path, folder: str) -> None:
    path = tmp_path / "feed.zip"
    with ZipFile(path, "w") as archive:
        archive.writestr("__MACOSX/._stops.txt", b"\0")
        for file in make_feed().glob("*.txt"):
            archive.write(file, folder + file.name)
    assert read_feed(SourceFile.at(path), TODAY).rows_in == 34
    in_memory = SourceFile("feed.zip", content=path.read_bytes())
    assert read_feed(in_memory, TODAY).rows_in == 34


def test_a_zip_with_a_damaged_member_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "feed.zip"
    with ZipFile(path, "w", ZIP_DEFLATED) as archive:
        archive.writestr("stops.txt", "a,b\n" * 5000)
    content = bytearray(path.read_bytes())
    content[45:60] = b"\xff" * 15
    path.write_bytes(content)
    with pytest.raises(ExtractError, match=r"feed\.zip: not a readable zip"):
        read_feed(SourceFile.at(path), TODAY)


def test_a_zip_that_unpacks_to_more_than_memory_is_refused(
    tmp_path: Path,
) -> None:
    path = tmp_path / "feed.zip"
    with ZipFile(path, "w", ZIP_DEFLATED) as archive:
        archive.writestr("stops.txt", "0" * (1 << 20) + "1")
    with pytest.raises(LimitError, match=r"feed\.zip: unpacks to 1,048,577 bytes; at most 1 MB"):
        read_feed(SourceFile.at(path), TODAY, limits=Limits(unpacked_mb=1))


def test_a_file_that_is_no_zip_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "feed.zip"
    path.write_bytes(b"no zip")
    with pytest.raises(ExtractError, match=r"feed\.zip: not a readable zip"):
        read_feed(SourceFile.at(path), TODAY)


@pytest.mark.parametrize("file", ["agency.txt", "stops.txt", "stop_times.txt"])
def test_a_missing_file_is_named(make_feed: MakeFeed, file: str) -> None:
    with pytest.raises(ExtractError, match=f"{file} is missing"):
        read_feed(SourceFile.at(make_feed({file: None})), TODAY)


def test_a_feed_needs_a_calendar(make_feed: MakeFeed) -> None:
    path = make_feed({"calendar.txt": None, "calendar_dates.txt": None})
    with pytest.raises(ExtractError, match=r"neither calendar\.txt nor calendar_dates\.txt"):
        read_feed(SourceFile.at(path), TODAY)


def test_an_empty_optional_file_says_nothing(make_feed: MakeFeed) -> None:
    assert read_feed(SourceFile.at(make_feed({"frequencies.txt": ""})), TODAY).rows_in == 33


@pytest.mark.parametrize(
    ("zone", "message"), [("Mars/Olympus", "does not exist"), ("", "no agency is left: is blank")]
)
def test_a_feed_needs_a_time_zone(make_feed: MakeFeed, zone: str, message: str) -> None:
    agency = f"agency_id,agency_timezone\nM,{zone}\n"
    with pytest.raises(ExtractError, match=message):
        read_feed(SourceFile.at(make_feed({"agency.txt": agency})), TODAY)


def test_on_demand_rows_are_refused(make_feed: MakeFeed) -> None:
    rows = (
        "trip_id,arrival_time,departure_time,stop_id,stop_sequence,start_pickup_drop_off_window,"
        "end_pickup_drop_off_window\nT1,,,S1,1,06:00:00,20:00:00\n"
        "T1,7:00:00,7:00:00,S2,2,,\nT1,7:10:00,7:10:00,S3,3,,\n"
    )
    feed = read_feed(SourceFile.at(make_feed({"stop_times.txt": rows})), TODAY)
    reason = "on demand (GTFS-Flex): no scheduled departure"
    assert faults(feed) == [("stop_times.txt", 2, "start_pickup_drop_off_window", reason)]


def test_unknown_references_are_refused_down_the_line(make_feed: MakeFeed) -> None:
    trips = "route_id,service_id,trip_id\nR,WD,T1\nX,WD,T2\nR,NO,T3\n"
    times = HEADER + (
        "T1,7:00:00,7:00:00,S1,1\nT1,7:10:00,7:10:00,S9,2\nT1,7:20:00,7:20:00,S3,3\n"
        "T2,7:00:00,7:00:00,S1,1\nT9,7:00:00,7:00:00,S1,1\n"
    )
    path = make_feed({"trips.txt": trips, "stop_times.txt": times, "frequencies.txt": None})
    feed = read_feed(SourceFile.at(path), TODAY)
    found = {(file, row, field) for file, row, field, _ in faults(feed)}
    assert found == {
        ("trips.txt", 3, "route_id"),
        ("trips.txt", 4, "service_id"),
        ("stop_times.txt", 3, "stop_id"),
        ("stop_times.txt", 5, "trip_id"),
        ("stop_times.txt", 6, "trip_id"),
    }
    assert feed.rows_in == feed.rows_loaded + 5


def test_a_refused_last_row_does_not_make_the_row_before_a_terminal(make_feed: MakeFeed) -> None:
    times = HEADER + ("T1,7:00:00,7:00:00,S1,1\nT1,7:10:00,7:10:00,S2,2\nT1,7:20:00,7:20:00,S9,3\n")
    feed = read_feed(SourceFile.at(make_feed({"stop_times.txt": times})), TODAY)
    assert feed.rows("stop_times.txt")["is_last"].to_list() == [False, False]


def test_a_stop_without_a_place_is_refused_but_a_node_is_not(make_feed: MakeFeed) -> None:
    stops = (
        "stop_id,stop_lat,stop_lon,location_type\nS1,43.85,125.3,\nS2,,125.3,0\nS3,0,0,0\nN,,,3\n"
    )
    feed = read_feed(SourceFile.at(make_feed({"stops.txt": stops})), TODAY)
    of_stops = [fault for fault in faults(feed) if fault[0] == "stops.txt"]
    assert of_stops == [
        ("stops.txt", 3, "stop_lat", "is blank"),
        ("stops.txt", 4, "stop_lat", "0, 0 is no place"),
    ]


def test_a_loop_serves_its_first_stop_twice(make_feed: MakeFeed) -> None:
    times = HEADER + ("T1,7:00:00,7:00:00,S1,1\nT1,7:05:00,7:05:00,S2,2\nT1,7:10:00,7:10:00,S1,3\n")
    feed = read_feed(SourceFile.at(make_feed({"stop_times.txt": times})), TODAY)
    rows = feed.rows("stop_times.txt").select("stop_id", "is_last").rows()
    assert rows == [("S1", False), ("S2", False), ("S1", True)]


def test_services_by_exceptions_alone(make_feed: MakeFeed) -> None:
    feed = read_feed(SourceFile.at(make_feed({"calendar.txt": None})), TODAY)
    assert feed.service_days.rows() == [("SP", date(2026, 12, 25)), ("WD", date(2026, 12, 26))]


def test_both_ends_of_a_calendar_are_service_days(mini: Feed) -> None:
    weekdays = mini.service_days.filter(pl.col("service_id") == "WD")["service_on"]
    assert (weekdays.min(), weekdays.max()) == (date(2026, 12, 1), date(2026, 12, 31))
    assert date(2026, 12, 25) not in weekdays.to_list()
    assert date(2026, 12, 26) in weekdays.to_list()


@pytest.mark.parametrize(
    ("route_type", "is_rail"), [(0, False), (1, True), (2, True), (3, False), (109, True),
                                (401, True), (700, False), (800, False), (900, False)]
)  # fmt: skip
def test_rail_by_route_type_reaches_the_whole_station(
    make_feed: MakeFeed, route_type: int, is_rail: bool
) -> None:
    stops = (
        "stop_id,stop_lat,stop_lon,location_type,parent_station\n"
        "S1,43.85,125.3,0,P\nS2,43.85,125.31,0,\nS3,43.85,125.32,0,\n"
        "P,43.85,125.3,1,\nE,43.851,125.3,2,P\n"
    )
    routes = f"route_id,route_type\nR,{route_type}\n"
    path = make_feed({"stops.txt": stops, "routes.txt": routes})
    feed = read_feed(SourceFile.at(path), TODAY, _nowhere)
    found = build_records(feed)["gtfs_stop"]
    assert found.filter("is_rail")["stop_id"].to_list() == (
        ["S1", "S2", "S3", "P", "E"] if is_rail else []
    )
    assert found.filter("is_boardable")["stop_id"].to_list() == ["S1", "S2"]


def _nowhere(stops):
    return stops.with_rows(
        stops.rows.with_columns(
            pl.col("stop_lon").alias("@x"), pl.col("stop_lat").alias("@y"),
            pl.lit(0).alias("cell"), pl.lit("unknown").alias("district_id"),
        )
    )  # fmt: skip


def _zip(path: Path, files: dict[str, bytes]) -> SourceFile:
    with ZipFile(path, "w") as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    return SourceFile.at(path)


def test_a_zip_of_zips_names_them(make_feed: MakeFeed, tmp_path: Path) -> None:
    inner = _zip(tmp_path / "a.zip", {p.name: p.read_bytes() for p in make_feed().glob("*.txt")})
    data = inner.read_bytes()
    one = _zip(tmp_path / "one.zip", {"deep/a.zip": data, "__MACOSX/._a.zip": b""})
    read = read_feed(one, TODAY)
    assert read.rows_in == 34
    assert read.findings[0].file == "deep/a.zip"
    two = _zip(tmp_path / "two.zip", {"bus.zip": data, "rail.zip": data})
    with pytest.raises(
        FaultyFileError, match=r"two\.zip: holds zips.*bus\.zip, rail\.zip"
    ) as error:
        read_feed(two, TODAY)
    assert [(each.code, each.detail) for each in error.value.findings] == [
        ("zip_of_zips", "bus.zip, rail.zip")
    ]


def test_feeds_side_by_side_are_not_one(make_feed: MakeFeed, tmp_path: Path) -> None:
    files = {p.name: p.read_bytes() for p in make_feed().glob("*.txt")}
    both = {f"{folder}/{name}": data for folder in ("bus", "rail") for name, data in files.items()}
    with pytest.raises(FaultyFileError, match="several feeds side by side: bus, rail"):
        read_feed(_zip(tmp_path / "feed.zip", both), TODAY)


def test_a_template_without_a_sound_frequency_never_runs(make_feed: MakeFeed) -> None:
    rows = "trip_id,start_time,end_time,headway_secs\nTF,9:00:00,10:00:00,0\n"
    feed = read_feed(SourceFile.at(make_feed({"frequencies.txt": rows})), TODAY)
    assert "TF" not in feed.rows("trips.txt")["trip_id"].to_list()
    found = {(each.code, each.file, each.row_number, each.field) for each in feed.findings}
    assert ("number_out_of_range", "frequencies.txt", 2, "headway_secs") in found
    assert "trip_without_sound_frequency" in {code for code, *_ in found}


def test_one_sound_frequency_is_enough(make_feed: MakeFeed) -> None:
    rows = (
        "trip_id,start_time,end_time,headway_secs\n"
        "TF,9:00:00,10:00:00,0\nTF,11:00:00,12:00:00,600\n"
    )
    feed = read_feed(SourceFile.at(make_feed({"frequencies.txt": rows})), TODAY)
    assert "TF" in feed.rows("trips.txt")["trip_id"].to_list()


def test_a_feed_without_a_usable_stop_time_is_refused(make_feed: MakeFeed) -> None:
    times = HEADER + "T1,7:00,7:00,S1,1\nT1,7:10,7:10,S2,2\n"
    with pytest.raises(FaultyFileError, match="no usable row in stop_times") as error:
        read_feed(SourceFile.at(make_feed({"stop_times.txt": times})), TODAY)
    codes = [each.code for each in error.value.findings]
    assert codes[0] == "no_usable_stop_time"
    assert "invalid_time" in codes


@pytest.mark.parametrize(
    ("content", "cause"),
    [
        (
            b"<!DOCTYPE html><title>Sign in</title>",
            "this is an HTML page (a login page?)",
        ),
        (b"\x1f\x8b\x08\0\0", "this is a gzip file"),
        (b"PK\x03\x04 and no more", "not a readable zip: damaged or cut short"),
    ],
)
def test_a_file_that_is_no_zip_is_called_what_it_is(
    tmp_path: Path, content: bytes, cause: str
) -> None:
    path = tmp_path / "feed.zip"
    path.write_bytes(content)
    with pytest.raises(FaultyFileError) as refused:
        read_feed(SourceFile.at(path), TODAY)
    assert cause in str(refused.value)
    assert [each.code for each in refused.value.findings] == ["i_o_error"]


@pytest.mark.parametrize(
    ("names", "cause"),
    [
        (("Stops.txt", "Trips.txt"), "in small letters, not Stops.txt, Trips.txt"),
        (
            ("a/one.csv", "two.csv"),
            "no GTFS table at the top or in a folder; it holds a/one.csv, t",
        ),
        (
            ("xl/workbook.xml", "xl/x.xml"),
            "no GTFS table: this is an Excel file (.xlsx)",
        ),
        ((), "no GTFS table at the top or in a folder"),
    ],
)
def test_a_zip_without_a_table_says_what_it_holds(
    tmp_path: Path, names: tuple[str, ...], cause: str
) -> None:
    path = tmp_path / "feed.zip"
    with ZipFile(path, "w") as archive:
        for name in names:
            archive.writestr(name, "stop_id\n")
    with pytest.raises(FaultyFileError) as refused:
        read_feed(SourceFile.at(path), TODAY)
    assert cause in str(refused.value)


@pytest.mark.parametrize(
    ("header", "cause"),
    [
        ("trip_id;arrival_time;stop_id;stop_sequence", "separated by semicolons, not by commas"),
        ("trip_id\tarrival_time\tstop_id\tstop_sequence", "separated by tabs, not by commas"),
        ("Trip_ID,arrival_time,stop_id,STOP_SEQUENCE", "not Trip_ID, STOP_SEQUENCE"),
        ("arrival_time,stop_id", "column trip_id, stop_sequence is missing"),
    ],
)
def test_a_header_that_cannot_be_used_says_why(
    make_feed: MakeFeed, header: str, cause: str
) -> None:
    folder = make_feed({"stop_times.txt": f"{header}\n1,2,3,4\n"})
    with pytest.raises(FaultyFileError) as refused:
        read_feed(SourceFile.at(folder), TODAY)
    assert cause in str(refused.value)
    said = {each.field: each.message_zh for each in refused.value.findings}
    assert set(said) <= {"trip_id", "stop_sequence"}


def test_a_feed_without_a_usable_row_names_the_row_that_made_it_so(make_feed: MakeFeed) -> None:
    days = "monday,tuesday,wednesday,thursday,friday,saturday,sunday"
    calendar = f"service_id,{days},start_date,end_date\nWD,1,1,1,1,1,1,1,2026-12-01,20261231\n"
    folder = make_feed({"calendar.txt": calendar, "calendar_dates.txt": None})
    why = r"stop_times\.txt: calendar\.txt row 2: start_date is not a date YYYYMMDD"
    with pytest.raises(FaultyFileError, match=why):
        read_feed(SourceFile.at(folder), TODAY)
