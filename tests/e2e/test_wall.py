"""The wall in a real browser: painted, legible, quiet, turning its scenes."""

import pytest
from PIL import Image
from playwright.sync_api import Page, expect

from tests.e2e.city_site import CitySite

SIZES = {"1080p": (1920, 1080), "1440p": (2560, 1440), "2160p": (3840, 2160), "32x9": (7680, 2160)}
GROUND = (11, 17, 22)

OVERFLOW = """() => {
  const found = [];
  for (const element of document.querySelectorAll('.wall *')) {
    const own = [...element.childNodes].some((n) => n.nodeType === 3 && n.textContent.trim());
    const box = element.getBoundingClientRect();
    if (!own || !box.width || element.closest('.sr-only, [hidden]')) continue;
    const out = box.right > innerWidth + 1 || box.bottom > innerHeight + 1 || box.left < -1;
    let clipped = false;
    for (let up = element.parentElement; up && up !== document.body; up = up.parentElement) {
      const style = getComputedStyle(up);
      const frame = up.getBoundingClientRect();
      clipped ||= style.overflowX !== 'visible' && box.right > frame.right + 1;
      clipped ||= style.overflowY !== 'visible' && box.bottom > frame.bottom + 1;
    }
    if (out || clipped) found.push(element.textContent);
  }
  return found;
}"""

SMALL_TEXT = """(least) => {
  const small = {};
  for (const element of document.querySelectorAll('.wall *')) {
    const own = [...element.childNodes].some((n) => n.nodeType === 3 && n.textContent.trim());
    if (!own || !element.getBoundingClientRect().width || element.closest('.sr-only')) continue;
    const size = parseFloat(getComputedStyle(element).fontSize);
    if (size < least - 0.01) small[element.textContent] = size;
  }
  return small;
}"""


def wait_for_paint(page: Page) -> None:
    """Wait until the map reports painted values."""
    page.wait_for_function(
        "() => [...document.querySelectorAll('canvas')].some((c) => c.width > 100)", timeout=60_000
    )
    page.wait_for_load_state("networkidle")


@pytest.mark.parametrize("name", SIZES)
def test_the_wall_at_every_size(city_site: CitySite, open_page, artefacts, name: str) -> None:
    width, height = SIZES[name]
    watched = open_page(viewport={"width": width, "height": height})
    page = watched.page
    page.goto(f"{city_site.url}/wall")
    page.wait_for_selector(".district-table tbody tr:nth-child(11)", timeout=60_000)
    wait_for_paint(page)
    expect(page.locator(".badge-simulated")).to_be_visible()
    assert page.locator(".card").count() == 4
    assert page.evaluate(OVERFLOW) == []
    assert page.evaluate(SMALL_TEXT, height / 80) == {}
    assert page.evaluate("document.documentElement.scrollHeight <= innerHeight")
    path = artefacts / f"wall-{name}.png"
    page.screenshot(path=path)
    assert painted_share(path, page) > 0.02
    assert watched.complaints == []


def painted_share(path, page: Page) -> float:
    """The share of the map's pixels that carry a saturated colour: cells with a value."""
    box = page.locator(".wall-map").bounding_box()
    with Image.open(path) as picture:
        left, top = box["x"] + 0.3 * box["width"], box["y"] + 0.25 * box["height"]
        area = (left, top, left + 0.4 * box["width"], top + 0.4 * box["height"])
        pixels = picture.convert("HSV").crop(area).resize((200, 150)).get_flattened_data()
    coloured = sum(saturation > 90 and value > 90 for _, saturation, value in pixels)
    return coloured / (200 * 150)


def test_arrow_keys_step_through_the_scenes(city_site: CitySite, open_page) -> None:
    watched = open_page(viewport={"width": 1920, "height": 1080})
    page = watched.page
    page.goto(f"{city_site.url}/wall")
    page.wait_for_selector(".scene-caption:visible h2", timeout=60_000)
    first = page.locator(".scene-caption:visible h2").inner_text()
    wait_for_paint(page)
    with page.expect_response(lambda response: "/layers/values/" in response.url):
        page.keyboard.press("ArrowRight")
    expect(page.locator(".scene-caption:visible h2")).not_to_have_text(first)
    page.keyboard.press("ArrowLeft")
    expect(page.locator(".scene-caption:visible h2 .zh")).to_have_text(first.splitlines()[0])
    assert watched.complaints == []


def test_scenes_turn_by_themselves_and_an_address_pins_one(city_site: CitySite, open_page) -> None:
    watched = open_page(viewport={"width": 1920, "height": 1080})
    page = watched.page
    page.clock.install()
    page.goto(f"{city_site.url}/wall?scene=2")
    titles = page.locator(".scene-caption h2")
    wait_for_paint(page)
    expect(titles.nth(1)).to_be_visible()
    page.clock.fast_forward(120_000)
    page.clock.run_for(3_000)
    expect(titles.nth(1)).to_be_visible()
    page.goto(f"{city_site.url}/wall")
    wait_for_paint(page)
    expect(titles.nth(0)).to_be_visible()
    page.clock.fast_forward(27_000)
    expect(titles.nth(1)).to_be_visible()
    expect(titles.nth(0)).to_be_hidden()
    assert watched.complaints == []
