"""The gate in a real browser: signing in, what the public sees, a wall let in and put out."""

import pytest
from playwright.sync_api import expect

from geodata.identity.caller import Role
from geodata.identity.devices import issue_device, revoke_device
from geodata.identity.users import add_user
from tests.e2e.city_site import CitySite

DESK = {"width": 1920, "height": 1080}
NAME, PASSWORD = "王丽", "correct horse battery staple"


@pytest.fixture(scope="module")
def leader(city_site: CitySite) -> str:
    """The name of a user who signs in with a password."""
    add_user(city_site.engine, NAME, Role.LEADER, PASSWORD)
    return NAME


def test_signing_in_needs_no_script(city_site, open_page, artefacts, leader) -> None:
    watched = open_page(Role.PUBLIC, viewport=DESK, java_script_enabled=False)
    page = watched.page
    page.goto(f"{city_site.url}/district/220104")
    expect(page.locator("h1 .en")).to_have_text("Staff sign-in")
    page.screenshot(path=artefacts / "sign-in-1080p.png")
    page.locator("input[name=name]").fill(leader)
    page.locator("input[name=password]").fill("wrong password")
    page.locator("button").click()
    expect(page.locator(".sign-in-message .zh")).to_contain_text("未登录")
    page.screenshot(path=artefacts / "sign-in-refused-1080p.png")
    page.locator("input[name=name]").fill(leader)
    page.locator("input[name=password]").fill(PASSWORD)
    page.locator("button").click()
    page.wait_for_url("**/district/220104")


def test_who_is_signed_in_is_said_and_can_leave(city_site, open_page, artefacts, leader) -> None:
    watched = open_page(Role.PUBLIC, viewport=DESK)
    page = watched.page
    page.goto(f"{city_site.url}/sign-in?next=/explore%3Flang=en")
    page.locator("input[name=name]").fill(leader)
    page.locator("input[name=password]").fill(PASSWORD)
    page.locator("button").click()
    expect(page.locator(".caller-name")).to_have_text(leader)
    page.wait_for_selector(".hexmap[data-painted]", timeout=60_000)
    page.wait_for_load_state("networkidle")
    page.screenshot(path=artefacts / "signed-in-explore-1080p.png")
    assert watched.complaints == []
    page.locator(".sign-out").click()
    expect(page.locator(".sign-in-link")).to_be_visible()
    expect(page.locator(".screen-link")).to_have_count(1)
    page.screenshot(path=artefacts / "chooser-public-1080p.png")


def test_the_public_has_the_kiosk_and_hears_nothing(city_site, open_page, artefacts) -> None:
    watched = open_page(Role.PUBLIC, viewport=DESK)
    asked: list[str] = []
    watched.page.on("request", lambda request: asked.append(request.url))
    page = watched.page
    page.goto(f"{city_site.url}/kiosk")
    page.wait_for_selector(".hexmap[data-painted]", timeout=60_000)
    page.locator(".kiosk-button", has_text="朝阳区").click()
    expect(page.locator("#kiosk-subjects h2")).to_contain_text("朝阳区")
    page.wait_for_load_state("networkidle")
    page.screenshot(path=artefacts / "kiosk-public-1080p.png")
    assert not [each for each in asked if "/events" in each or "/live/" in each]
    assert watched.complaints == []


def test_a_wall_is_let_in_by_its_token_and_put_out_at_once(city_site, open_page, artefacts) -> None:
    token = issue_device(city_site.engine, Role.WALL, "hall-1")
    page = open_page(Role.PUBLIC, viewport=DESK).page
    page.goto(f"{city_site.url}/device?token={token}")
    page.wait_for_url("**/wall")
    expect(page.locator(".caller-name")).to_have_text("hall-1")
    page.wait_for_selector(".hexmap[data-painted]", timeout=60_000)
    page.wait_for_function("() => occLive.state().connected && occLive.state().database")
    page.screenshot(path=artefacts / "wall-signed-in-1080p.png")
    revoke_device(city_site.engine, "hall-1")
    page.wait_for_url("**/sign-in?next=/wall")


def test_a_callback_of_one_who_left_says_so(city_site, open_page) -> None:
    watched = open_page(viewport=DESK)
    page = watched.page
    page.goto(f"{city_site.url}/loads")
    expect(page.locator(".loads-list").first).to_be_visible()
    watched.context.clear_cookies()
    page.locator("#loads-source").click()
    page.get_by_role("option", name="hospitals").click()
    expect(page.locator("#problem")).to_contain_text("You are signed out")


def test_the_administrator_reads_what_was_done(city_site, open_page, artefacts, leader) -> None:
    watched = open_page(viewport=DESK)
    page = watched.page
    page.goto(f"{city_site.url}/audit")
    expect(page.locator("#audit-entries tbody tr").first).to_be_visible()
    page.locator("#audit-act").fill("sign-in")
    page.keyboard.press("Enter")
    expect(page.locator("#audit-entries tbody tr").first).to_contain_text("sign-in")
    page.screenshot(path=artefacts / "audit-1080p.png")
    expect(page.locator(".audit section").nth(1)).to_contain_text(leader)
    assert watched.complaints == []
