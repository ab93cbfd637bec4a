"""T6: where a vehicle is along its shape, and when it passed the stops between two fixes."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import numpy as np
import pytest
from google.transit.gtfs_realtime_pb2 import FeedMessage, TripDescriptor, TripUpdate

from etl.gtfs_rt.message import message_of
from etl.gtfs_rt.runs import Run, Seen, passages
from etl.gtfs_rt.shape_line import METRES_PER_DEGREE, ShapeLine
from etl.gtfs_rt.trip_book import Stops, Trip
from etl.gtfs_rt.trip_updates import decode_updates, final_events, read_stops
from etl.live.missed import expected

DAY = datetime(2026, 12, 1, tzinfo=UTC) - timedelta(hours=8)
KM = 1000 / METRES_PER_DEGREE  # a kilometre north, in degrees


def line_of(*north_km: float) -> ShapeLine:
    """A line along one meridian."""
    lat = 43.0 + KM * np.array(north_km)
    return ShapeLine(np.full(len(lat), 125.0), lat)


def run_of(line: ShapeLine, at_km, departure_s, counted=None) -> Run:
    size = len(at_km)
    stops = Stops(
        sequence=np.arange(1, size + 1),
        stop_id=[f"S{number}" for number in range(1, size + 1)],
        lon=np.full(size, 125.0),
        lat=43.0 + KM * np.array(at_km),
        given=[(125.0, 43.0 + KM * km, "wgs84") for km in at_km],
        at_m=1000.0 * np.array(at_km),
        arrival_s=np.array(departure_s, dtype=float),
        departure_s=np.array(departure_s, dtype=float),
        is_counted=np.ones(size, dtype=bool) if counted is None else np.array(counted),
    )
    trip = Trip("T1", "WD", "R", 0, line, stops, is_repeated=False, is_exact=True)
    return Run(trip, date(2026, 12, 1), 0, DAY)


@pytest.fixture
def run():
    """Stops at 0, 1 and 2 km, left at 07:00, 07:05 and 07:10."""
    return run_of(line_of(0, 2), (0, 1, 2), (25200, 25500, 25800))


def at(clock_s: int) -> datetime:
    return DAY + timedelta(seconds=clock_s)


def test_a_passage_is_interpolated_by_distance(run):
    found = list(passages(run, Seen(at(25440), 800.0), Seen(at(25540), 1200.0)))
    assert found == [(1, at(25490))]


@pytest.mark.parametrize(("seconds", "expected"), [(120, 1), (121, 0), (0, 0)])
def test_fixes_more_than_two_minutes_apart_say_nothing(run, seconds, expected):
    before, after = Seen(at(25440), 800.0), Seen(at(25440 + seconds), 1200.0)
    assert len(list(passages(run, before, after))) == expected


def test_a_stop_is_passed_once(run):
    first = list(passages(run, Seen(at(25440), 900.0), Seen(at(25450), 1000.0)))
    second = list(passages(run, Seen(at(25450), 1000.0), Seen(at(25460), 1100.0)))
    assert [index for index, _ in first + second] == [1]


def test_waiting_at_the_first_stop_is_not_leaving_it(run):
    assert list(passages(run, Seen(at(25100), 0.0), Seen(at(25130), 12.0))) == []
    left = list(passages(run, Seen(at(25200), 10.0), Seen(at(25220), 110.0)))
    assert left == [(0, at(25202))]


def test_deviation_is_against_the_timetable_at_that_place(run):
    assert run.deviation_s(500.0, at(25410)) == pytest.approx(60.0)
    assert run.deviation_s(1500.0, at(25590)) == pytest.approx(-60.0)


@pytest.mark.parametrize(("east_m", "is_on"), [(49, True), (51, False)])
def test_a_fix_beside_the_shape_counts_up_to_50_m(east_m, is_on):
    east = 125.0 + east_m / (METRES_PER_DEGREE * np.cos(np.radians(43.0)))
    fix = line_of(0, 2).locate(east, 43.0 + KM, after_m=None, expected_m=0)
    assert (fix is not None) is is_on


def test_a_line_out_and_back_is_told_apart_by_what_was_passed():
    line = line_of(0, 2, 0)
    there = line.locate(125.0, 43.0 + KM, after_m=500.0, expected_m=0)
    back = line.locate(125.0, 43.0 + KM, after_m=2500.0, expected_m=0)
    assert (round(there.along_m), round(back.along_m)) == (1000, 3000)
    unseen = line.locate(125.0, 43.0 + KM, after_m=None, expected_m=2900.0)
    assert round(unseen.along_m) == 3000


def test_progress_never_falls_back():
    line = line_of(0, 2)
    assert line.locate(125.0, 43.0 + 0.99 * KM, after_m=1000.0, expected_m=0).along_m == 1000.0
    assert line.locate(125.0, 43.0 + 0.90 * KM, after_m=1000.0, expected_m=0) is None


def test_stops_of_a_loop_are_placed_in_their_order():
    line = line_of(0, 2, 0)
    lat = 43.0 + KM * np.array([0, 1, 2, 1, 0])
    placed = line.place_stops(np.full(5, 125.0), lat)
    assert placed.round().tolist() == [0, 1000, 2000, 3000, 4000]


def message(relationship=TripDescriptor.SCHEDULED, sent_s: int = 25600) -> FeedMessage:
    made = FeedMessage()
    made.header.gtfs_realtime_version = "2.0"
    made.header.timestamp = int(at(sent_s).timestamp())
    update = made.entity.add(id="1").trip_update
    update.trip.trip_id, update.trip.start_date = "T1", "20261201"
    update.trip.schedule_relationship = relationship
    return made


def add_stop(made: FeedMessage, sequence: int, **given) -> None:
    stop = made.entity[0].trip_update.stop_time_update.add(stop_sequence=sequence)
    if "delay" in given:
        stop.departure.delay = given["delay"]
    if "second" in given:
        stop.departure.time = int(at(given["second"]).timestamp())
    if "relationship" in given:
        stop.schedule_relationship = given["relationship"]


def update_of(made: FeedMessage):
    (update,), faults = decode_updates(message_of(made))
    assert faults == []
    return update


def events_of(run: Run, made: FeedMessage):
    update = update_of(made)
    words, faults = read_stops(run, update)
    assert faults == []
    found = final_events(run, update, words)
    return [(each.index, each.observed_at, each.is_cancelled) for each in found]


def states_of(run: Run, made: FeedMessage):
    words, _ = read_stops(run, update_of(made))
    return [each.state for each in words]


def test_a_prediction_is_no_observation(run):
    made = message(sent_s=25600)
    add_stop(made, 1, second=25230)
    add_stop(made, 2, second=25601)
    assert events_of(run, made) == [(0, at(25230), False)]


def test_a_past_delay_is_added_to_the_timetable(run):
    made = message(sent_s=25600)
    add_stop(made, 2, delay=90)
    assert events_of(run, made) == [(1, at(25590), False)]


def test_a_cancelled_trip_cancels_every_stop(run):
    assert events_of(run, message(TripDescriptor.CANCELED)) == [
        (0, None, True), (1, None, True), (2, None, True)
    ]  # fmt: skip


@pytest.mark.parametrize("relationship", [TripDescriptor.ADDED, TripDescriptor.NEW])
def test_an_added_trip_is_not_of_the_timetable(relationship):
    assert update_of(message(relationship)).trip.role == "extra"


def test_no_data_holds_for_the_stops_after_it_and_skipped_does_not(run):
    made = message()
    add_stop(made, 1, relationship=TripUpdate.StopTimeUpdate.SKIPPED)
    add_stop(made, 2, relationship=TripUpdate.StopTimeUpdate.NO_DATA)
    assert states_of(run, made) == ["skipped", "no data", "no data"]
    skipped = message()
    add_stop(skipped, 1, relationship=TripUpdate.StopTimeUpdate.SKIPPED)
    assert states_of(run, skipped) == ["skipped", "silent", "silent"]
    assert events_of(run, made) == [(0, None, True)]


def test_expected_are_the_counted_departures_whose_time_has_passed():
    """T6: coverage stands on every scheduled departure at a timepoint, seen or not."""
    way = line_of(0, 3)
    run = run_of(way, (0, 1, 2, 3), (25200, 25500, 25800, 26100), (True, False, True, False))
    assert [each.index for each in expected([run], at(25200), at(25799))] == []
    assert [each.index for each in expected([run], at(25199), at(25800))] == [0, 2]
    assert [each.index for each in expected([run], at(25200), at(90000))] == [2]
    (last,) = expected([run], at(25200), at(90000))
    assert (last.observed_at, last.is_cancelled, last.vehicle_id) == (None, False, None)


def test_a_headway_promises_no_departure():
    run = run_of(line_of(0, 2), (0, 1, 2), (25200, 25500, 25800))
    free = replace(run, trip=replace(run.trip, is_repeated=True, is_exact=False))
    assert list(expected([free], at(0), at(90000))) == []
