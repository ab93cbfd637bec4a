"""Faults of realtime messages of all kinds, with trips, zones and values of our own."""

from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from google.transit.gtfs_realtime_pb2 import FeedMessage
from sqlalchemy import select

from geodata import tables
from geodata.space.districts import DistrictLocator, read_districts
from tests.integration.cases.realtime_feed import RealtimeFeed, message, update, vehicle, zipped

ZONE = ZoneInfo("America/Sao_Paulo")
DAY = datetime(2026, 11, 25, tzinfo=ZONE)
KM = 1000 / 111_320
LON = 125.32
TIMES = (
    ("M1", (("A", "06:10"), ("B", "06:20"), ("C", "06:30"), ("D", "06:40"))),
    ("N1", (("A", "23:50"), ("B", "24:10"), ("C", "24:30"))),
    ("E1", (("A", "00:20"), ("B", "00:30"), ("C", "00:40"))),
    ("LOOP", (("A", "09:00"), ("B", "09:10"), ("A", "09:20"), ("C", "09:30"))),
    ("F", (("A", "00:00"), ("B", "00:05"), ("C", "00:10"))),
    ("H", (("A", "00:00"), ("B", "00:05"), ("C", "00:10"))),
)
FEED = {
    "agency.txt": "agency_id,agency_name,agency_url,agency_timezone\n"
    "a,A,http://a,America/Sao_Paulo\n",
    "stops.txt": "stop_id,stop_name,stop_lat,stop_lon\n"
    + "".join(f"{name},{name},{43.88 + KM * at},{LON}\n" for at, name in enumerate("ABCD")),
    "routes.txt": "route_id,agency_id,route_short_name,route_type\nR,a,1,3\nQ,a,2,3\n",
    "calendar.txt": "service_id,monday,tuesday,wednesday,thursday,friday,saturday,sunday,"
    "start_date,end_date\nD,1,1,1,1,1,1,1,20261101,20261231\n",
    "trips.txt": "route_id,service_id,trip_id,direction_id\n"
    + "".join(f"{'R' if trip in ('M1', 'N1') else 'Q'},D,{trip},0\n" for trip, _ in TIMES)
    + "Q,D,W1,0\n",
    "stop_times.txt": "trip_id,arrival_time,departure_time,stop_id,stop_sequence\n"
    + "".join(
        f"{trip},{clock}:00,{clock}:00,{stop},{10 * number}\n"
        for trip, stops in TIMES
        for number, (stop, clock) in enumerate(stops, start=1)
    )
    + "W1,10:00:00,10:00:00,A,10\nW1,10:10:00,10:18:00,B,20\nW1,10:30:00,10:30:00,C,30\n",
    "frequencies.txt": "trip_id,start_time,end_time,headway_secs,exact_times\n"
    "F,08:00:00,10:00:00,1800,1\nH,08:00:00,10:00:00,1800,0\n",
}
M1 = 'trip_id: "M1" start_date: "20261125"'


@pytest.fixture(scope="module")
def locator(city):
    return DistrictLocator(read_districts(city))


@pytest.fixture
def feed(engine, city, locator, tmp_path, monkeypatch):
    """The feed of a line in another zone, its clock at noon there."""
    monkeypatch.setenv("OCC_NOW", at("12:00").isoformat())
    return RealtimeFeed(engine, city, locator, tmp_path, zipped(FEED), "America/Sao_Paulo")


def at(clock: str, day: int = 0) -> datetime:
    """Return a clock of the service day."""
    hour, minute = (int(part) for part in clock.split(":"))
    return DAY + timedelta(days=day, hours=hour, minutes=minute)


def epoch(clock: str, late_s: int = 0, day: int = 0) -> int:
    return int(at(clock, day).timestamp()) + late_s


def left(sequence: int, clock: str, late_s: int = 0) -> str:
    """Return the departure from a stop, some seconds after a clock."""
    return f"stop_sequence: {sequence} departure {{ time: {epoch(clock, late_s)} }}"


def time_of(seconds: int | str) -> str:
    """Return the departure from the first stop at a number of seconds."""
    return f"stop_sequence: 10 departure {{ time: {seconds} }}"


