"""The wall in a real browser: painted, legible, quiet, turning its scenes."""

import pytest
from PIL import Image
from playwright.sync_api import Page, expect
from sqlalchemy import text

from geodata.clock import now
from geodata.database.announce import LOADS, announce
from geodata.queries.alerts import write_alert, write_change
from layers.alerts.duty import acknowledge
from tests.e2e.city_site import CitySite
from tests.e2e.reading import NOTHING, faults_of
from tests.layer_addresses import ALL_VALUES

SIZES = {"1080p": (1920, 1080), "1440p": (2560, 1440), "2160p": (3840, 2160), "32x9": (7680, 2160)}
SCENES = 4  # all but traffic and buses, whose sources are not among those of this site
OTHER_PAINTED = """(before) => {
  const painted = document.querySelector('[data-painted]')?.dataset.painted ?? '';
  return painted !== '' && painted !== before;
}"""


def wait_for_paint(page: Page) -> None:
    """Wait until the map reports painted values."""
    page.wait_for_function(
        "() => [...document.querySelectorAll('canvas')].some((c) => c.width > 100)", timeout=60_000
    )
    page.wait_for_load_state("networkidle")


@pytest.mark.parametrize("name", SIZES)
def test_every_scene_at_every_size(city_site: CitySite, open_page, artefacts, name: str) -> None:
    width, height = SIZES[name]
    watched = open_page(viewport={"width": width, "height": height}, reduced_motion="reduce")
    page = watched.page
    page.goto(f"{city_site.url}/wall")
    page.wait_for_selector(".district-table tbody tr:nth-child(11)", timeout=60_000)
    wait_for_paint(page)
    page.keyboard.press("Space")
    expect(page.locator(".badge-simulated")).to_be_visible()
    assert page.locator(".card").count() == 4
    title, painted = page.locator(".scene-caption:visible h2 .zh"), ""
    shown: list[str] = []
    while (scene := title.inner_text()) not in shown:
        shown.append(scene)
        has_hexagons = page.locator(".scene-caption:visible .legend-bar").count() > 0
        if has_hexagons:
            page.wait_for_function(OTHER_PAINTED, arg=painted)
            painted = page.locator("[data-painted]").get_attribute("data-painted")
        assert faults_of(page) == NOTHING, scene
        assert page.evaluate("document.documentElement.scrollHeight <= innerHeight")
        path = artefacts / f"wall-{name}-{len(shown)}.png"
        page.screenshot(path=path)
        assert not has_hexagons or painted_share(path, page) > 0.02, scene
        page.keyboard.press("ArrowRight")
        expect(title).not_to_have_text(scene)
    assert len(shown) == SCENES
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
    wait_for_paint(page)
    page.keyboard.press("Space")  # on a slow machine the scenes would turn meanwhile
    first = page.locator(".scene-caption:visible h2").inner_text()
    with page.expect_response(lambda response: ALL_VALUES in response.url):
        page.keyboard.press("ArrowLeft")
    expect(page.locator(".scene-caption:visible h2")).not_to_have_text(first)
    page.keyboard.press("ArrowRight")
    expect(page.locator(".scene-caption:visible h2 .zh")).to_have_text(first.splitlines()[0])
    assert watched.complaints == []


def test_scenes_turn_by_themselves_and_an_address_pins_one(city_site: CitySite, open_page) -> None:
    watched = open_page(viewport={"width": 1920, "height": 1080})
    page = watched.page
    page.clock.install()
    page.goto(f"{city_site.url}/wall?scene=mobile")
    title = page.locator(".scene-caption h2 .zh")
    wait_for_paint(page)
    pinned = title.inner_text()
    page.clock.fast_forward(120_000)
    page.clock.run_for(3_000)
    expect(title).to_have_text(pinned)
    page.goto(f"{city_site.url}/wall")
    wait_for_paint(page)
    first = title.inner_text()
    assert first != pinned
    page.clock.fast_forward(27_000)
    expect(title).not_to_have_text(first)


