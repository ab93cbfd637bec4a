"""Signing in at an identity provider that runs beside the test, and what must be refused."""

import ssl
import time
from urllib.parse import parse_qs, urlsplit

import httpx2
import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from sqlalchemy import text
from starlette.responses import JSONResponse, PlainTextResponse

from dashboard.gate.oidc import COOKIE, Door, oidc_router
from dashboard.gate.rates import PER_CLIENT
from dashboard.gate.table import PROVIDER, PROVIDER_BACK
from dashboard.server import create_server
from geodata.identity.audit import read_audit
from geodata.identity.caller import Caller, Role
from geodata.identity.providers import admit_provider_user
from geodata.identity.sessions import find_caller
from geodata.identity.users import add_user, disable_user, find_user, list_users
from geodata.settings import Settings
from geodata.space.districts import load_districts
from tests.integration.identity.provider import (
    CLIENT,
    SECRET,
    foreign_key,
    own_secret,
    running_provider,
)

PUBLIC = "https://occ.example"
NO_TLS = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)  # the provider speaks http: made once, it is slow


@pytest.fixture(scope="module")
def shared_provider():
    with running_provider() as provider:
        yield provider


@pytest.fixture
def provider(shared_provider):
    shared_provider.honest()
    return shared_provider


@pytest.fixture(scope="module", autouse=True)
def _districts(engine, city):
    with engine.begin() as connection:
        load_districts(connection, city)


@pytest.fixture(autouse=True)
def _nobody_is_kept(engine):
    yield
    with engine.begin() as connection:
        connection.execute(text("TRUNCATE user_session, user_account, audit_entry"))


@pytest.fixture
def open_site(engine, provider):
    """Return a browser at a site that knows the provider; other settings may be given."""

    async def let_in(request, caller, token, back):
        return JSONResponse({"name": caller.name, "token": token, "next": back})

    def refuse(key, status):
        return PlainTextResponse(key, status)

    def site(**settings):
        settings = {
            "oidc_issuer": provider.issuer, "oidc_client_id": CLIENT, "oidc_client_secret": SECRET,
            "oidc_roles": {"ops": "duty", "chiefs": "leader", "root": "administrator"},
            "public_url": PUBLIC,
        } | settings  # fmt: skip
        app = FastAPI()
        app.include_router(
            oidc_router(engine, Settings(**settings), Door(lambda _: True, let_in, refuse))
        )
        return TestClient(app, base_url=PUBLIC, follow_redirects=False)

    return site


def at_provider(asked):
    """Sign in at the provider, and return where it sends the browser then."""
    return httpx2.get(asked.headers["location"], verify=NO_TLS).headers["location"]


def go_there(browser, back="/duty"):
    """Sign in at the provider and return the address that it sends the browser back to."""
    asked = browser.get(PROVIDER, params={"next": back})
    assert asked.status_code == 303
    return at_provider(asked)


def sign_in(browser):
    return browser.get(go_there(browser))


def test_who_signs_in_there_is_signed_in_here(open_site, engine, provider):
    browser = open_site()
    asked = browser.get(PROVIDER, params={"next": "/duty"})
    cookie = asked.headers["set-cookie"].lower()
    assert all(word in cookie for word in ("httponly", "secure", "samesite=lax", "max-age=600"))
    there = parse_qs(urlsplit(asked.headers["location"]).query)
    assert there["redirect_uri"] == [PUBLIC + PROVIDER_BACK]
    assert there["code_challenge_method"] == ["S256"]
    answer = browser.get(at_provider(asked))
    assert answer.json()["next"] == "/duty"
    expected = Caller(Role.DUTY, "wang")
    assert find_caller(engine, answer.json()["token"]) == expected
    assert not find_user(engine, "wang").has_password
    assert browser.cookies.get(COOKIE) is None
    # the next time it is the same user, with the role that the provider says then
    provider.claims = {"roles": ["ops", "chiefs", "other"], "preferred_username": "renamed"}
    again = sign_in(browser).json()
    assert find_caller(engine, again["token"]) == Caller(Role.LEADER, "wang")
    assert find_caller(engine, answer.json()["token"]).role == Role.LEADER
    assert len(list_users(engine)) == 1


def wrong_key(provider):
    provider.signs_with = foreign_key()


def our_secret(provider):
    provider.signs_with, provider.algorithm = own_secret(), "HS256"


def unsigned(provider):
    provider.algorithm = "none"


def claiming(**claims):
    def change(provider):
        provider.claims = claims

    return change