GOOD = update(M1, left(20, "06:20", 45))


def checked(feed: RealtimeFeed, content: bytes) -> list[tuple[str, str]]:
    """Load a message; return field and reason of what was rejected of it."""
    before = len(feed.rejected())
    done = feed.take(content)
    assert {each.status for each in done} == {"loaded"}
    for each in done:
        assert each.rows_in == each.rows_loaded + each.rows_rejected
    return [(field, reason) for _, _, field, reason in feed.rejected()[before:]]


LONG = "x" * 3000
LOOP = 'trip_id: "LOOP" start_date: "20261125"'
F, H = ('trip_id: "F" start_date: "20261125"', 'trip_id: "H" start_date: "20261125"')
FIRST = left(10, "06:11")
BAD_UPDATES = {
    "a time in microseconds": update(M1, time_of(f"{epoch('06:11')}000000")),
    "the largest time": update(M1, time_of(2**63 - 1)),
    "a time before 1970": update(M1, time_of(-5)),
    "the largest delay": update(M1, f"stop_sequence: 10 departure {{ delay: {2**31 - 1} }}"),
    "three hours late": update(M1, left(10, "09:11")),
    "two hours early": update(M1, left(10, "04:10")),
    "an update's time of 2^64 - 1": update(M1, FIRST, more=f"timestamp: {2**64 - 1}"),
    "an update of an hour ahead": update(M1, FIRST, more=f"timestamp: {epoch('08:00')}"),
    "another sequence": update(M1, left(77, "06:11")),
    "neither id nor sequence": update(M1, f"departure {{ time: {epoch('06:11')} }}"),
    "a stop of another line": update(M1, 'stop_id: "Z" ' + FIRST),
    "an unknown trip": update('trip_id: "GONE"', FIRST),
    "no trip": update('route_id: "R"', FIRST),
    "three days behind": update('trip_id: "M1" start_date: "20261122"', FIRST),
    "five days ahead": update('trip_id: "M1" start_date: "20261130"', FIRST),
    "a day without service": update('trip_id: "M1" start_date: "20270105"', FIRST),
    "a date with dashes": update('trip_id: "M1" start_date: "2026-11-25"', FIRST),
    "a clock of 99999 hours": update('trip_id: "M1" start_time: "99999:00:00"', FIRST),
    "a NUL byte": update('trip_id: "M1\\000"', FIRST),
    "a name of 3,000 characters": update(f'trip_id: "{LONG}"', FIRST),
    "a vehicle of 3,000 characters": update(M1, FIRST, more=f'vehicle {{ id: "{LONG}" }}'),
    "a repeated trip without a start": update(F, left(10, "08:01")),
    "a start that is none": update(f'{F} start_time: "08:10:00"', left(10, "08:11")),
    "a start after the headways": update(f'{H} start_time: "11:00:00"', left(10, "11:01")),
    "a loop that nothing decides": update(LOOP, 'stop_id: "A" ' + left(20, "09:11")),
}


@pytest.mark.parametrize("fault", BAD_UPDATES)
def test_a_faulty_update_costs_itself_alone(feed, fault):
    found = checked(feed, message(at("07:00"), BAD_UPDATES[fault], GOOD))
    assert len(found) == 1
    assert feed.departures() == {("M1", 20): 45}
    # the true message is not kept out by what was said before
    assert checked(feed, message(at("07:01"), update(M1, left(10, "06:10", 70)), GOOD)) == []
    assert feed.departures() == {("M1", 10): 70, ("M1", 20): 45}


BAD_VEHICLES = {
    "a time in milliseconds": (f"timestamp: {epoch('06:50')}000", 43.88, LON),
    "a time before the satellites": ("timestamp: 77", 43.88, LON),
    "an hour ahead of the message": (f"timestamp: {epoch('08:00')}", 43.88, LON),
    "the largest time": (f"timestamp: {2**64 - 1}", 43.88, LON),
    "no number": ("", "nan", LON),
    "infinite": ("", 43.88, "inf"),
    "axes exchanged": ("", LON, 43.88),
    "nowhere": ("", 0, 0),
}


