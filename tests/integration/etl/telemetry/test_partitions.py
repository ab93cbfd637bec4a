"""Telemetry through the whole pipeline: recorded streams to day partitions, with their account."""

import os
from datetime import UTC, date, datetime, timedelta

import polars as pl
import pytest
from google.transit.gtfs_realtime_pb2 import FeedMessage
from sqlalchemy import select

from etl.pipeline.run import load_source
from etl.source.data_places import DataPlaces
from etl.source.declaration import SourceDeclaration
from geodata.database.partitions import Partition, PartitionStore
from geodata.space.districts import DistrictLocator, read_districts
from geodata.space.grid import latlng_to_cell
from geodata.tables import load, rejected_row
from tests.unit.etl.telemetry.jt808_frames import frame, report

BASE = {
    "title_zh": "车辆", "title_en": "vehicles", "owner": "transit", "licence": "none",
    "cadence": "P1D", "provenance": "real", "path": "*", "timezone": "Asia/Shanghai",
    "store": "telemetry",
}  # fmt: skip
STREAM = BASE | {
    "format": "jt808",
    "table": "vehicle_ping",
    "place": "required",
    "mapping": {
        "vehicle_id": "phone",
        "observed_at": "time",
        "lon": "lon",
        "lat": "lat",
        "is_shifted": "is_shifted",
        "speed_m_s": {"source": "speed_kmh", "scale": 1 / 3.6},
        "bearing": "direction",
        "altitude_m": "altitude_m",
        "alarm_bits": "alarm",
        "status_bits": "status",
    },
}
ARCHIVE = BASE | {
    "format": "gtfs_rt",
    "table": "vehicle_ping",
    "mapping": {
        name: name
        for name in (
            "vehicle_id", "observed_at", "trip_id", "route_id", "start_on", "start_s", "lon", "lat",
            "speed_m_s", "bearing", "current_stop_sequence",
        )
    },
}  # fmt: skip


@pytest.fixture
def store(tmp_path):
    return PartitionStore(str(tmp_path / "store"))


@pytest.fixture(scope="module")
def locator(city):
    return DistrictLocator(read_districts(city))


@pytest.fixture
def load_bytes(engine, city, locator, store, tmp_path):
    """Return a function: key, declaration and a file's content -> what became of it."""

    def _load(key, declared, content, name="stream.bin"):
        path = tmp_path / name
        if isinstance(content, bytes):
            path.write_bytes(content)
        declaration = SourceDeclaration.model_validate(declared | {"key": key})
        (result,) = load_source(
            engine, city, declaration, path, locator=locator, places=DataPlaces(store=store)
        ).files
        assert result.status != "refused", result.message
        return result

    return _load


def _day(store, key, day, kind="vehicle_ping"):
    return store.read(Partition(kind, day, key))


def test_reports_lie_in_the_partition_of_their_local_day_with_cell_and_district(
    load_bytes, store, engine
):
    result = load_bytes(
        "jt_days",
        STREAM,
        frame(report(clock="261120235955"))
        + frame(report(clock="261121000005"))
        + frame(report(clock="261121000015", status=0b01))
        + frame(report(), checksum=1),
    )
    assert (result.rows_in, result.rows_loaded, result.rows_rejected) == (4, 2, 2)
    assert [each.day for each in store.partitions("vehicle_ping")] == [
        date(2026, 11, 20), date(2026, 11, 21),
    ]  # fmt: skip
    row = _day(store, "jt_days", date(2026, 11, 21)).row(0, named=True)
    assert row["observed_at"] == datetime(2026, 11, 20, 16, 0, 5, tzinfo=UTC)
    assert row["cell"] == latlng_to_cell(43.88, 125.32)
    assert (row["district_id"], row["datum"]) != ("unknown", None)
    assert row["speed_m_s"] == pytest.approx(35.6 / 3.6)
    with engine.connect() as connection:
        kept = connection.execute(select(load).where(load.c.load_id == result.load_id)).one()
        wrong = connection.execute(
            select(rejected_row.c.row_number, rejected_row.c.reason)
            .where(rejected_row.c.load_id == result.load_id)
            .order_by(rejected_row.c.row_number)
        ).all()
    assert (kept.rows_in, kept.rows_loaded, kept.rows_rejected) == (4, 2, 2)
    assert kept.event_to == datetime(2026, 11, 20, 16, 0, 5, tzinfo=UTC)
    assert [tuple(row) for row in wrong] == [(3, "no position fix"), (4, "wrong checksum")]


