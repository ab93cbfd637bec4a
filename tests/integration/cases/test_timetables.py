"""Faulty, early and shrinking timetables: what each leaves, and what it says."""

import shutil
import zipfile
from collections.abc import Callable
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from sqlalchemy import Engine, text

from commands.live_timetables import load_due_timetables
from etl.gtfs.load import load_feed
from etl.outcome import FileLoad, HeldLoadError
from etl.pipeline.run import load_source
from etl.source.declaration import SourceDeclaration
from etl.source.file import SourceFile
from geodata.city.configuration import City
from geodata.clock import now
from geodata.queries.progress import read_lapsed_feeds
from geodata.space.districts import DistrictLocator, read_districts
from layers.build.run import build_states
from layers.period import Period
from layers.values.read import ValueQuery, read_values

ZONE = "+08:00"
HEADER = "trip_id,arrival_time,departure_time,stop_id,stop_sequence\n"
CALENDAR = (
    "service_id,monday,tuesday,wednesday,thursday,friday,saturday,sunday,start_date,end_date\n"
)


def feed_files(first: str, last: str, *times: str, **others: str) -> dict[str, str]:
    """Return a feed of three stops that runs daily; each time is the start of a trip."""
    trips = "".join(f"R,D,T{i},SH\n" for i, _ in enumerate(times))
    calls = "".join(
        f"T{i},{time}:{minute:02}:00,{time}:{minute:02}:00,S{stop},{stop}\n"
        for i, time in enumerate(times)
        for stop, minute in ((1, 0), (2, 10), (3, 20))
    )
    return {
        "agency.txt": "agency_id,agency_name,agency_url,agency_timezone\n"
        "A,Buses,https://example.org,Asia/Shanghai\n",
        "stops.txt": "stop_id,stop_name,stop_lat,stop_lon\nS1,北,43.88,125.32\n"
        "S2,中,43.87,125.32\nS3,南,43.86,125.32\n",
        "routes.txt": "route_id,agency_id,route_short_name,route_type\nR,A,1,3\n",
        "trips.txt": "route_id,service_id,trip_id,shape_id\n" + trips,
        "shapes.txt": "shape_id,shape_pt_lat,shape_pt_lon,shape_pt_sequence\n"
        "SH,43.88,125.32,1\nSH,43.86,125.32,2\n",
        "stop_times.txt": HEADER + calls,
        "calendar.txt": f"{CALENDAR}D,1,1,1,1,1,1,1,{first},{last}\n",
    } | {f"{name}.txt": content for name, content in others.items()}


class Timetables:
    """One source, its files replaced one by another at times of the city's clock."""

    def __init__(
        self, engine: Engine, city: City, declaration: SourceDeclaration, at: Callable[[str], None]
    ) -> None:
        self.engine, self.city, self.declaration, self._at = engine, city, declaration, at
        self.path = Path(str(declaration.path))

    def declare(self, **changed: object) -> None:
        """Change the source's declaration."""
        said = self.declaration.model_dump(by_alias=True, exclude_defaults=True)
        self.declaration = SourceDeclaration.model_validate(said | changed)

    def put(self, files: dict[str, str] | Path) -> None:
        """Let a feed lie where the source's file is looked for."""
        if isinstance(files, Path):
            shutil.copy(files, self.path)
            self.path.chmod(0o644)
            return
        with zipfile.ZipFile(self.path, "w") as archive:
            for name, content in files.items():
                archive.writestr(name, content)

    def load(self, at: str) -> list[FileLoad]:
        """Load what is due at a time."""
        self._at(f"{at}:00{ZONE}")
        return list(load_source(self.engine, self.city, self.declaration, self.path).files)

    def rows(self, query: str) -> list[tuple[object, ...]]:
        with self.engine.connect() as connection:
            values = {"source": self.declaration.key}
            return [tuple(row) for row in connection.execute(text(query), values)]

    def ahead(self, since: str) -> int:
        """Return the departures from a time on."""
        ((found,),) = self.rows(
            "SELECT count(*) FROM ops.departure WHERE source = :source AND retired_by IS NULL"
            f" AND departs_at >= '{since}{ZONE}'"
        )
        return int(str(found))

    def days(self) -> dict[date, int]:
        """Return the departures of each service day."""
        return dict(
            self.rows(
                "SELECT service_on, count(*) FROM ops.departure WHERE source = :source"
                " AND retired_by IS NULL GROUP BY 1 ORDER BY 1"
            )
        )  # type: ignore[arg-type]

    def findings(self, load_id: int | None) -> dict[str, str]:
        return dict(
            self.rows(f"SELECT code, message_en FROM ops.finding WHERE load_id = {load_id}")
        )  # type: ignore[arg-type]


