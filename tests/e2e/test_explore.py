"""Explore in a real browser: choose, click, read the same number, and go back."""

import json

from playwright.sync_api import Page, expect

from layers.maps.urls import cell_address
from tests.e2e.city_site import CitySite
from tests.layer_addresses import ALL_CELLS, ALL_VALUES

DESK = {"width": 1920, "height": 1080}
INDICATOR = "down_mean_mbps"


def open_indicator(site: CitySite, page: Page, more: str = "") -> None:
    """Open explore on one indicator and wait for its values."""
    with page.expect_response(
        lambda answer: f"{ALL_VALUES}{INDICATOR}/" in answer.url, timeout=60_000
    ):
        page.goto(f"{site.url}/explore?indicator={INDICATOR}&res=8{more}")
    page.wait_for_selector("#inspector-value")
    page.wait_for_load_state("networkidle")


def test_a_click_on_a_hexagon_shows_what_the_service_answers(
    city_site: CitySite, open_page, artefacts
) -> None:
    watched = open_page(viewport=DESK)
    page = watched.page
    open_indicator(city_site, page, "&lang=en")
    box = page.locator(".explore-map").bounding_box()
    page.mouse.click(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    page.wait_for_url("**cell=*")
    cell = page.evaluate("new URLSearchParams(location.search).get('cell')")
    expect(page.locator(".explore-inspector h2")).to_contain_text(cell)
    shown = page.locator("#inspector-value").inner_text()
    frames = page.evaluate("performance.getEntriesByType('resource').map((e) => e.name)")
    frames = [name for name in frames if ALL_VALUES in name]
    indicator, component, version, period = frames[-1].split(ALL_VALUES)[1].split("/")[:4]
    address = cell_address(indicator, component, version, period, int(cell, 16))
    answer = page.request.get(city_site.url + address)
    value = json.loads(answer.text())["value"]
    assert shown == ("—" if value is None else f"{value:.1f}")
    page.screenshot(path=artefacts / "explore-1080p.png")
    assert watched.complaints == []


def test_choosing_an_indicator_goes_into_the_address_and_back(
    city_site: CitySite, open_page
) -> None:
    watched = open_page(viewport=DESK)
    page = watched.page
    open_indicator(city_site, page)
    page.get_by_role("link", name="警情数").click()
    page.wait_for_url("**indicator=incident_count*")
    expect(page.locator("#explore-title h2")).to_have_text("警情数")
    page.go_back()
    expect(page.locator("#explore-title h2")).to_have_text("下行均值速率")
    page.go_forward()
    expect(page.locator("#explore-title h2")).to_have_text("警情数")
    assert watched.complaints == []


def test_a_link_reopens_the_same_view_in_light_and_english(
    city_site: CitySite, open_page, artefacts
) -> None:
    watched = open_page(viewport=DESK)
    page = watched.page
    open_indicator(city_site, page, "&theme=light&lang=en&district=220104")
    expect(page.locator(".explore")).to_have_attribute("data-theme", "light")
    expect(page.locator(".explore-inspector h2")).to_have_text("Chaoyang District")
    page.locator(".evidence summary").click()
    expect(page.locator(".evidence")).to_contain_text("Broadband speed tests")
    expect(page.locator(".evidence .badge-simulated")).to_be_visible()
    page.screenshot(path=artefacts / "explore-light-1080p.png")
    assert watched.complaints == []


def test_the_slider_steps_without_asking_for_a_page(city_site: CitySite, open_page) -> None:
    watched = open_page(viewport=DESK)
    page = watched.page
    page.goto(f"{city_site.url}/explore?indicator=departures_per_hour&res=7")
    expect(page.locator("#explore-period")).not_to_have_text("—", timeout=60_000)
    page.wait_for_load_state("networkidle")
    before = page.locator("#explore-period").inner_text()
    page.locator("#explore-step-on").click()
    expect(page.locator("#explore-period")).not_to_have_text(before)
    page.wait_for_url("**period=*")
    assert watched.complaints == []


def test_an_indicator_without_hexagons_colours_whole_districts(
    city_site: CitySite, open_page, artefacts
) -> None:
    watched = open_page(viewport=DESK)
    page = watched.page
    page.goto(f"{city_site.url}/explore?indicator=beds_per_1000")
    page.wait_for_selector(".hexmap[data-painted=districts]", timeout=60_000)
    expect(page.locator("#explore-legends .legend-class").first).to_be_visible()
    box = page.locator(".explore-map").bounding_box()
    page.mouse.click(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    page.wait_for_url("**district=*")
    assert "cell=" not in page.url
    expect(page.locator("#inspector-value")).not_to_have_text("—")
    requested = page.evaluate("performance.getEntriesByType('resource').map((e) => e.name)")
    assert not [address for address in requested if ALL_CELLS in address]
    page.screenshot(path=artefacts / "explore-districts.png")
    assert watched.complaints == []
