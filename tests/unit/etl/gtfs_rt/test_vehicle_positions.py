from datetime import UTC, date, datetime

import pytest
from google.transit.gtfs_realtime_pb2 import FeedHeader, FeedMessage, VehiclePosition

from etl.gtfs_rt.message import message_of, read_message
from etl.gtfs_rt.vehicle_positions import ENTITY, POSITION_SCHEMA, decode_positions
from geodata.errors import ExtractError


def _message(timestamp=1_780_000_000):
    message = FeedMessage()
    message.header.gtfs_realtime_version = "2.0"
    message.header.timestamp = timestamp
    return message


def _frame(message):
    positions = decode_positions(message_of(message))
    assert (positions.rejected, positions.dropped) == ([], [])
    return positions.frame


def _vehicle(message, key, **position):
    entity = message.entity.add()
    entity.id = key
    entity.vehicle.position.latitude = position.pop("latitude", 43.88)
    entity.vehicle.position.longitude = position.pop("longitude", 125.32)
    for name, value in position.items():
        setattr(entity.vehicle.position, name, value)
    return entity.vehicle


def test_an_unset_field_is_null_and_a_set_zero_is_zero():
    message = _message()
    _vehicle(message, "a")
    _vehicle(message, "b", speed=0.0, bearing=0.0)
    frame = _frame(message)
    assert frame["speed_m_s"].to_list() == [None, 0.0]
    assert frame["bearing"].to_list() == [None, 0.0]
    assert frame["trip_id"].to_list() == [None, None]
    assert frame["current_status"].to_list() == [None, None]


def test_the_report_s_own_time_counts_and_the_message_s_stands_in():
    message = _message(1_780_000_000)
    _vehicle(message, "a").timestamp = 1_779_999_990
    _vehicle(message, "b")
    frame = _frame(message)
    assert frame["observed_at"].to_list() == [
        datetime(2026, 5, 28, 20, 26, 30, tzinfo=UTC),
        datetime(2026, 5, 28, 20, 26, 40, tzinfo=UTC),
    ]


def test_the_vehicle_s_id_comes_before_the_entity_s():
    message = _message()
    _vehicle(message, "entity-1").vehicle.id = "0071"
    _vehicle(message, "entity-2")
    assert _frame(message)["vehicle_id"].to_list() == ["0071", "entity-2"]


def test_a_run_is_named_by_its_service_day_and_its_start_past_midnight():
    message = _message()
    vehicle = _vehicle(message, "a")
    vehicle.trip.trip_id = "TN"
    vehicle.trip.start_date = "20261201"
    vehicle.trip.start_time = "24:30:00"
    vehicle.current_status = VehiclePosition.STOPPED_AT
    row = _frame(message).row(0, named=True)
    assert (row["trip_id"], row["start_on"], row["start_s"]) == ("TN", date(2026, 12, 1), 88_200)
    assert row["current_status"] == "STOPPED_AT"


def test_entities_without_a_place_and_deleted_ones_are_no_rows():
    message = _message()
    message.entity.add(id="t").trip_update.trip.trip_id = "T1"
    message.entity.add(id="v").vehicle.vehicle.id = "71"
    entity = message.entity.add(id="gone", is_deleted=True)
    entity.vehicle.position.latitude = 1
    assert _frame(message).height == 0
    assert _frame(message).drop(ENTITY).schema == POSITION_SCHEMA


@pytest.mark.parametrize(
    ("content", "reason"),
    [(b"", "no header"), (b"<html>502</html>", "not a GTFS-RT message")],
)
def test_what_is_no_message_is_refused_by_name(content, reason):
    with pytest.raises(ExtractError, match=f"positions.pb.*{reason}"):
        read_message(content, "positions.pb")


def test_a_differential_message_is_refused():
    message = _message()
    message.header.incrementality = FeedHeader.DIFFERENTIAL
    with pytest.raises(ExtractError, match="differential"):
        read_message(message.SerializeToString(), "x.pb")


@pytest.mark.realdata
def test_a_real_feed_is_read_whole(trial_data):
    content = (trial_data / "transit/rt/raba/raba-vehicle-positions.pb").read_bytes()
    frame = _frame(read_message(content, "raba").feed)
    assert frame.height == 22
    assert frame["trip_id"].drop_nulls().to_list() == ["28c61524-6da8-4506-9a92-22f2f6e91872"]
    run = frame.filter(frame["trip_id"].is_not_null()).row(0, named=True)
    assert (run["vehicle_id"], run["start_on"], run["start_s"]) == (
        "5701", date(2025, 6, 8), 49_800,
    )  # fmt: skip
    assert run["observed_at"] == datetime(2025, 6, 8, 21, 8, 21, tzinfo=UTC)
    assert run["lat"] == pytest.approx(40.4935646, abs=1e-6)