def test_keys_hold_the_scene_and_go_to_a_district(city_site: CitySite, open_page) -> None:
    page = open_page(viewport={"width": 1920, "height": 1080}).page
    page.goto(f"{city_site.url}/wall")
    page.wait_for_selector(".scene-caption h2")
    wall = page.locator("#wall")
    page.keyboard.press("Space")
    expect(wall).to_have_attribute("data-held", "")
    page.keyboard.press("Space")
    expect(wall).not_to_have_attribute("data-held", "")
    page.keyboard.press("d")
    page.keyboard.press("3")
    expect(wall).to_have_attribute("data-held", "")
    page.keyboard.press("d")
    page.keyboard.press("0")
    expect(wall).not_to_have_attribute("data-held", "")


COUNT_CHANGES = """() => {
  window.changes = {};
  for (const element of document.querySelectorAll(
    '.wall-place, .wall-right > section, #wall-status')) {
    window.changes[element.id] = 0;
    // Dash marks every output of a callback as loading and takes the mark away: nothing is drawn
    const isSeen = ({ attributeName }) => attributeName !== 'data-dash-is-loading';
    new MutationObserver((all) => { window.changes[element.id] += all.filter(isSeen).length; })
      .observe(element, { childList: true, subtree: true, attributes: true, characterData: true });
  }
}"""


def test_a_push_changes_the_panels_it_concerns_and_no_other(city_site: CitySite, open_page) -> None:
    page = open_page(viewport={"width": 1920, "height": 1080}).page
    page.goto(f"{city_site.url}/wall")
    page.wait_for_selector(".scene-caption h2")
    page.wait_for_load_state("networkidle")
    page.evaluate(COUNT_CHANGES)
    with city_site.engine.begin() as connection:
        connection.execute(
            text(
                "UPDATE ops.incident SET category = :c WHERE incident_id ="
                " (SELECT incident_id FROM ops.incident WHERE retired_by IS NULL AND NOT is_test"
                "  AND NOT is_duplicate ORDER BY received_at DESC, incident_id DESC LIMIT 1)"
            ),
            {"c": "走失"},
        )
        announce(connection, LOADS, load_id=0, source="incidents_110_122", table="incident")
    expect(page.locator(".incident-list li").first).to_contain_text("走失")
    changes = page.evaluate("window.changes")
    assert changes.pop("wall-incidents") > 0
    assert changes == dict.fromkeys(changes, 0)


def raise_alarm(city_site: CitySite, words: str) -> int:
    """Raise a level-3 alert of a district, as the rules do."""
    at = now()
    values = {
        "rule": "abnormal_load_district", "subject_kind": "district", "part": words,
        "subject": "220102", "state": "firing", "severity": 3, "case_state": "open",
        "value": 40.0, "limit_value": 20.0, "text_zh": words, "text_en": f"alarm {words}",
        "since_at": at, "raised_at": at,
    }  # fmt: skip
    with city_site.engine.begin() as connection:
        alert_id = write_alert(connection, values)
        write_change(connection, alert_id, "raised", at)
    return alert_id


def test_an_alarm_takes_the_map_until_acknowledged_or_a_minute(
    city_site: CitySite, open_page, artefacts
) -> None:
    page = open_page(viewport={"width": 1920, "height": 1080}).page
    page.clock.install()
    page.goto(f"{city_site.url}/wall")
    page.wait_for_selector(".scene-caption h2")
    banner = page.locator(".alarm-banner")
    first = raise_alarm(city_site, "警情突增甲")
    expect(banner).to_contain_text("警情突增甲")
    assert faults_of(page) == NOTHING
    page.screenshot(path=artefacts / "wall-alarm.png")
    acknowledge(city_site.engine, first, "值班员", "")
    expect(banner).to_have_count(0)
    second = raise_alarm(city_site, "警情突增乙")
    expect(banner).to_contain_text("警情突增乙")
    page.clock.fast_forward(61_000)
    expect(banner).to_have_count(0)
    acknowledge(city_site.engine, second, "值班员", "")
