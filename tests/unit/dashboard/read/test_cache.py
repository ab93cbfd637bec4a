"""The cache of answers: one computes, the others get it; failures are not remembered."""

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier, Event

import pytest

from dashboard.read.cache import AnswerCache, build_cache
from geodata.settings import Settings


@pytest.fixture
def cache(tmp_path, city) -> AnswerCache:
    return build_cache(Settings(data_dir=tmp_path), city)


def test_of_many_that_ask_at_once_one_computes(cache: AnswerCache) -> None:
    barrier, computed = Barrier(8), []

    def compute() -> bytes:
        computed.append(1)
        Event().wait(0.05)
        return b"answer"

    def ask() -> bytes:
        barrier.wait(10)
        return cache.get_bytes("key", compute)

    with ThreadPoolExecutor(8) as pool:
        answers = [each.result() for each in [pool.submit(ask) for _ in range(8)]]
    assert answers == [b"answer"] * 8
    assert len(computed) == 1


def test_a_failure_is_not_remembered_and_holds_nobody_up(cache: AnswerCache) -> None:
    def fail() -> bytes:
        raise ValueError("no database")

    with pytest.raises(ValueError, match="no database"):
        cache.get_bytes("key", fail)
    assert cache.get_bytes("key", lambda: b"later") == b"later"
    assert cache.get_bytes("key", fail) == b"later"


def test_an_answer_may_ask_for_another(cache: AnswerCache) -> None:
    assert cache.get_bytes("outer", lambda: cache.get_bytes("inner", lambda: b"x") + b"y") == b"xy"
