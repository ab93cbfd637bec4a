import threading
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer

import pytest

from etl.pipeline.fetch import fetch_file
from etl.pipeline.plan import find_files
from geodata.errors import ExtractError


class QuietHandler(SimpleHTTPRequestHandler):
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
