"""Under which names the server answers, and what counts as a page of ours."""

from pathlib import Path

import pytest

from dashboard.gate.origins import allowed_names, is_our_host, is_our_origin, is_secure, safe_next
from geodata.settings import Settings

NAMES = allowed_names(
    Settings(
        data_dir=Path("data"), host="10.0.0.5", allowed_hosts="occ.lan, Wall.lan:8050",
        public_url="https://occ.example/start",
    )
)  # fmt: skip


def asked(host: str, arrived_at: str = "192.0.2.9", method: str = "POST", **headers: str):
    named = {"host": host, **headers}
    return {
        "type": "http",
        "method": method,
        "scheme": "http",
        "server": (arrived_at, 8050),
        "headers": [(name.encode(), value.encode()) for name, value in named.items()],
    }


@pytest.mark.parametrize(
    "host",
    [
        "localhost:8050", "127.0.0.1", "[::1]:8050", "OCC.lan", "wall.lan:9000", "10.0.0.5:8050",
        "occ.example", "192.0.2.9:8050",
    ],
)  # fmt: skip
def test_our_names_are_those_that_are_set_and_where_one_arrived(host: str) -> None:
    assert is_our_host(asked(host), NAMES)


@pytest.mark.parametrize(
    "host",
    [
        "evil.example",
        "192.0.2.8",
        "occ.example.evil",
        "evil@occ.example",
        "occ.lan:x",
        "occ.lan/",
        "",
        "[::1",
        "a b",
    ],
)
def test_other_names_are_not(host: str) -> None:
    assert not is_our_host(asked(host), NAMES)


def test_a_request_names_one_host() -> None:
    twice = asked("occ.lan")
    twice["headers"].append((b"host", b"evil.example"))
    assert not is_our_host(twice, NAMES)


@pytest.mark.parametrize(
    ("host", "headers"),
    [
        ("occ.lan:8050", {"origin": "http://occ.lan:8050"}),
        ("occ.lan", {"origin": "https://OCC.lan"}),  # a proxy ends TLS
        ("occ.lan", {"referer": "http://occ.lan/wall"}),
    ],
)
def test_a_page_of_ours_may_act(host: str, headers: dict[str, str]) -> None:
    assert is_our_origin(asked(host, **headers), must_tell=True)


@pytest.mark.parametrize(
    "headers",
    [
        {"origin": "null"}, {"origin": "http://evil.example"}, {"origin": "http://occ.lan:81"},
        {"origin": "http://occ.lan:x"}, {"origin": "http://[::1"}, {"referer": "http://[::1"},
        {"origin": ""},
    ],
)  # fmt: skip
def test_others_may_not(headers: dict[str, str]) -> None:
    assert not is_our_origin(asked("occ.lan", **headers), must_tell=True)


def test_who_says_nothing_is_a_program_or_reads() -> None:
    assert is_our_origin(asked("occ.lan"), must_tell=False)
    assert is_our_origin(asked("occ.lan", method="GET", origin="http://evil"), must_tell=True)


def test_cookies_ask_for_https_where_people_come_by_it() -> None:
    assert is_secure({"scheme": "https"}, None)
    assert is_secure({"scheme": "http"}, "https://occ.example")
    assert not is_secure({"scheme": "http"}, None)


@pytest.mark.parametrize("path", ["/", "/wall?at=2026-11-20T08:30", "/explore?a=//b"])
def test_a_path_of_ours_is_where_to_go_next(path: str) -> None:
    assert safe_next(path) == path


@pytest.mark.parametrize(
    "path", [None, "", "wall", "//b", "https://b", "/\\b", "/a\nb", "/" * 3000]
)
def test_anything_else_leads_to_the_start(path: str | None) -> None:
    assert safe_next(path) == "/"
