"""The kiosk in a real browser: touch a district, read a sentence, walk away."""

import pytest
from playwright.sync_api import Page, expect

from dashboard.scenes.model import load_kiosk
from dashboard.wording.numbers import format_number
from geodata.city.configuration import load_city
from layers.period import Period
from layers.values.read import ValueQuery, latest_period, read_values
from tests.e2e.city_site import CitySite

CHANGCHUN = load_city("changchun")

SIZES = {"portrait": (1080, 1920), "landscape": (1920, 1080)}
SMALLEST_TARGET_PX = 64


def open_kiosk(site: CitySite, page: Page, search: str = "") -> None:
    page.goto(f"{site.url}/kiosk{search}")
    page.wait_for_selector(".subject:nth-of-type(4)", timeout=60_000)
    page.wait_for_load_state("networkidle")


@pytest.mark.parametrize("name", SIZES)
def test_the_kiosk_in_both_orientations(city_site: CitySite, open_page, artefacts, name) -> None:
    width, height = SIZES[name]
    watched = open_page(viewport={"width": width, "height": height}, has_touch=True)
    page = watched.page
    open_kiosk(city_site, page, "?district=220104&lang=en")
    for target in page.locator(".kiosk-button").all():
        box = target.bounding_box()
        assert min(box["width"], box["height"]) >= SMALLEST_TARGET_PX
        assert box["x"] + box["width"] <= width
        assert box["y"] + box["height"] <= height
    assert page.evaluate("document.documentElement.scrollHeight <= innerHeight")
    for card in page.locator(".subject").all():
        assert card.evaluate("e => e.scrollHeight <= e.clientHeight + 1")
    expect(page.locator(".badge-simulated")).to_be_visible()
    page.screenshot(path=artefacts / f"kiosk-{name}.png")
    assert watched.complaints == []


def test_a_touched_district_speaks_its_own_number(city_site: CitySite, open_page) -> None:
    watched = open_page(viewport={"width": 1080, "height": 1920}, has_touch=True)
    page = watched.page
    open_kiosk(city_site, page)
    page.get_by_role("link", name="朝阳区").tap()
    page.wait_for_url("**district=220104")
    subject = load_kiosk(CHANGCHUN).subjects["broadband"]
    value = district_value(city_site, subject.indicator, "220104")
    expect(page.locator(".subject.domain-broadband .sentence")).to_have_text(
        subject.sentence_zh.format(district="朝阳区", value=format_number(value, 0))
    )
    assert watched.complaints == []


def test_a_touched_subject_colours_the_districts(city_site: CitySite, open_page, artefacts) -> None:
    watched = open_page(viewport={"width": 1080, "height": 1920}, has_touch=True)
    page = watched.page
    open_kiosk(city_site, page)
    page.wait_for_selector(".hexmap[data-painted=districts]", timeout=60_000)
    for card in page.locator("a.subject").all():
        assert card.bounding_box()["height"] >= SMALLEST_TARGET_PX
    expect(page.locator(".subject.chosen h3")).to_have_text(
        load_kiosk(CHANGCHUN).subjects["transit"].title_zh
    )
    before = page.locator("#kiosk-legend").inner_text()
    page.locator(".subject.domain-health").tap()
    page.wait_for_url("**subject=health")
    expect(page.locator(".subject.chosen h3")).to_have_text(
        load_kiosk(CHANGCHUN).subjects["health"].title_zh
    )
    expect(page.locator("#kiosk-legend")).not_to_have_text(before)
    names = page.locator(".hexmap").get_attribute("data-labels")
    assert len(names.split()) == len(city_site_districts(page))
    page.screenshot(path=artefacts / "kiosk-subject.png")
    assert watched.complaints == []


def city_site_districts(page: Page) -> list[str]:
    """The districts' buttons, without the city's own."""
    return page.locator(".kiosk-districts .kiosk-button").all_inner_texts()[1:]


def district_value(site: CitySite, indicator: str, district_id: str) -> float:
    """The number straight from the layers."""
    period: Period | None = latest_period(site.engine, site.city, indicator)
    assert period is not None
    frame = read_values(site.engine, site.city, ValueQuery(indicator, period))
    return dict(frame.select("key", "value").iter_rows())[district_id]


def test_nobody_there_resets_everything_after_a_countdown(city_site: CitySite, open_page) -> None:
    watched = open_page(viewport={"width": 1920, "height": 1080})
    page = watched.page
    page.clock.install()
    page.goto(f"{city_site.url}/kiosk?district=220104&lang=en")
    expect(page.locator(".kiosk-subjects h2")).to_have_text("Chaoyang District", timeout=60_000)
    page.clock.run_for(40_000)
    expect(page.locator("#kiosk-countdown")).to_be_hidden()
    page.clock.run_for(8_000)
    expect(page.locator("#kiosk-countdown")).to_contain_text("Back to the start in")
    page.mouse.click(5, 5)
    page.clock.run_for(2_000)
    expect(page.locator("#kiosk-countdown")).to_be_hidden()
    page.clock.run_for(62_000)
    expect(page.locator(".kiosk-subjects h2")).to_have_text("长春市")
    assert page.evaluate("location.search") in ("", "?")
    assert watched.complaints == []