def test_shifted_reports_are_converted_once_and_keep_what_was_given(load_bytes, store):
    """METHODS 11: bit 5 means GCJ-02; WGS (125.32, 43.88) is GCJ (125.326507, 43.882410)."""
    shifted = report(lon=125.326507, lat=43.882410, status=0b100011)
    load_bytes("jt_shift", STREAM, frame(report(clock="261120083000")) + frame(shifted))
    rows = _day(store, "jt_shift", date(2026, 11, 20)).sort("observed_at")
    assert rows["lon"].to_list() == pytest.approx([125.32, 125.32], abs=2e-6)
    assert rows["lat"].to_list() == pytest.approx([43.88, 43.88], abs=2e-6)
    assert rows["datum"].to_list() == ["wgs84", "gcj02"]
    assert rows["original_lon"].to_list() == [125.32, 125.326507]


def test_a_file_counts_once_and_a_later_one_adds_to_its_day(load_bytes, store):
    first = frame(report(clock="261120080000")) + frame(report(clock="261120080010"))
    day = date(2026, 11, 20)
    assert load_bytes("jt_twice", STREAM, first).status == "loaded"
    before = store.read_bytes(Partition("vehicle_ping", day, "jt_twice"))
    assert load_bytes("jt_twice", STREAM, first).status == "already loaded"
    assert store.read_bytes(Partition("vehicle_ping", day, "jt_twice")) == before
    late = frame(report(clock="261120075950")) + frame(report(clock="261120080010", speed=0))
    load_bytes("jt_twice", STREAM, late, "late.bin")
    rows = _day(store, "jt_twice", day)
    assert rows["observed_at"].is_sorted()
    assert rows["speed_m_s"].round(3).to_list() == [9.889, 9.889, 0.0]


def _fail(*_args, **_more):
    raise OSError("disk full")


@pytest.mark.parametrize("step", ["fchmod", "fsync", "replace"])
def test_a_broken_write_leaves_the_old_partition_and_no_pieces(store, monkeypatch, tmp_path, step):
    partition = Partition("vehicle_ping", date(2026, 11, 20), "bus")
    store.write(partition, pl.DataFrame({"a": [1]}))
    with monkeypatch.context() as broken:
        broken.setattr(os, step, _fail)
        with pytest.raises(OSError, match="disk full"):
            store.write(partition, pl.DataFrame({"a": [2]}))
    assert store.read(partition)["a"].to_list() == [1]
    assert [each for each in (tmp_path / "store").rglob("*") if each.is_file()] == [
        tmp_path / "store" / partition.name
    ]


@pytest.mark.parametrize("step", ["pipe_file", "mv"])
def test_a_broken_write_to_a_remote_store_leaves_it_the_same(monkeypatch, tmp_path, step):
    store = PartitionStore(f"memory://{tmp_path.name}")
    partition = Partition("vehicle_ping", date(2026, 11, 20), "bus")
    store.write(partition, pl.DataFrame({"a": [1]}))
    with monkeypatch.context() as broken:
        broken.setattr(type(store._files), step, _fail)
        with pytest.raises(OSError, match="disk full"):
            store.write(partition, pl.DataFrame({"a": [2]}))
    assert store.read(partition)["a"].to_list() == [1]
    assert len(store._files.find(store._root)) == 1


def test_an_archive_of_positions_repeats_no_report(load_bytes, store, tmp_path):
    """GTFS-RT: deduplicate by (vehicle.id, timestamp); times are POSIX UTC."""
    folder = tmp_path / "positions"
    folder.mkdir()
    start = datetime(2026, 11, 20, 0, 0, tzinfo=UTC)
    for number, seen_after_s in enumerate((0, 0, 30)):
        message = FeedMessage()
        message.header.gtfs_realtime_version = "2.0"
        vehicle = message.entity.add(id="1").vehicle
        vehicle.vehicle.id = "B-1"
        vehicle.timestamp = int((start + timedelta(seconds=seen_after_s)).timestamp())
        vehicle.position.latitude, vehicle.position.longitude = 43.88, 125.32
        (folder / f"{number}.pb").write_bytes(message.SerializeToString())
    result = load_bytes("rt_archive", ARCHIVE, folder, "positions")
    assert (result.rows_in, result.rows_loaded, result.records) == (3, 3, 2)
    rows = _day(store, "rt_archive", date(2026, 11, 20))
    assert rows["observed_at"].to_list() == [start, start + timedelta(seconds=30)]
    assert rows["speed_m_s"].to_list() == [None, None]