@pytest.mark.parametrize("fault", BAD_VEHICLES)
def test_a_faulty_vehicle_costs_itself_alone(feed, fault):
    more, lat, lon = BAD_VEHICLES[fault]
    bad, good = vehicle("bad", M1, lat, lon, more), vehicle("good", M1, 43.88, LON)
    assert len(checked(feed, message(at("07:00"), bad, good))) == 1
    assert feed.vehicles() == {"good": "M1"}


@pytest.mark.parametrize(
    ("trip", "more"),
    [
        (M1 + " direction_id: 4294967295", ""),
        ('trip_id: "M1" start_date: "yesterday"', ""),
        ('trip_id: "M1" start_date: "20261110"', ""),
        (f'{M1} route_id: "{LONG}"', ""),
        (M1, "bearing: nan"),
        (M1, "speed: 4000"),
    ],
)
def test_a_value_that_a_vehicle_can_do_without_costs_the_value(feed, trip, more):
    content = message(at("07:00"), vehicle("bus", trip, 43.88, f"{LON} {more}"))
    assert len(checked(feed, content)) == 1
    assert list(feed.vehicles()) == ["bus"]


def test_an_entity_that_cannot_be_decoded_loses_itself_alone(feed):
    whole = message(at("07:00"), GOOD)
    broken = bytes([2 << 3 | 2, 4, 3 << 3 | 2, 90, 1, 1])  # an update longer than its entity
    found = checked(feed, whole + broken)
    assert {field for field, _ in found} == {"entity"}
    assert feed.departures() == {("M1", 20): 45}


def test_names_that_are_no_text_lose_their_entity(feed):
    content = message(at("07:00"), update('trip_id: "XY"', left(10, "06:11")), GOOD)
    found = checked(feed, content.replace(b"XY", b"\xff\xfe"))
    assert found == [("trip.trip_id", "is not valid UTF-8")]
    assert feed.departures() == {("M1", 20): 45}


def test_a_message_cut_short_is_used_up_to_the_cut(feed):
    whole = message(at("07:00"), GOOD, update('trip_id: "N1"', left(10, "06:11")))
    assert {field for field, _ in checked(feed, whole[:-9])} == {"entity"}
    assert feed.departures() == {("M1", 20): 45}


def test_a_header_s_time_in_milliseconds_is_left_out(feed):
    sent = int(at("07:00").timestamp()) * 1000
    said = update(M1, left(20, "06:20", 45), more=f"timestamp: {epoch('07:00')}")
    assert {field for field, _ in checked(feed, message(sent, said))} == {"header.timestamp"}
    assert feed.departures() == {("M1", 20): 45}


def test_an_incremental_message_is_refused_aloud(feed):
    content = message(at("07:00"), GOOD, header="incrementality: DIFFERENTIAL")
    done = feed.take(content)
    assert {each.status for each in done} == {"refused"}
    assert all("differential" in each.message for each in done)
    assert checked(feed, message(at("07:01"), GOOD)) == []


RELATIONSHIPS = ("ADDED", "NEW", "REPLACEMENT", "DUPLICATED", "UNSCHEDULED", "CANCELED", "DELETED")


@pytest.mark.parametrize("relationship", RELATIONSHIPS)
def test_only_scheduled_trips_are_the_scheduled_run(feed, relationship):
    trip = f"{M1} schedule_relationship: {relationship}"
    for minute, km in ((19, 0.9), (21, 1.1)):
        content = message(
            at(f"06:{minute}"), vehicle("bus", trip, 43.88 + KM * km, LON),
            update(trip, left(10, "06:10", 20)),
        )  # fmt: skip
        checked(feed, content)
    is_off = relationship in ("CANCELED", "DELETED")
    assert set(feed.departures().values()) == ({"cancelled"} if is_off else set())
    assert feed.vehicles() == {"bus": None}