@pytest.fixture
def timetables(
    engine: Engine,
    city: City,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    request: pytest.FixtureRequest,
) -> Timetables:
    key = f"t{abs(hash(request.node.name)) % 10**9}"
    declaration = SourceDeclaration.model_validate(
        {
            "key": key, "title_zh": "公交", "title_en": "buses", "owner": "bureau",
            "licence": "none", "cadence": "P1M", "provenance": "real",
            "path": str(tmp_path / "feed.zip"), "format": "gtfs", "table": "gtfs",
        }
    )  # fmt: skip
    return Timetables(engine, city, declaration, lambda at: monkeypatch.setenv("OCC_NOW", at))


@pytest.fixture
def case(trial_data: Path) -> Callable[[str], Path]:
    """The folder of a case by its number."""

    def find(number: str) -> Path:
        found = sorted((trial_data / "cases").glob(f"{number}-*"))
        if not found:
            pytest.skip(f"case {number} is not among the trial files")
        return found[0]

    return find


NOVEMBER = ("20261101", "20261231")


@pytest.mark.realdata
def test_case_05_a_zip_of_zips_names_them(timetables: Timetables, case) -> None:
    timetables.put(case("05") / "g.zip")
    (result,) = timetables.load("2026-11-28T12:00")
    assert result.status == "refused"
    assert "google_bus.zip, google_rail.zip" in str(result.message)
    assert "missing" not in str(result.message)
    assert list(timetables.findings(result.load_id)) == ["zip_of_zips"]


@pytest.mark.realdata
def test_case_07_a_faulty_feed_leaves_the_good_one(timetables: Timetables, case) -> None:
    timetables.put(case("07") / "good.zip")
    timetables.load("2026-11-28T12:00")
    before = timetables.ahead("2026-11-28T12:00")
    timetables.put(case("07") / "bad.zip")
    (result,) = timetables.load("2026-11-28T12:30")
    assert result.status == "refused"
    assert "no usable row in stop_times.txt" in str(result.message)
    assert {"no_usable_stop_time", "invalid_time"} <= timetables.findings(result.load_id).keys()
    assert timetables.ahead("2026-11-28T12:00") == before == 39


@pytest.mark.realdata
def test_case_26_a_feed_that_begins_later_waits_for_its_day(timetables: Timetables, case) -> None:
    timetables.put(case("26") / "a.zip")
    timetables.load("2026-11-28T12:00")
    before = timetables.days()
    timetables.put(case("26") / "b.zip")
    (result,) = timetables.load("2026-11-28T13:00")
    assert result.status == "upcoming"
    assert timetables.findings(result.load_id)["upcoming_timetable"].endswith("2026-12-10")
    assert timetables.days() == before
    (again,) = timetables.load("2026-11-28T14:00")
    assert again.status == "already loaded"
    timetables.load("2026-12-06T08:00")  # the week is over, and a.zip is gone from the disk
    assert timetables.days()[date(2026, 12, 9)] == 6
    timetables.load("2026-12-10T00:10")
    assert timetables.days()[date(2026, 12, 16)] == 6
    ((version,),) = timetables.rows(
        "SELECT starts_on FROM ops.gtfs_feed WHERE source = :source AND retired_by IS NULL"
    )
    assert version == date(2026, 12, 10)


@pytest.mark.realdata
def test_case_50_a_refused_frequency_silences_its_template(timetables: Timetables, case) -> None:
    timetables.put(case("50") / "timetable.zip")
    (result,) = timetables.load("2026-11-28T00:00")
    runs = timetables.rows(
        "SELECT DISTINCT trip_id FROM ops.departure WHERE source = :source"
        " AND service_on = '2026-11-28' ORDER BY 1"
    )
    assert runs == [("LOOP",), ("T2",)]
    found = timetables.findings(result.load_id)
    assert "number_out_of_range" in found
    assert "trip_without_sound_frequency" in found


@pytest.mark.realdata
def test_case_51_a_shape_with_a_doubled_vertex_is_built(timetables: Timetables, case) -> None:
    timetables.put(case("51") / "timetable.zip")
    (result,) = timetables.load("2026-11-28T00:00")
    assert result.status == "loaded"
    build_states(timetables.engine, timetables.city, ["scheduled_speed_kmh"])
    question = ValueQuery("scheduled_speed_kmh", Period.parse("2026-11-28"), by="city", res=None)
    assert read_values(timetables.engine, timetables.city, question)["value"].item() > 0


