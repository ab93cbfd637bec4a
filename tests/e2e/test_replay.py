"""`/wall?at=` in a real browser: the wall of then, standing still, with values of its own."""

from datetime import datetime, timedelta

from playwright.sync_api import expect
from sqlalchemy import func, select

from geodata.tables import state_build
from tests.e2e.city_site import CitySite
from tests.e2e.reading import faults_of
from tests.e2e.test_wall import wait_for_paint
from tests.layer_addresses import ALL_VALUES


def built_at(site: CitySite) -> datetime:
    """Return the second after which everything of the site was built."""
    with site.engine.connect() as connection:
        newest: datetime = connection.execute(select(func.max(state_build.c.built_at))).scalar_one()
    return (newest + timedelta(seconds=1)).replace(microsecond=0)


def test_the_wall_of_a_moment_stands_still(city_site: CitySite, open_page, artefacts) -> None:
    at = built_at(city_site)
    local = at.astimezone(city_site.city.zone)
    watched = open_page(viewport={"width": 1920, "height": 1080})
    page = watched.page
    with page.expect_response(
        lambda response: ALL_VALUES in response.url, timeout=180_000
    ) as values:
        page.goto(f"{city_site.url}/wall?at={local:%Y-%m-%dT%H:%M:%S}")
    assert f"/at{int(at.timestamp())}-" in values.value.url
    assert values.value.status == 200
    banner = page.locator(".wall-replay")
    expect(banner).to_contain_text(f"REPLAY {local:%Y-%m-%d %H:%M}")
    expect(banner).to_contain_text(f"回放 {local:%Y-%m-%d %H:%M}")
    expect(page.locator("#wall-time")).to_have_text(f"{local:%H:%M}")
    expect(page.locator("#wall-date")).to_contain_text(f"{local:%Y-%m-%d}")
    wait_for_paint(page)
    assert page.locator(".card").count() == 4
    assert faults_of(page)["clipped"] == []
    page.screenshot(path=artefacts / "wall-replay.png")
    assert watched.complaints == []


def test_a_moment_without_a_wall_says_why(city_site: CitySite, open_page) -> None:
    watched = open_page()
    page = watched.page
    for text, sentence in (
        ("soon", "This is not a time: soon"),
        ("2999-01-01T00:00", "2999-01-01 00:00 has not come yet."),
        ("2001-01-01T00:00", "Nothing had been loaded by 2001-01-01 00:00."),
    ):
        page.goto(f"{city_site.url}/wall?at={text}")
        expect(page.locator("h1")).to_contain_text(sentence)
    page.get_by_role("link").click()
    expect(page.locator(".wall .card").first).to_be_visible()
    assert watched.complaints == []