def _archived(sent_s: int, *vehicles) -> bytes:
    """A message of vehicles: id, seconds of its report, latitude, speed."""
    message = FeedMessage()
    message.header.gtfs_realtime_version = "2.0"
    message.header.timestamp = sent_s
    for vehicle_id, reported_s, lat, speed in vehicles:
        vehicle = message.entity.add(id=vehicle_id).vehicle
        vehicle.vehicle.id, vehicle.timestamp = vehicle_id, reported_s
        vehicle.position.latitude, vehicle.position.longitude = lat, 125.32
        vehicle.position.speed = speed
    return message.SerializeToString()


def test_what_cannot_be_true_in_an_archive_costs_itself_alone(load_bytes, store, engine, tmp_path):
    """Messages in the order of their own times: of two reports of one moment the later stays."""
    folder = tmp_path / "mixed"
    folder.mkdir()
    midnight = int(datetime(2026, 11, 20, 16, 0, tzinfo=UTC).timestamp())
    good = ("A", midnight - 60, 43.88, 5)
    (folder / "0001.pb").write_bytes(_archived(midnight + 60, ("A", midnight - 60, 43.88, 7)))
    (folder / "2359.pb").write_bytes(
        _archived(
            midnight - 30, good, ("ms", midnight * 1000, 43.88, 5),
            ("huge", 2**64 - 1, 43.88, 5), ("fast", midnight - 40, 43.88, 9000),
            ("nan", midnight - 40, float("nan"), 5),
        )
    )  # fmt: skip
    (folder / "2358.pb").write_bytes(b"<html>502</html>")
    result = load_bytes("rt_mixed", ARCHIVE, folder, "mixed")
    assert (result.rows_in, result.rows_loaded, result.rows_rejected) == (8, 2, 6)
    rows = _day(store, "rt_mixed", date(2026, 11, 20)).sort("vehicle_id")
    assert rows.select("vehicle_id", "speed_m_s").rows() == [("A", 7.0), ("fast", None)]
    with engine.connect() as connection:
        reasons = list(
            connection.execute(
                select(rejected_row.c.reason).where(rejected_row.c.load_id == result.load_id)
            ).scalars()
        )
    assert sum("(2359.pb, entity" in each for each in reasons) == 4
    assert any("milliseconds" in each for each in reasons)
    assert any("2358.pb: not a GTFS-RT message" in each for each in reasons)


def test_reports_of_a_broken_terminal_cost_themselves_alone(load_bytes):
    """JT/T 808: a clock that is none, a latitude beyond the pole, a speed of 6,553 km/h."""
    wrong = (report(clock="261399256199"), report(lat=943.88), report(speed=65535))
    stream = b"".join(frame(each) for each in (*wrong, report()))
    result = load_bytes("jt_broken", STREAM, stream)
    assert (result.rows_in, result.rows_loaded, result.rows_rejected) == (4, 1, 3)


def test_large_radio_samples_have_the_columns_of_their_table(load_bytes, store):
    declared = BASE | {
        "format": "csv",
        "table": "network_sample",
        "mapping": {
            "sample_id": "id", "kind": {"const": "radio"}, "technology": {"const": "5g"},
            "sampled_at": "at", "rsrp_dbm": "rsrp", "lon": "lon", "lat": "lat",
        },
    }  # fmt: skip
    text = "id,at,rsrp,lon,lat\n1,2026-11-20 08:00:00,-95.5,125.32,43.88\n2,x,-95,125.32,43.88\n"
    result = load_bytes("mr", declared, text.encode(), "mr.csv")
    assert (result.rows_loaded, result.rows_rejected) == (1, 1)
    row = _day(store, "mr", date(2026, 11, 20), "network_sample").row(0, named=True)
    assert (row["rsrp_dbm"], row["source"], row["load_id"], row["retired_by"]) == (
        -95.5, "mr", result.load_id, None,
    )  # fmt: skip


@pytest.mark.realdata
def test_a_real_message_is_an_archive_of_one(load_bytes, store, trial_data):
    path = trial_data / "transit/rt/raba/raba-vehicle-positions.pb"
    result = load_bytes("raba", ARCHIVE, path.read_bytes(), "raba.pb")
    assert (result.rows_in, result.rows_rejected, result.records) == (22, 0, 22)
    assert sum(store.read(each).height for each in store.partitions("vehicle_ping")) == 22
