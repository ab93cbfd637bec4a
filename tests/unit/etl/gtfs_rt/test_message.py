"""Whatever the bytes of a message are: it is refused, or read with its faults named."""

import json
import random
from datetime import UTC, datetime

import pytest
from google.protobuf.message import DecodeError
from google.transit.gtfs_realtime_pb2 import FeedMessage

from etl.gtfs_rt.check import FaultError, check_instant, check_number, role_of
from etl.gtfs_rt.message import read_message
from etl.gtfs_rt.trip_updates import decode_updates
from etl.gtfs_rt.vehicle_positions import decode_positions
from geodata.errors import ExtractError

SENT_S = 1_795_561_920


def content(vehicles: int = 3) -> bytes:
    message = FeedMessage()
    message.header.gtfs_realtime_version = "2.0"
    message.header.timestamp = SENT_S
    for number in range(vehicles):
        vehicle = message.entity.add(id=f"v{number}").vehicle
        vehicle.trip.trip_id, vehicle.trip.start_date = "T1", "20261125"
        vehicle.position.latitude, vehicle.position.longitude = 43.88, 125.32
        vehicle.position.bearing = 90
        vehicle.timestamp = SENT_S
        update = message.entity.add(id=f"u{number}").trip_update
        update.trip.trip_id, update.trip.start_time = "T2", "07:00:00"
        update.stop_time_update.add(stop_sequence=1, stop_id="S1").departure.time = SENT_S
    return message.SerializeToString()


def changed(rng: random.Random, whole: bytes) -> bytes:
    """Change, drop or add some bytes."""
    made = bytearray(whole)
    for _ in range(rng.randint(1, 4)):
        at = rng.randrange(len(made))
        match rng.randrange(3):
            case 0:
                made[at] = rng.randrange(256)
            case 1:
                del made[at : at + rng.randint(1, 9)]
            case _:
                made[at:at] = rng.randbytes(rng.randint(1, 9))
    return bytes(made)


@pytest.mark.parametrize("seed", range(8))
def test_damaged_bytes_raise_nothing_but_a_refusal(seed):
    rng, whole, read = random.Random(seed), content(), 0
    for _ in range(150):
        try:
            message = read_message(changed(rng, whole), "x.pb")
        except ExtractError:
            continue
        read += 1
        updates, faults = decode_updates(message)
        positions = decode_positions(message)
        named = [*message.faults, *faults, *positions.rejected, *positions.dropped]
        assert all(json.loads(fault.raw) for fault in named if fault.raw)
        assert all(update.said_at.year < 2100 for update in updates)
        assert positions.frame["observed_at"].is_null().sum() == 0
    assert read > 20


def is_whole(part: bytes) -> bool:
    try:
        FeedMessage.FromString(part)
    except DecodeError:
        return False
    return True


def test_of_a_message_cut_anywhere_the_entities_before_the_cut_are_read():
    whole = content(1)
    for cut in range(30, len(whole)):
        message = read_message(whole[:cut], "x.pb")
        assert message.sent_at == datetime.fromtimestamp(SENT_S, UTC)
        assert message.is_whole is is_whole(whole[:cut])
    assert len(read_message(whole[:-1], "x.pb").feed.entity) == 1


@pytest.mark.parametrize(
    ("seconds", "cause"),
    [
        (SENT_S * 1000, "milliseconds"),
        (SENT_S * 1_000_000, "microseconds"),
        (SENT_S * 1_000_000_000, "nanoseconds"),
        (2**63, "no time"),
        (2**64 - 1, "no time"),
        (-1, "no time"),
        (59, "no time"),
    ],
)
def test_a_time_of_another_unit_says_so(seconds, cause):
    with pytest.raises(FaultError, match=cause):
        check_instant(seconds, "timestamp")


def test_a_number_outside_its_range_or_none_at_all_is_a_fault():
    assert check_number(None, "bearing", 0, 360) is None
    assert check_number(360.0, "bearing", 0, 360) == 360
    for wrong in (-1.0, 360.5, float("nan"), float("inf")):
        with pytest.raises(FaultError, match="bearing"):
            check_number(wrong, "bearing", 0, 360)


def test_a_relationship_that_is_not_known_is_no_scheduled_trip():
    assert (role_of(None), role_of("SCHEDULED")) == ("scheduled", "scheduled")
    with pytest.raises(FaultError, match="42 is not known"):
        role_of("42")