def leaving_out(*names):
    def change(provider):
        provider.leaves_out = names

    return change


REFUSED = {
    "another nonce": (claiming(nonce="another"), "'nonce'"),
    "for another": (claiming(aud="another"), "'aud'"),
    "for two others": (claiming(aud=["another", "third"]), "'aud'"),
    "for us and another, made for nobody": (claiming(aud=[CLIENT, "another"]), "'azp'"),
    "of another issuer": (claiming(iss="http://127.0.0.1:1"), "'iss'"),
    "of yesterday": (claiming(exp=int(time.time()) - 3600), "expired"),
    "of tomorrow": (claiming(iat=int(time.time()) + 3600), "in the future"),
    "of no subject": (claiming(sub=""), "malformed"),
    "of a long subject": (claiming(sub="x" * 256), "malformed"),
    "of a strange subject": (claiming(sub="a\0b"), "malformed"),
    "a role of elsewhere": (claiming(roles=["other"]), "no role here"),
    "roles of another shape": (claiming(roles={"ops": True}), "no role here"),
    "roles of other types": (claiming(roles=[{"ops": 1}, 7, None]), "no role here"),
    "without nonce": (leaving_out("nonce"), "'nonce'"),
    "without end": (leaving_out("exp"), "'exp'"),
    "without audience": (leaving_out("aud"), "'aud'"),
    "without subject": (leaving_out("sub"), "'sub'"),
    "without roles": (leaving_out("roles"), "no role here"),
    "signed by another": (wrong_key, "bad_signature"),
    "signed with our secret": (our_secret, "'HS256' is not allowed"),
    "not signed": (unsigned, "'none' is not allowed"),
}


@pytest.mark.parametrize(("change", "reason"), REFUSED.values(), ids=REFUSED)
def test_a_token_that_is_not_what_it_must_be_is_refused(
    open_site, engine, provider, change, reason
):
    change(provider)
    answer = sign_in(open_site())
    assert (answer.status_code, answer.text) == (401, "gate.provider_refused")
    assert list_users(engine) == []
    (entry,) = read_audit(engine).entries
    assert (entry["act"], entry["outcome"]) == ("sign-in", "refused")
    assert entry["detail"]["reason"].startswith("not signed in: ")
    assert reason in entry["detail"]["reason"]
    provider.honest()
    assert sign_in(open_site()).status_code == 200  # the same, done right


def test_an_answer_that_this_browser_did_not_ask_for_is_refused(open_site):
    mine, other = open_site(), open_site()
    location = go_there(mine)
    assert other.get(location).status_code == 401  # it asked nothing
    go_there(other)
    assert other.get(location).status_code == 401  # it asked something else
    assert mine.get(location).status_code == 200
    assert mine.get(location).status_code == 401  # a second time


def test_a_code_is_worth_nothing_without_what_the_browser_kept(open_site):
    thief, victim = open_site(), open_site()
    code = parse_qs(urlsplit(go_there(victim)).query)["code"][0]
    own = parse_qs(urlsplit(go_there(thief)).query)["state"][0]
    answer = thief.get(PROVIDER_BACK, params={"code": code, "state": own})
    assert (answer.status_code, answer.text) == (401, "gate.provider_refused")


@pytest.mark.parametrize("cookie", ["", "x", "e30=", "W10=", "eyJzdGF0ZSI6ICJcdWQ4MDAifQ=="])
@pytest.mark.parametrize("query", ["", "state=", "state=%00&code=1", "error=access_denied&state=x"])
def test_any_text_may_come_back(open_site, cookie, query):
    browser = open_site()
    browser.cookies.set(COOKIE, cookie)
    assert browser.get(f"{PROVIDER_BACK}?{query}").status_code == 401


def test_a_refusal_of_the_provider_is_written_down(open_site, engine):
    browser = open_site()
    state = parse_qs(urlsplit(go_there(browser)).query)["state"][0]
    answer = browser.get(PROVIDER_BACK, params={"error": "access_denied", "state": state})
    assert answer.status_code == 401
    assert "access_denied" in read_audit(engine).entries[0]["detail"]["reason"]


def test_a_provider_that_is_away_or_another_is_said_so(open_site, provider):
    away = open_site(oidc_issuer="http://127.0.0.1:9").get(PROVIDER)
    assert (away.status_code, away.text) == (503, "gate.provider_silent")
    other = open_site(oidc_issuer=provider.issuer.replace("127.0.0.1", "localhost")).get(PROVIDER)
    assert other.status_code == 503


