"""The duty desk in a real browser: a warning is signed, passed on and closed, with its history."""

from datetime import timedelta

import pytest
from playwright.sync_api import expect

from geodata.clock import now
from geodata.identity.audit import read_audit
from geodata.identity.caller import Role
from layers.alerts.duty import apply_observations
from layers.alerts.machine import Timing
from layers.alerts.observation import Observation
from tests.e2e.city_site import CitySite

DESK = {"width": 1920, "height": 1080}
AT_ONCE = {"load": Timing(timedelta(0), timedelta(0))}
WORDS = ("南关区：上一小时警情 40 起", "Nanguan District: 40 incidents in the last hour")


def seen(severity: int) -> Observation:
    return Observation(
        "load", "district", "220102", severity, bool(severity), "", 40.0, 24.0, *WORDS
    )


@pytest.fixture
def warning(city_site: CitySite):
    """A warning of level 2 as the rules raise it, over and closed at the end."""
    apply_observations(city_site.engine, [seen(2)], AT_ONCE, now())
    yield
    apply_observations(city_site.engine, [seen(0)], AT_ONCE, now())


def test_a_warning_ends_in_a_closed_case(
    city_site: CitySite, open_page, artefacts, warning
) -> None:
    watched = open_page(Role.DUTY, viewport=DESK)
    page = watched.page
    page.goto(f"{city_site.url}/duty")
    other = open_page(viewport=DESK)  # a second hand
    other.page.goto(f"{city_site.url}/duty")
    second = other.page.locator(".case", has_text="南关区：上一小时警情")
    other.page.wait_for_function("() => occLive.state().connected")
    case = page.locator(".case", has_text="南关区：上一小时警情")
    expect(case.locator(".severity")).to_contain_text("2")
    case.get_by_role("button", name="Acknowledge").click()
    expect(case.locator(".case-owner")).to_contain_text("acknowledged")
    expect(second.locator(".case-owner")).to_contain_text("acknowledged")  # a push brought it
    page.locator("#duty-to").fill("王强")
    case.get_by_role("button", name="Assign").click()
    expect(case.locator(".case-owner")).to_contain_text("with 王强")
    page.locator("#duty-note").fill("two engines sent")
    page.screenshot(path=artefacts / "duty-1080p.png")
    expect(second.get_by_role("button", name="Close")).to_be_visible()
    case.get_by_role("button", name="Close").click()
    expect(case.locator(".case-owner")).to_contain_text("closed")
    expect(page.locator(".case-history li")).to_have_count(4)
    expect(page.locator(".case-history li").last).to_contain_text("a duty · two engines sent")
    expect(second.locator(".case-owner")).to_contain_text("closed")
    signed = {(each["who"], each["act"]) for each in read_audit(city_site.engine).entries}
    assert {("a duty", f"alert {act}") for act in ("acknowledge", "assign", "close")} <= signed
    assert watched.complaints == other.complaints == []
