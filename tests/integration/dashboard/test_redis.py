"""The answers' cache on a real Redis, as OCC_CACHE_URL sets it: two servers share one answer."""

import pickle
import re
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import redis

from dashboard.read.cache import build_cache
from geodata.city.configuration import load_city
from geodata.identity.caller import asked_by
from geodata.settings import Settings
from tests.callers import DEMO

pytestmark = pytest.mark.skipif(
    shutil.which("redis-server") is None,
    reason="redis-server (a Debian package) is not installed",
)
START_S = 20
PORTO_ALEGRE = str(Path(__file__).parents[2] / "data" / "cities" / "portoalegre")


@pytest.fixture(scope="module")
def redis_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A Redis of its own on a free loopback port, without a file on disk."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    folder = tmp_path_factory.mktemp("redis")
    command = ["redis-server", "--bind", "127.0.0.1", "--port", str(port), "--save", "",
               "--appendonly", "no", "--dir", str(folder)]  # fmt: skip
    with (folder / "log").open("wb") as log, subprocess.Popen(command, stdout=log) as server:
        try:
            _await(port)
            yield f"redis://127.0.0.1:{port}/0"
        finally:
            server.kill()


def _await(port: int) -> None:
    give_up_at = time.monotonic() + START_S
    while True:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
        except OSError:
            assert time.monotonic() < give_up_at, "redis-server did not start"
        else:
            return


def _cache(url: str, folder: Path, monkeypatch: pytest.MonkeyPatch, city: str = "changchun"):
    monkeypatch.setenv("OCC_CACHE_URL", url)
    return build_cache(Settings(data_dir=folder), load_city(city))


def _never() -> bytes:
    raise AssertionError("the answer was there")


def test_a_second_server_gets_what_the_first_computed(redis_url, tmp_path, monkeypatch) -> None:
    first = _cache(redis_url, tmp_path / "one", monkeypatch)
    second = _cache(redis_url, tmp_path / "two", monkeypatch)
    with asked_by(DEMO):  # who may read all records shares what is kept with all others who may
        assert first.get_bytes("/layers/values/x", lambda: b"\x00\xff") == b"\x00\xff"
        assert second.get_bytes("/layers/values/x", _never) == b"\x00\xff"
    with redis.Redis.from_url(redis_url) as client:
        (key,) = client.keys()
        assert re.fullmatch(rb"occ:changchun:[0-9a-f]{12}:/layers/values/x", key)
        assert 0 < client.ttl(key) <= 86_400
    assert not (tmp_path / "one").exists()


def test_two_cities_do_not_share_answers(redis_url, tmp_path, monkeypatch) -> None:
    here = _cache(redis_url, tmp_path, monkeypatch)
    there = _cache(redis_url, tmp_path, monkeypatch, city=PORTO_ALEGRE)
    assert here.get_bytes("key", lambda: b"here") == b"here"
    assert there.get_bytes("key", lambda: b"there") == b"there"


def test_what_another_put_there_is_computed_anew(redis_url, tmp_path, monkeypatch) -> None:
    shared = _cache(redis_url, tmp_path, monkeypatch)
    assert shared.get_bytes("planted", lambda: b"first") == b"first"
    with redis.Redis.from_url(redis_url) as client:
        (key,) = client.keys("*planted")
        client.set(key, b"!" + pickle.dumps(b"theirs"))
    assert shared.get_bytes("planted", lambda: b"ours") == b"ours"