@pytest.mark.realdata
def test_case_52_a_time_that_fits_nowhere_is_named_by_its_row(timetables: Timetables, case) -> None:
    timetables.put(case("52") / "timetable.zip")
    (result,) = timetables.load("2026-11-28T00:00")
    refused = timetables.rows(
        "SELECT row_number, field, raw ->> 'departure_time' FROM ops.rejected_row"
        f" WHERE load_id = {result.load_id}"
    )
    assert refused == [(3, "arrival_time", "27:05:00")]
    at = timetables.rows(
        "SELECT departs_at FROM ops.departure WHERE source = :source AND trip_id = 'T1'"
        " AND service_on = '2026-11-28' ORDER BY 1"
    )
    assert [row[0] for row in at] == [
        datetime(2026, 11, 27, 23, minute, tzinfo=UTC) for minute in (0, 10, 15)
    ]


def test_an_upcoming_feed_needs_no_file_on_its_day_and_the_past_stays(
    timetables: Timetables, monkeypatch: pytest.MonkeyPatch
) -> None:
    timetables.put(feed_files("20261101", "20261206", "07", "08", "09"))
    timetables.load("2026-11-28T12:00")
    timetables.put(feed_files("20261209", "20261231", "06", "07", "08", "09"))
    (result,) = timetables.load("2026-11-30T12:00")
    assert result.status == "upcoming"
    gap = timetables.findings(result.load_id)["no_timetable_until"]
    assert gap.endswith("2026-12-07 – 2026-12-08")
    timetables.path.unlink()
    monkeypatch.setenv("OCC_NOW", f"2026-12-09T04:00:00{ZONE}")
    with timetables.engine.connect() as connection:
        due = read_lapsed_feeds(connection, now(), timetables.city.timezone)
    assert timetables.declaration.key in due
    (result,) = load_due_timetables(timetables.engine, timetables.city, [timetables.declaration])
    assert result.status == "loaded"
    assert load_due_timetables(timetables.engine, timetables.city, [timetables.declaration]) == []
    days = timetables.days()
    assert {day: days.get(day) for day in (date(2026, 11, 28), date(2026, 12, 9))} == {
        date(2026, 11, 28): 9, date(2026, 12, 9): 12,
    }  # fmt: skip
    covered = timetables.rows(
        "SELECT (starts_at AT TIME ZONE 'Asia/Shanghai')::date,"
        " (ends_at AT TIME ZONE 'Asia/Shanghai')::date FROM ops.source_coverage"
        " WHERE source = :source AND table_name = 'departure' AND retired_by IS NULL ORDER BY 1"
    )
    assert covered == [
        (date(2026, 11, 28), date(2026, 12, 5)), (date(2026, 12, 9), date(2026, 12, 16)),
    ]  # fmt: skip
    with pytest.raises(Exception, match="no file"):
        timetables.load("2026-12-09T05:00")


def test_past_days_are_told_by_the_feed_of_their_time(timetables: Timetables) -> None:
    """T4, T5: a feed that replaced another does not change the days before it."""
    keys = ["service_span_h", "scheduled_speed_kmh", "stop_departures"]

    def value(key: str, day: str) -> float | None:
        question = ValueQuery(key, Period.parse(day), by="city", res=None)
        found = read_values(timetables.engine, timetables.city, question)["value"].to_list()
        return round(found[0], 3) if found and found[0] is not None else None

    with timetables.engine.begin() as connection:  # the other tests' feeds run no more
        for table in ("gtfs_feed", "gtfs_stop", "gtfs_trip", "gtfs_service_day", "departure"):
            connection.execute(text(f"UPDATE ops.{table} SET retired_by = load_id"))
        connection.execute(text("UPDATE ops.gtfs_feed SET speaks_until = DATE '0001-01-01'"))
        connection.execute(text("UPDATE ops.source_coverage SET retired_by = load_id"))
    timetables.put(feed_files(*NOVEMBER, "07", "09"))
    timetables.load("2026-12-01T06:00")
    build_states(timetables.engine, timetables.city, keys)
    before = [value(key, "2026-12-02") for key in keys]
    assert before == [2.167, value("scheduled_speed_kmh", "2026-12-02"), 4.0]
    timetables.put(feed_files(*NOVEMBER, "06", "07", "11"))
    (result,) = timetables.load("2026-12-04T06:00")
    assert result.status == "loaded"
    build_states(timetables.engine, timetables.city, keys)
    assert [value(key, "2026-12-02") for key in keys] == before
    assert value("service_span_h", "2026-12-05") == 5.167
    assert value("stop_departures", "2026-12-05") == 2.0  # from 7 to 10


