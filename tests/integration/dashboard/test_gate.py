"""Every address, page and callback as every role: what is open is what is declared, and no more."""

import json
from collections.abc import Iterator

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from httpx2 import Response

from dashboard.gate.callbacks import roles_of
from dashboard.gate.table import SIGN_IN, TABLE, Kind
from dashboard.page import discover
from dashboard.server import create_server
from geodata.http.problems import PROBLEM_JSON
from geodata.identity.caller import Role
from geodata.settings import Settings
from tests.callers import headers_of, let_in

PARTS = {
    "indicator": "incident_count", "component": "all", "version": "1", "period": "2026-11",
    "area": "city", "res": "8", "name": "local_moran", "cell": "88317662a5fffff",
    "names": "incidents", "path:path": "collections",
}  # fmt: skip
UPDATE = "/_dash-update-component"


@pytest.fixture(scope="module")
def server(engine, city, tmp_path_factory: pytest.TempPathFactory) -> FastAPI:
    let_in(engine)
    return create_server(engine, city, Settings(data_dir=tmp_path_factory.mktemp("gate")))


@pytest.fixture(scope="module")
def client(server: FastAPI) -> Iterator[TestClient]:
    with TestClient(server, raise_server_exceptions=False, follow_redirects=False) as made:
        yield made


def an_address(pattern: str) -> str:
    """An address of a pattern."""
    for name, text in PARTS.items():
        pattern = pattern.replace(f"{{{name}}}", text)
    assert "{" not in pattern
    return pattern


def was_refused(answer: Response) -> bool:
    """Whether the gate did not let it pass."""
    led_away = answer.headers.get("location", "").startswith(SIGN_IN)
    return answer.status_code in (401, 403) or (answer.status_code == 303 and led_away)


@pytest.mark.parametrize("role", list(Role))
def test_addresses_are_open_to_whom_they_are_declared(client: TestClient, role: Role) -> None:
    asked = headers_of(role)
    for pattern, decision in TABLE.items():
        method = "HEAD" if decision.kind is Kind.STREAM else "GET"  # a stream would not end
        answer = client.request(method, an_address(pattern), headers=asked)
        assert was_refused(answer) is (role not in decision.roles), (pattern, answer.status_code)
        if was_refused(answer) and method == "GET":
            assert answer.headers["content-type"] == PROBLEM_JSON


@pytest.mark.parametrize("role", list(Role))
def test_pages_are_open_to_whom_they_are_declared(client: TestClient, role: Role) -> None:
    for route, page in discover().items():
        for path in (f"/{route}", f"//{route}", f"/{route}/", f"/{route}?at=2026-11-20T08:30"):
            answer = client.get(f"http://testserver{path}", headers=headers_of(role))
            assert was_refused(answer) is (role not in page.roles), (path, answer.status_code)


@pytest.mark.parametrize("role", list(Role))
def test_callbacks_are_open_to_whom_their_pages_are(
    client: TestClient, server: FastAPI, role: Role
) -> None:
    callbacks = server.state.screens.callback_map
    for output, declared in callbacks.items():
        roles = roles_of(declared)
        if roles is None:  # the browser's own
            continue
        asked = {"output": output, "inputs": [], "state": [], "changedPropIds": []}
        answer = client.post(UPDATE, json=asked, headers=headers_of(role))
        assert was_refused(answer) is (role not in roles), (output, answer.status_code)


def test_the_router_looks_at_the_role_itself(client: TestClient) -> None:
    for route, page in discover().items():
        for role in Role:
            answer = client.post(UPDATE, json=_shown(f"/{route}"), headers=headers_of(role))
            assert answer.status_code == 200
            said = "您无权打开此内容" in answer.text or "not open to you" in answer.text
            assert said is (role not in page.roles), (route, role)


def _shown(path: str) -> dict[str, object]:
    return {
        "output": "page.children",
        "outputs": {"id": "page", "property": "children"},
        "inputs": [{"id": "url", "property": "pathname", "value": path}],
        "state": [{"id": "url", "property": "search", "value": ""}],
        "changedPropIds": ["url.pathname"],
    }


