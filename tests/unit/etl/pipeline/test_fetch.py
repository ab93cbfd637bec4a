import gzip
import os
import threading
import time
from contextlib import suppress
from dataclasses import replace
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer

import pytest

from etl.pipeline.fetch import FILE_LIMITS, fetch_file, fetch_message
from etl.pipeline.plan import find_files
from geodata.errors import ExtractError


class QuietHandler(SimpleHTTPRequestHandler):
    """Serves a folder, and some answers that are none."""

    def do_GET(self):
        ways = {"/loop": "/loop", "/local": "file:///etc/hostname"}
        if self.path in ways:
            self.send_response(302)
            self.send_header("Location", ways[self.path])
            self.end_headers()
        elif self.path == "/packed":
            self.send_response(200)
            self.send_header("Content-Encoding", "gzip")
            self.end_headers()
            self.wfile.write(gzip.compress(bytes(1 << 20)))
        elif self.path == "/slow":
            self.send_response(200)
            self.end_headers()
            with suppress(ConnectionError):
                for _ in range(40):
                    self.wfile.write(bytes(1 << 20))
                    time.sleep(0.05)
        else:
            super().do_GET()

    def log_message(self, *_):
        pass


@pytest.fixture
def address(tmp_path, loopback):
    (tmp_path / "served").mkdir()
    (tmp_path / "served" / "警情 1.csv").write_text("id,t0\n", encoding="utf-8")
    handler = partial(QuietHandler, directory=str(tmp_path / "served"))
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


def test_a_source_at_an_address_is_fetched_under_its_own_name(tmp_path, address, declare):
    url = f"{address}/%E8%AD%A6%E6%83%85%201.csv"
    (path,) = find_files(declare(path=None, url=url), tmp_path)
    assert path == tmp_path / "calls" / "警情 1.csv"
    assert path.read_text(encoding="utf-8") == "id,t0\n"


def test_an_address_that_fails_is_named_and_leaves_nothing(tmp_path, address):
    with pytest.raises(ExtractError, match=r"/none\.csv: cannot be fetched: .*404"):
        fetch_file(f"{address}/none.csv", tmp_path / "in")
    assert list((tmp_path / "in").iterdir()) == []


@pytest.mark.parametrize(
    ("path", "reason"),
    [
        ("/loop", "TooManyRedirects"),
        ("/local", "UnsupportedProtocol"),
        ("/packed", "larger than 1000 bytes"),
        ("/slow", "longer than 0.1 s"),
    ],
)
def test_an_address_that_leads_on_and_on_or_sends_too_much_is_left(tmp_path, address, path, reason):
    most = 1 << 30 if path == "/slow" else 1000
    limits = replace(FILE_LIMITS, whole_s=0.1, most_bytes=most)
    with pytest.raises(ExtractError, match=rf"{path}: cannot be fetched: .*{reason}"):
        fetch_file(f"{address}{path}", tmp_path / "in", limits)
    assert list((tmp_path / "in").iterdir()) == []
    with pytest.raises(ExtractError, match=reason):
        fetch_message(f"{address}{path}", limits=limits)


def test_a_file_that_is_the_same_still_is_not_sent_again(tmp_path, address):
    served = tmp_path / "served" / "calls.csv"
    served.write_text("first")
    os.utime(served, (time.time() - 60,) * 2)
    path = fetch_file(f"{address}/calls.csv", tmp_path / "in")
    path.write_text("FIRST")  # of the same size: a second answer would replace it
    assert fetch_file(f"{address}/calls.csv", tmp_path / "in").read_text() == "FIRST"
    served.write_text("second")
    os.utime(served, (time.time() - 30,) * 2)
    assert fetch_file(f"{address}/calls.csv", tmp_path / "in").read_text() == "second"


def test_a_file_that_is_gone_here_is_fetched_again(tmp_path, address):
    (tmp_path / "served" / "calls.csv").write_text("first")
    fetch_file(f"{address}/calls.csv", tmp_path / "in").unlink()
    assert fetch_file(f"{address}/calls.csv", tmp_path / "in").read_text() == "first"


def test_a_message_known_already_is_not_sent_again(tmp_path, address):
    served = tmp_path / "served" / "message.pb"
    served.write_bytes(b"message")
    os.utime(served, (time.time() - 60,) * 2)
    content, known = fetch_message(f"{address}/message.pb")
    assert content == b"message"
    assert known.last_modified
    assert fetch_message(f"{address}/message.pb", known) is None


def test_a_message_of_this_second_may_be_followed_by_another(tmp_path, address):
    served = tmp_path / "served" / "message.pb"
    served.write_bytes(b"one")
    os.utime(served, (time.time() + 5,) * 2)
    _, known = fetch_message(f"{address}/message.pb")
    served.write_bytes(b"two")
    assert fetch_message(f"{address}/message.pb", known)[0] == b"two"
