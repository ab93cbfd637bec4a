"""The page of loads: the list, one account, the choice of a source, in a real browser."""

from playwright.sync_api import expect

from tests.e2e.city_site import CitySite
from tests.e2e.conftest import NOT_FOUND

DESK = {"width": 1920, "height": 1080}


def test_a_load_of_a_source_leads_to_its_account(city_site: CitySite, open_page, artefacts) -> None:
    watched = open_page(viewport=DESK)
    page = watched.page
    page.goto(city_site.url)
    page.locator("a.screen-link[href='/loads']").click()
    rows = page.locator(".loads-list tbody tr")
    expect(rows.first).to_be_visible(timeout=60_000)
    assert rows.count() > 5
    page.screenshot(path=artefacts / "loads-1080p.png")
    page.locator("#loads-source").click()
    page.get_by_text("gtfs_rail", exact=True).first.click()
    expect(rows).to_have_count(1)
    expect(rows.locator("td").nth(1)).to_have_text("gtfs_rail")
    rows.locator("a").click()
    expect(page.locator(".loads-summary h2")).to_contain_text("已装载")
    assert page.locator(".loads-stages tbody tr").count() == 2
    assert page.locator(".loads-coverage tbody tr").count() == 2
    page.screenshot(path=artefacts / "load-1080p.png")
    assert watched.complaints == []


def test_an_unknown_load_says_so(city_site: CitySite, open_page) -> None:
    watched = open_page(viewport=DESK)
    watched.page.goto(f"{city_site.url}/loads/999999")
    expect(watched.page.locator("h1")).to_contain_text("没有找到")
    assert watched.complaints == [NOT_FOUND]