@pytest.mark.parametrize(
    "output",
    [
        "duty-cases.children",  # one of several outputs of a callback
        "..duty-cases.children...duty-unjudged.children...page.children..",
        "page.children...duty-cases.children",
        "nothing.children",
        "",
    ],
)
def test_no_other_name_of_an_output_leads_to_a_callback(client: TestClient, output: str) -> None:
    asked = {"output": output, "inputs": [], "state": [], "changedPropIds": []}
    for role in (Role.PUBLIC, Role.PLANNER):
        answer = client.post(UPDATE, json=asked, headers=headers_of(role))
        assert (answer.status_code, answer.headers["content-type"]) == (400, PROBLEM_JSON)


@pytest.mark.parametrize(
    "body",
    [
        b"[]",
        b"{}",
        b"{",
        b"",
        b"[" * 100_000,
        b'{"output": 1}',
        b'{"output": "page.children", "inputs": 1}',
    ],
)
def test_what_is_no_callback_at_all_is_the_senders_fault(client: TestClient, body: bytes) -> None:
    asked = {**headers_of(Role.ADMINISTRATOR), "Content-Type": "application/json"}
    answer = client.post(UPDATE, content=body, headers=asked)
    assert (answer.status_code, answer.headers["content-type"]) == (400, PROBLEM_JSON)


def test_the_shells_of_dash_hold_no_number(client: TestClient) -> None:
    layout = client.get("/_dash-layout").json()
    assert [each["props"].get("id") for each in layout["props"]["children"]][-1] == "page"
    assert layout["props"]["children"][-1]["props"]["children"] is None
    for each in client.get("/_dash-dependencies").json():
        assert {"value", "data", "children"}.isdisjoint(each)
        assert all("value" not in one for one in [*each["inputs"], *each["state"]])


def test_what_is_closed_stays_out_of_shared_caches(client: TestClient) -> None:
    for path in ("/live/vehicles", "/wall"):
        kept = client.get(path, headers=headers_of(Role.LEADER)).headers["cache-control"]
        assert "public" not in kept


def test_a_browser_keeps_what_is_closed_for_the_one_who_asked(client: TestClient) -> None:
    for path in ("/wall", "/_dash-layout", "/"):
        answer = client.get(path, headers=headers_of(Role.LEADER)).headers
        assert "cookie" in answer["vary"].lower(), path
        assert answer["cache-control"] == "private", path


def test_health_tells_details_to_those_who_are_known(client: TestClient) -> None:
    assert client.get("/healthz").json() == {"database": "ok"}
    assert "versions" in client.get("/healthz", headers=headers_of(Role.WALL)).json()


def test_the_chooser_offers_what_the_caller_may_open(client: TestClient) -> None:
    for role in Role:
        shown = client.post(UPDATE, json=_shown("/"), headers=headers_of(role)).json()
        offered = json.dumps(shown)
        for route, page in discover().items():
            if page.question is not None:
                assert (f'"href": "/{route}"' in offered) is (role in page.roles), (role, route)


def test_a_page_is_asked_for_again_after_signing_in(client: TestClient) -> None:
    answer = client.get("/wall?at=2026-11-20T08:30&x=%2F%2Fevil")
    assert answer.status_code == 303
    there = "/wall%3Fat%3D2026-11-20T08%3A30%26x%3D%252F%252Fevil"
    assert answer.headers["location"] == f"/sign-in?next={there}"


def test_a_token_that_is_none_opens_nothing(client: TestClient) -> None:
    for headers in (
        {"Cookie": "occ_session=nothing"},
        {"Cookie": "occ_session=" + "x" * 5000},
        {"Authorization": "Bearer nothing"},
        {"Authorization": "Basic YTpi"},
        {"Cookie": b"occ_device=\xff"},
    ):
        answer = client.get("/live/vehicles", headers=headers)
        assert answer.status_code == 401, headers


def test_a_session_token_is_none_of_a_device(client: TestClient) -> None:
    session = headers_of(Role.LEADER)["Cookie"].partition("=")[2]
    device = headers_of(Role.WALL)["Cookie"].partition("=")[2]
    for cookie in (f"occ_device={session}", f"occ_session={device}"):
        assert client.get("/live/vehicles", headers={"Cookie": cookie}).status_code == 401
    bearer = {"Authorization": f"Bearer {device}"}
    assert client.get("/live/vehicles", headers=bearer).status_code == 200