def test_a_relationship_of_a_later_standard_is_not_taken_for_scheduled(feed):
    made = FeedMessage.FromString(
        message(at("07:00"), update(M1, left(10, "06:11")), vehicle("bus", M1, 43.88, LON))
    )
    for trip in (made.entity[0].trip_update.trip, made.entity[1].vehicle.trip):
        trip.MergeFromString(bytes([4 << 3, 42]))
    found = checked(feed, made.SerializeToString())
    assert found == [("trip.schedule_relationship", "42 is not known")] * 2
    assert (feed.departures(), feed.vehicles()) == ({}, {"bus": None})


def test_a_loop_is_followed_by_stop_ids_alone_in_their_order(feed):
    stops = [
        f'stop_id: "{stop}" departure {{ time: {epoch(clock, 15 * number)} }}'
        for number, (stop, clock) in enumerate((("A", "09:00"), ("B", "09:10"), ("A", "09:20")))
    ]
    content = message(at("09:25"), update('trip_id: "LOOP" start_date: "20261125"', *stops))
    assert checked(feed, content) == []
    assert feed.departures() == {("LOOP", 10): 0, ("LOOP", 20): 15, ("LOOP", 30): 30}


def test_a_run_after_midnight_belongs_to_the_day_it_began_on(feed):
    said = update('trip_id: "N1"', left(20, "24:10", 20))
    feed.poll(at("25:00").isoformat())
    assert checked(feed, message(at("24:11"), said)) == []
    assert feed.departures() == {("N1", 20): 20}


def test_shortly_before_midnight_a_trip_of_tomorrow_needs_no_date(feed):
    """E1 leaves at 00:20; N1, which left at 23:50, is still that of today."""
    said = [f'trip_id: "{trip}" schedule_relationship: CANCELED' for trip in ("E1", "N1")]
    feed.poll(at("23:56").isoformat())
    assert checked(feed, message(at("23:55"), *map(update, said))) == []
    assert set(feed.departures()) == {("E1", 10), ("E1", 20), ("N1", 10), ("N1", 20)}
    (tomorrow,) = feed.service_days("E1")
    (today,) = feed.service_days("N1")
    assert (today, tomorrow) == (date(2026, 11, 25), date(2026, 11, 26))


def test_an_arrival_is_followed_by_the_scheduled_dwell(feed):
    """W1 stands at B from 10:10 to 10:18: a punctual arrival is no departure 8 min too early."""
    trip = 'trip_id: "W1" start_date: "20261125"'
    arrived = f"stop_sequence: 20 arrival {{ time: {epoch('10:10', 40)} }}"
    assert checked(feed, message(at("10:12"), update(trip, arrived))) == []
    assert feed.departures() == {}  # it stands there still
    assert checked(feed, message(at("10:25"), update(trip, arrived))) == []
    assert feed.departures() == {("W1", 20): 40}
    late = "stop_sequence: 20 arrival { delay: 90 }"
    assert checked(feed, message(at("10:26"), update(trip, late))) == []
    assert feed.departures() == {("W1", 20): 90}


def test_a_start_of_the_frequencies_is_a_run_of_its_own(feed):
    trips = [
        f'trip_id: "{trip}" start_date: "20261125" start_time: "{start}"'
        for trip, start in (("F", "08:30:00"), ("H", "08:37:00"))
    ]
    clocks = ("08:35", "08:42")
    said = [update(trip, left(20, clock, 30)) for trip, clock in zip(trips, clocks, strict=True)]
    assert checked(feed, message(at("09:00"), *said)) == []
    assert feed.departures() == {("F", 20): 30, ("H", 20): 30}


def test_what_is_predicted_is_no_departure_though_the_message_is_later(feed):
    """T6: the update was made at 06:15; that 06:21 has passed meanwhile makes it no observation."""
    said = update(M1, left(10, "06:11"), left(20, "06:21"), more=f"timestamp: {epoch('06:15')}")
    assert checked(feed, message(at("06:30"), said)) == []
    assert feed.departures() == {("M1", 10): 60}


SKIPPED = "stop_sequence: 20 schedule_relationship: SKIPPED"
CANCELED = update(f"{M1} schedule_relationship: CANCELED")


