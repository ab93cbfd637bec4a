"""The day as it happens: the same whatever the steps, the same calls as the files of the day."""

from datetime import date, datetime, timedelta
from pathlib import Path

import polars as pl
import pytest
from google.transit.gtfs_realtime_pb2 import FeedMessage

from simulator.emergency.incident_files import build_dispatchers, calls_of_day
from simulator.emergency.incident_systems import headers_of
from simulator.live.faults import FAULTS
from simulator.live.incidents import LiveIncidents
from simulator.live.play import Player

ON = date(2026, 11, 24)


def at(world, hour: float) -> datetime:
    return datetime(2026, 11, 24, tzinfo=world.city.zone) + timedelta(hours=hour)


def contents(folder: Path) -> dict[str, bytes]:
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in sorted(folder.rglob("*")) if path.is_file()
    }  # fmt: skip


@pytest.mark.parametrize("faults", [(), FAULTS])
def test_the_steps_of_the_clock_do_not_matter(world, tmp_path, faults):
    whole = Player(world, tmp_path / "whole", at(world, 7.9), faults)
    whole.play_until(at(world, 8.1))
    pieces = Player(world, tmp_path / "pieces", at(world, 7.9), faults)
    for minutes in (1, 1.37, 5, 11.99, 12):
        pieces.play_until(at(world, 7.9 + minutes / 60))
    assert contents(tmp_path / "pieces") == contents(tmp_path / "whole")
    assert len(contents(tmp_path / "whole")) > 2


def test_played_again_nothing_is_written_twice(world, tmp_path):
    Player(world, tmp_path, at(world, 9)).play_until(at(world, 9))
    first = contents(tmp_path)
    Player(world, tmp_path, at(world, 9)).play_until(at(world, 9))
    assert {name: text for name, text in contents(tmp_path).items() if name.endswith("csv")} == {
        name: text for name, text in first.items() if name.endswith("csv")
    }


def test_revisions_of_a_call_rise_and_end_as_the_file_of_the_day(world):
    for system, lines in LiveIncidents(world).lines(ON):
        names = headers_of(system)
        rows = lines.filter(pl.col(names["record_id"]).str.contains("20261124"))
        revision, record = names["revision"], names["record_id"]
        steps = rows.group_by(record, maintain_order=True).agg(pl.col(revision))
        assert steps.filter(~pl.col(revision).list.eval(pl.element().diff().drop_nulls() > 0)
                            .list.all()).is_empty()  # fmt: skip
        calls = calls_of_day(world, build_dispatchers(world, system.channels), ON)
        closed = calls.filter(pl.col("closed") < 80_000, pl.col("record_id") != "")
        told = set(rows.filter(pl.col(names["closed"]).is_not_null())[record])
        assert set(closed["record_id"]) <= told


def test_faults_change_what_arrives(world):
    sound = {system.key: lines for system, lines in LiveIncidents(world).lines(ON)}
    faulty = {system.key: lines for system, lines in LiveIncidents(world, FAULTS).lines(ON)}
    assert any(not faulty[key].equals(sound[key]) for key in sound)


def test_buses_say_where_they_are_on_their_trips(world, tmp_path):
    Player(world, tmp_path, at(world, 8)).play_until(at(world, 8))
    (path,) = (tmp_path / "live" / "rt").glob("vehicle_positions_*.pb")
    message = FeedMessage.FromString(path.read_bytes())
    assert path.name == "vehicle_positions_20261124T080000.pb"
    assert message.header.timestamp == int(at(world, 8).timestamp())
    ids = [entity.vehicle.vehicle.id for entity in message.entity]
    assert len(ids) == len(set(ids))


def test_hospitals_report_the_quarters_of_an_hour_that_are_over(world, tmp_path):
    Player(world, tmp_path, at(world, 8.3)).play_until(at(world, 8.3))
    (path,) = (tmp_path / "live").glob("ed_presence_*.csv")
    ends = pl.read_csv(path)["结束时间"].unique().sort()
    assert (ends[0], ends[-1]) == ("2026-11-24 00:15", "2026-11-24 08:15")
