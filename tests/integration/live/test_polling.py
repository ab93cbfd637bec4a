"""A GTFS-RT feed at an address: asked again and again, once gone, once back."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from google.transit.gtfs_realtime_pb2 import FeedMessage
from sqlalchemy import select

from etl.live.gtfs_rt_feed import FollowedFeed
from etl.live.piece import LiveSource
from etl.source.declaration import SourceDeclaration
from geodata.errors import ExtractError
from geodata.space.districts import DistrictLocator
from geodata.tables import load, vehicle_position

AT = datetime(2026, 11, 22, 4, 0, tzinfo=UTC)


class Feed:
    """What the address answers with: a body, or a status that is none."""

    def __init__(self) -> None:
        self.body, self.status, self.asked = b"", 200, 0

    def says(self, at: datetime, lat: float) -> None:
        """Answer with one vehicle, there at that time."""
        message = FeedMessage()
        message.header.gtfs_realtime_version = "2.0"
        message.header.timestamp = int(at.timestamp())
        vehicle = message.entity.add(id="bus").vehicle
        vehicle.vehicle.id = "bus"
        vehicle.position.latitude, vehicle.position.longitude = lat, 125.32
        vehicle.timestamp = int(at.timestamp())
        self.body, self.status = message.SerializeToString(), 200


@contextmanager
def answering(feed: Feed) -> Iterator[str]:
    """Serve the feed on a free loopback port; yields its address."""

    class Answer(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            feed.asked += 1
            self.send_response(feed.status)
            self.end_headers()
            self.wfile.write(feed.body)

        def log_message(self, *_: object) -> None:
            return

    server = ThreadingHTTPServer(("127.0.0.1", 0), Answer)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}/positions.pb"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@pytest.fixture
def feed(monkeypatch) -> Feed:
    """A feed, at noon of 22 November 2026."""
    monkeypatch.setenv("OCC_NOW", AT.isoformat())
    return Feed()


@pytest.fixture(autouse=True)
def _soon_after(monkeypatch) -> None:
    """The messages are of this very minute."""
    monkeypatch.setenv("OCC_NOW", (AT + timedelta(minutes=1)).isoformat())


@pytest.fixture
def follow(engine, city, districts, declare, tmp_path):
    """Return a function that follows an address under a key of its own."""

    def make(url: str, key: str) -> FollowedFeed:
        live = {"url": url, "feed": "positions", "timetable": "none", "expected": "PT30S"}
        declaration: SourceDeclaration = declare(
            key=key, live=live, table="stop_event", path="none_*.csv",
            mapping=dict.fromkeys(
                ("service_on", "trip_id", "stop_sequence", "stop_id", "route_id", "scheduled_at"),
                "x",
            ),
        )  # fmt: skip
        rule = declaration.live[0]
        locator = DistrictLocator(districts)
        return FollowedFeed(LiveSource(engine, city, declaration, rule, locator), tmp_path)

    return make


def place_of(engine, key: str) -> list[tuple[datetime, float]]:
    c = vehicle_position.c
    with engine.connect() as connection:
        rows = connection.execute(select(c.recorded_at, c.original_lat).where(c.source == key))
        return [(row[0], round(row[1], 3)) for row in rows]


def test_an_address_is_asked_each_time_and_loaded_when_it_says_something_new(
    engine, feed, follow
) -> None:
    with answering(feed) as url:
        followed = follow(url, "asked")
        feed.says(AT, 43.88)
        assert [each.status for each in followed.poll()] == ["loaded"]
        assert list(followed.poll()) == []
        feed.says(AT + timedelta(seconds=10), 43.89)
        assert [each.rows_loaded for each in followed.poll()] == [1]
        assert feed.asked == 3
    assert place_of(engine, "asked") == [(AT + timedelta(seconds=10), 43.89)]


def test_another_process_reads_the_same_message_and_nothing_changes(engine, feed, follow) -> None:
    with answering(feed) as url:
        feed.says(AT, 43.88)
        for _ in range(2):
            assert [each.status for each in follow(url, "again").poll()] == ["loaded"]
    assert place_of(engine, "again") == [(AT, 43.88)]


def test_a_dead_address_says_so_and_is_read_again_when_it_is_back(engine, feed, follow) -> None:
    with answering(feed) as url:
        followed = follow(url, "dead")
        feed.status = 503
        with pytest.raises(ExtractError, match="503"):
            list(followed.poll())
        feed.says(AT, 43.88)
        assert [each.status for each in followed.poll()] == ["loaded"]
    with pytest.raises(ExtractError, match="cannot be fetched"):
        list(followed.poll())
    assert place_of(engine, "dead") == [(AT, 43.88)]


def test_an_answer_that_is_no_message_is_refused_once(engine, feed, follow) -> None:
    with answering(feed) as url:
        followed = follow(url, "garbled")
        feed.body = b"<html>maintenance</html>"
        assert [each.status for each in followed.poll()] == ["refused"]
        assert list(followed.poll()) == []
        feed.says(AT, 43.88)
        assert [each.status for each in followed.poll()] == ["loaded"]
    c = load.c
    with engine.connect() as connection:
        kept = connection.execute(
            select(c.status).where(c.source == "garbled").order_by(c.load_id)
        ).scalars()
        assert list(kept) == ["refused", "loaded"]


def test_an_answer_older_than_the_last_or_of_the_future_is_passed_over_aloud(
    engine, feed, follow
) -> None:
    """Two servers behind one address; the clock of one of them shows another zone."""
    with answering(feed) as url:
        followed = follow(url, "balanced")
        feed.says(AT, 43.88)
        list(followed.poll())
        for wrong in (AT - timedelta(seconds=30), AT + timedelta(hours=1)):
            feed.says(wrong, 43.87)
            (done,) = followed.poll()
            assert done.status == "refused"
            assert str(done.message).startswith("passed over")
        feed.says(AT + timedelta(seconds=30), 43.89)
        assert [each.status for each in followed.poll()] == ["loaded"]
    assert place_of(engine, "balanced") == [(AT + timedelta(seconds=30), 43.89)]