def test_a_skip_is_taken_back_by_a_newer_message(feed):
    feed.take(message(at("06:12"), update(M1, SKIPPED)))
    assert feed.departures() == {("M1", 20): "cancelled"}
    feed.take(message(at("06:13"), update(M1, left(20, "06:22"))))
    assert feed.departures() == {}
    feed.take(message(at("06:14"), update(M1, SKIPPED)))
    feed.take(message(at("06:25"), update(M1, left(20, "06:22"))))
    assert feed.departures() == {("M1", 20): 120}


def test_a_skip_stands_when_the_stop_is_no_longer_named_afterwards(feed):
    feed.take(message(at("06:12"), update(M1, SKIPPED)))
    feed.take(message(at("06:25"), update(M1, left(30, "06:31"))))
    assert feed.departures() == {("M1", 20): "cancelled"}


def test_a_trip_left_out_before_its_begin_is_no_longer_cancelled(feed):
    other = update('trip_id: "LOOP" start_date: "20261125"', left(10, "09:01"))
    feed.take(message(at("05:00"), CANCELED))
    assert set(feed.departures().values()) == {"cancelled"}
    feed.take(message(at("05:01"), vehicle("bus", 'trip_id: "LOOP"', 43.88, LON)))
    assert set(feed.departures().values()) == {"cancelled"}  # that message was not about trips
    feed.take(message(at("05:02"), other))
    assert feed.departures() == {}
    feed.take(message(at("05:03"), CANCELED, other))
    feed.take(message(at("06:11"), other))  # under way, it may be left out because it is over
    assert set(feed.departures().values()) == {"cancelled"}


def test_a_trip_that_runs_after_all_takes_back_the_stops_it_has_passed(feed):
    feed.take(message(at("06:00"), CANCELED))
    feed.take(message(at("06:35"), update(M1, left(30, "06:30", 90))))
    assert feed.departures() == {("M1", 10): "missed", ("M1", 20): "missed", ("M1", 30): 90}


def test_a_trip_whose_update_was_rejected_keeps_what_was_said_of_it(feed):
    feed.take(message(at("05:00"), CANCELED))
    feed.take(message(at("05:02"), update(M1, 'stop_id: "Z"'), more_of("LOOP")))
    assert ("M1", 10) not in feed.departures()  # it is named as running
    feed.take(message(at("05:03"), CANCELED))
    broken = update(M1, more=f"timestamp: {2**64 - 1}")
    feed.take(message(at("05:04"), broken, more_of("LOOP")))
    assert set(feed.departures().values()) == {"cancelled"}


def more_of(trip: str) -> str:
    return update(f'trip_id: "{trip}" start_date: "20261125"', left(10, "09:01"))


def test_what_a_vehicle_did_stands_whatever_is_said_of_it(feed):
    for minute, km in ((19, 0.9), (21, 1.1)):
        feed.take(message(at(f"06:{minute}"), vehicle("bus", M1, 43.88 + KM * km, LON)))
    assert feed.departures() == {("M1", 20): 0}
    feed.take(message(at("06:25"), update(M1, left(20, "06:24"))))
    feed.take(message(at("06:26"), CANCELED))
    assert feed.departures()["M1", 20] == 0


def test_a_bus_seen_on_a_cancelled_trip_ran(feed):
    feed.take(message(at("06:00"), CANCELED))
    for minute, km in ((19, 0.9), (21, 1.1)):
        feed.take(message(at(f"06:{minute}"), vehicle("bus", M1, 43.88 + KM * km, LON), CANCELED))
    assert feed.departures()["M1", 20] == 0


def test_a_bus_hours_from_its_trip_leaves_none_of_its_stops(feed):
    found = []
    for minute, km in ((19, 0.9), (21, 1.1)):
        bus = vehicle("bus", M1, 43.88 + KM * km, LON)
        found += checked(feed, message(at(f"09:{minute}"), bus))
    assert [field for field, _ in found] == ["trip"]
    assert (feed.departures(), feed.vehicles()) == ({}, {"bus": "M1"})


def test_a_vehicle_named_twice_is_counted_and_its_newest_report_kept(feed):
    feed.declare("positions")
    twice = [
        vehicle("bus", M1, 43.88, LON, f"timestamp: {epoch('06:20', late)}") for late in (30, 0)
    ]
    (done,) = feed.take(message(at("06:21"), *twice, vehicle("other", M1, 43.88, LON)))
    assert (done.rows_in, done.rows_loaded, done.rows_rejected) == (3, 3, 0)
    assert done.stages[0].dropped["repeated in the message"] == 1