def test_a_feed_that_loses_too_many_departures_is_held(timetables: Timetables, city: City) -> None:
    times = [f"{hour:02}" for hour in range(6, 16)]
    timetables.put(feed_files(*NOVEMBER, *times))
    timetables.load("2026-11-28T00:00")
    before = timetables.days()
    timetables.put(feed_files(*NOVEMBER, *times[:7]))
    (result,) = timetables.load("2026-11-28T00:10")
    assert result.status not in ("loaded", "upcoming", "already loaded")
    assert timetables.days() == before
    timetables.put(feed_files("20261201", "20261231", *times[:7]))
    (result,) = timetables.load("2026-11-28T00:20")
    assert result.status not in ("loaded", "upcoming", "already loaded")
    locator = DistrictLocator(read_districts(city))
    with timetables.engine.begin() as connection:
        ((load_id,),) = timetables.rows("SELECT max(load_id) FROM ops.load WHERE source = :source")
        arguments = (connection, city, timetables.declaration, SourceFile.at(timetables.path))
        with pytest.raises(HeldLoadError) as held:
            load_feed(*arguments, int(str(load_id)), locator)
    (finding,) = held.value.findings
    assert (finding.code, finding.severity) == ("held_fewer_departures", "error")
    timetables.put(feed_files(*NOVEMBER, *times[:8]))
    (result,) = timetables.load("2026-11-28T00:30")
    assert result.status == "loaded"
    timetables.declaration = timetables.declaration.as_accepted()
    timetables.put(feed_files(*NOVEMBER, *times[:1]))
    (result,) = timetables.load("2026-11-28T00:40")
    assert result.status == "loaded"
    assert timetables.days()[date(2026, 11, 29)] == 3


def test_old_days_go_and_coverage_with_them(timetables: Timetables) -> None:
    timetables.declare(expand={"keep_days": 3})
    timetables.put(feed_files(*NOVEMBER, "07"))
    timetables.load("2026-11-20T06:00")
    timetables.load("2026-11-27T06:00")
    assert min(timetables.days()) == date(2026, 11, 24)
    ((since,),) = timetables.rows(
        "SELECT min(starts_at) FROM ops.source_coverage WHERE source = :source"
        " AND table_name = 'departure' AND retired_by IS NULL"
    )
    assert since == datetime(2026, 11, 23, 16, tzinfo=UTC)


def test_days_beyond_the_limit_of_departures_are_a_finding(timetables: Timetables) -> None:
    timetables.declare(expand={"max_departures": 10})
    timetables.put(feed_files(*NOVEMBER, "07"))
    (result,) = timetables.load("2026-11-20T06:00")
    assert len(timetables.days()) == 3
    assert timetables.findings(result.load_id)["days_left_out"].endswith("4")


def test_a_declared_encoding_holds_for_timetables(timetables: Timetables) -> None:
    timetables.declare(encoding="gbk")
    with zipfile.ZipFile(timetables.path, "w") as archive:
        for name, content in feed_files(*NOVEMBER, "07").items():
            archive.writestr(name, content.encode("gbk"))
    timetables.load("2026-11-20T06:00")
    names = timetables.rows(
        "SELECT stop_name FROM ops.gtfs_stop WHERE source = :source ORDER BY stop_id"
    )
    assert names == [("北",), ("中",), ("南",)]


@pytest.mark.parametrize("zone", ["Asia/Shanghai", "Pacific/Auckland", "America/Lima", "UTC"])
def test_every_day_of_the_window_is_whole_in_another_zone(
    timetables: Timetables, zone: str
) -> None:
    """Two departures a trip and day: what has begun on the 23rd in Auckland is of the 22nd here."""
    files = feed_files(*NOVEMBER, "02", "12", "21")
    files["agency.txt"] = files["agency.txt"].replace("Asia/Shanghai", zone)
    timetables.declare(expand={"days": 3})
    timetables.put(files)
    timetables.load("2026-11-20T06:00")
    found = timetables.rows(
        "SELECT (departs_at AT TIME ZONE 'Asia/Shanghai')::date, count(*) FROM ops.departure"
        " WHERE source = :source AND is_boardable GROUP BY 1 ORDER BY 1"
    )
    within = {day: count for day, count in found if day <= date(2026, 11, 22)}
    assert within == {date(2026, 11, day): 6 for day in (20, 21, 22)}