def test_a_claim_may_lie_deep_or_come_beside_the_token(open_site, engine, provider):
    provider.claims = {"roles": [], "realm_access": {"roles": ["root"]}}
    deep = sign_in(open_site(oidc_role_claim="realm_access.roles")).json()
    assert find_caller(engine, deep["token"]).role == Role.ADMINISTRATOR
    provider.claims = {}
    provider.userinfo = {"groups": "chiefs"}
    beside = sign_in(open_site(oidc_role_claim="groups")).json()
    assert find_caller(engine, beside["token"]).role == Role.LEADER
    provider.userinfo = {"groups": "chiefs", "sub": "somebody else"}
    assert sign_in(open_site(oidc_role_claim="groups")).status_code == 401


def test_a_user_is_bound_to_the_districts_of_the_claim(open_site, engine, provider):
    site = {"oidc_district_claim": "areas"}
    for areas, status in ((None, 401), ([], 401), (["atlantis"], 401), ("*", 200), ("220102", 200)):
        provider.claims = {"areas": areas}
        answer = sign_in(open_site(**site))
        assert answer.status_code == status, areas
    assert find_caller(engine, answer.json()["token"]).districts == ("220102",)


def test_a_disabled_user_stays_out(open_site, engine):
    assert sign_in(open_site()).status_code == 200
    disable_user(engine, "wang")
    assert sign_in(open_site()).status_code == 401


def test_a_name_of_ours_is_not_taken_over(open_site, engine, provider):
    add_user(engine, "Wang", Role.ADMINISTRATOR, "correct horse battery")
    token = sign_in(open_site()).json()["token"]
    assert find_caller(engine, token) == Caller(Role.DUTY, "wang@127.0.0.1")
    provider.claims = {"sub": "4712"}
    third = find_caller(engine, sign_in(open_site()).json()["token"])
    assert third.name.startswith("user-")
    provider.claims = {"sub": "4713", "preferred_username": "  王 芳 <script>"}
    assert find_caller(engine, sign_in(open_site()).json()["token"]).name == "王_芳_script"
    assert [each.role for each in list_users(engine)].count(Role.ADMINISTRATOR) == 1


def test_an_administrator_of_the_provider_is_bound_to_no_district(engine):
    for role, given in ((Role.DUTY, ["220102"]), (Role.ADMINISTRATOR, None), (Role.DUTY, None)):
        admit_provider_user(engine, "https://id.example", "1", "li", role, given)
    assert find_user(engine, "li").districts == ()


def composed(engine, city, folder, **settings):
    """A browser at the whole server; it follows no redirection."""
    server = create_server(engine, city, Settings(data_dir=folder, **settings))
    return TestClient(server, follow_redirects=False)


def test_through_the_whole_server(engine, city, provider, tmp_path):
    browser = composed(
        engine, city, tmp_path,
        oidc_issuer=provider.issuer, oidc_client_id=CLIENT, oidc_client_secret=SECRET,
        oidc_roles={"ops": "duty"},
    )  # fmt: skip
    form = browser.get("/sign-in?next=/wall%3Fat%3D1").text
    assert 'href="/sign-in/provider?next=%2Fwall%3Fat%3D1"' in form
    assert "使用统一身份认证登录" in form
    for back, led_to in (("/wall?at=1", "/wall?at=1"), ("//evil.example", "/"), ("", "/")):
        answer = browser.get(go_there(browser, back))
        assert (answer.status_code, answer.headers["location"]) == (303, led_to)
    assert browser.get("/wall").status_code == 200
    entry = read_audit(engine).entries[0]
    assert (entry["who"], entry["act"], entry["outcome"]) == ("wang", "sign-in", "done")
    former = browser.cookies["occ_session"]
    browser.get(go_there(browser))
    assert find_caller(engine, former) is None  # a new session ends the one of this browser
    provider.claims = {"roles": []}
    refused = sign_in(browser)
    assert refused.status_code == 401
    assert "Not signed in: the identity provider" in refused.text
    attempts = [browser.get(PROVIDER_BACK).status_code for _ in range(PER_CLIENT.amount)]
    assert set(attempts) == {401, 429}


def test_without_a_provider_both_addresses_say_so(engine, city, tmp_path):
    browser = composed(engine, city, tmp_path)
    for each in (PROVIDER, PROVIDER_BACK):
        answer = browser.get(each)
        assert (answer.status_code, "No identity provider" in answer.text) == (404, True)
    assert PROVIDER not in browser.get("/sign-in").text