def test_a_run_told_of_twice_is_counted_and_its_newest_word_kept(feed):
    feed.declare("trip_updates")
    said = [
        update(M1, left(20, "06:20", late), more=f"timestamp: {epoch('06:25', late)}")
        for late in (60, 30)
    ]
    (done,) = feed.take(message(at("06:30"), *said))
    assert (done.rows_in, done.rows_loaded) == (2, 2)
    assert done.stages[0].dropped["repeated in the message"] == 1
    assert feed.departures() == {("M1", 20): 60}


def test_the_same_message_again_is_merged_aloud(feed):
    feed.declare("trip_updates")
    content = message(at("06:30"), GOOD)
    for name in ("b.pb", "a.pb", "c.pb"):
        feed.send(name, content)
    done = feed.poll()
    assert [(each.file, each.status, each.rows_loaded) for each in done] == [
        ("a.pb", "loaded", 1), ("b.pb", "loaded", 1), ("c.pb", "loaded", 1),
    ]  # fmt: skip
    assert feed.findings() == [("repeated_message", "b.pb"), ("repeated_message", "c.pb")]
    feed.restart()
    assert messages_of(feed.poll()) == []


def messages_of(done) -> list:
    """Leave out what was concluded from silence."""
    return [each for each in done if each.file.endswith(".pb")]


def test_a_message_of_the_future_is_passed_over_and_keeps_none_out(feed):
    feed.declare("trip_updates")
    feed.poll(at("07:00").isoformat())
    feed.send("1.pb", message(at("10:00"), GOOD))  # its clock shows UTC
    feed.send("2.pb", message(at("07:01"), GOOD))
    done = feed.poll()
    assert [(each.file, each.status) for each in done] == [("2.pb", "loaded"), ("1.pb", "refused")]
    assert "its time has not come yet" in done[1].message
    feed.send("3.pb", message(at("07:02"), update(M1, left(20, "06:20", 50))))
    assert [each.status for each in messages_of(feed.poll())] == ["loaded"]
    assert feed.departures()["M1", 20] == 50


def test_a_name_used_again_for_another_message_is_read_again(feed):
    feed.declare("trip_updates")
    for minute, late in ((30, 45), (31, 55)):
        feed.send("newest.pb", message(at(f"06:{minute}"), update(M1, left(20, "06:20", late))))
        assert [each.status for each in messages_of(feed.poll())] == ["loaded"]
    assert feed.departures()["M1", 20] == 55


def test_a_city_with_updates_alone_misses_what_nobody_told_of(feed):
    """T6: of the five departures of the line until half an hour ago, one was told of."""
    feed.declare("trip_updates")
    feed.take(message(at("06:30"), GOOD))
    feed.poll(at("12:00").isoformat())
    assert feed.departures() == {
        ("M1", 10): "missed", ("M1", 20): 45, ("M1", 30): "missed",
        ("N1", 10): "missed", ("N1", 20): "missed",  # of the night before
    }  # fmt: skip


def test_of_two_feeds_of_a_source_one_concludes_what_was_missed(feed):
    feed.take(message(at("06:30"), GOOD, vehicle("bus", M1, 43.88, LON)))
    done = feed.poll()
    assert [each.file for each in done] == ["missed until 2026-11-25T14:30"]


def test_an_empty_message_is_heard_and_one_of_another_kind_is_not(feed):
    c = tables.live_source.c
    heard = select(c.kind, c.last_event_at).where(c.source == feed.declaration.key)

    def heard_at() -> dict[str, datetime]:
        with feed.engine.connect() as connection:
            return {kind: at for kind, at in connection.execute(heard) if at}

    assert checked(feed, message(at("07:00"), GOOD)) == []
    assert heard_at() == {"trip_updates": at("07:00")}
    assert checked(feed, message(at("07:05"))) == []
    assert heard_at() == {"positions": at("07:05"), "trip_updates": at("07:05")}
