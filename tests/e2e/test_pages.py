"""Chooser, district page, unknown addresses and health, in a real browser."""

from playwright.sync_api import Route, expect

from tests.e2e.city_site import CitySite
from tests.e2e.conftest import NOT_FOUND

DESK = {"width": 1920, "height": 1080}


def test_the_chooser_leads_to_a_district_and_on_to_explore(
    city_site: CitySite, open_page, artefacts
) -> None:
    watched = open_page(viewport=DESK)
    page = watched.page
    page.goto(city_site.url)
    page.wait_for_selector(".district-links a:nth-child(11)")
    page.screenshot(path=artefacts / "chooser-1080p.png")
    page.get_by_role("link", name="朝阳区").click()
    expect(page.locator("h1 .zh")).to_have_text("朝阳区", timeout=60_000)
    page.wait_for_load_state("networkidle")
    assert page.locator(".district-domains section").count() == 4
    assert page.locator(".facilities tbody tr").count() >= 2
    page.screenshot(path=artefacts / "district-1080p.png")
    page.locator(".district-header .button").click()
    page.wait_for_url("**/explore?district=220104")
    expect(page.locator(".explore-inspector h2")).to_have_text("朝阳区", timeout=60_000)
    assert watched.complaints == []


def test_an_unknown_address_says_so(city_site: CitySite, open_page, artefacts) -> None:
    watched = open_page(viewport=DESK)
    page = watched.page
    for path, words in (("nowhere", "No such page"), ("district/999999", "没有找到")):
        answer = page.goto(f"{city_site.url}/{path}")
        assert answer is not None
        assert answer.status == 404
        expect(page.locator("h1")).to_contain_text(words)
    page.screenshot(path=artefacts / "not-found-1080p.png")
    page.locator(".problem-page .button").click()
    page.wait_for_selector(".screens .screen-link:nth-child(5)")
    assert watched.complaints == [NOT_FOUND, NOT_FOUND]


def test_the_document_says_its_language_and_changes_it(city_site: CitySite, open_page) -> None:
    watched = open_page(viewport=DESK)
    page = watched.page
    document = page.locator("html")
    page.goto(f"{city_site.url}/explore?lang=en")
    expect(document).to_have_attribute("lang", "en")
    page.wait_for_selector(".hexmap[data-painted]", timeout=60_000)
    page.wait_for_load_state("networkidle")  # what is cut off by leaving is a complaint
    page.goto(f"{city_site.url}/kiosk")
    expect(document).to_have_attribute("lang", "zh-CN")
    page.locator("#kiosk-language").click(timeout=60_000)
    expect(document).to_have_attribute("lang", "en")
    page.locator("#kiosk-language").click()
    expect(document).to_have_attribute("lang", "zh-CN")
    page.wait_for_load_state("networkidle")
    assert watched.complaints == []


def test_a_page_that_is_refused_for_the_moment_says_so_and_asks_again(
    city_site: CitySite, open_page, artefacts
) -> None:
    watched = open_page(viewport=DESK)
    page = watched.page
    refused: list[str] = []
    held: list[Route] = []  # what was asked since, until the banner was seen

    def refuse(route: Route) -> None:
        if refused:
            held.append(route)
            return
        refused.append(route.request.url)
        route.fulfill(status=429, headers={"Retry-After": "1"}, body="{}")

    page.route("**/_dash-update-component*", refuse)
    page.goto(city_site.url)
    expect(page.locator("#busy .zh")).to_be_visible()
    expect(page.locator("#busy .en")).to_contain_text("asks again by itself")
    page.screenshot(path=artefacts / "busy-1080p.png")
    page.unroute("**/_dash-update-component*")
    for each in held:
        each.continue_()
    page.wait_for_selector(".district-links a:nth-child(11)", timeout=60_000)
    expect(page.locator("#busy")).to_be_hidden()
    assert [each for each in watched.complaints if "429" not in each] == []


def test_health_names_the_load(city_site: CitySite, open_page) -> None:
    answer = open_page().page.request.get(f"{city_site.url}/healthz")
    assert answer.status == 200
    assert answer.json()["database"] == "ok"
    assert answer.json()["load_id"] > 0
    assert answer.json()["is_simulated"] is True


def test_assets_may_be_kept(city_site: CitySite, open_page) -> None:
    page = open_page().page
    answer = page.request.get(f"{city_site.url}/assets/fonts/noto-sans-sc-400.woff2")
    assert answer.status == 200
    assert "max-age=31536000" in answer.headers["cache-control"]
