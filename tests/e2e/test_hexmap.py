"""The hex map in a real browser: what it paints, asks for, answers and gives back."""

import io
import json
import logging
import math
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import h3
import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import Page

from tests.e2e.hexmap_site import (
    BREAKS,
    PALETTE,
    Answer,
    Site,
    build_page,
    cells_body,
    serve,
    values_body,
)

WIDTH, HEIGHT = 900, 700
RES = 8
CAMERA = {"lon": 125.32, "lat": 43.88, "zoom": 11.0}
WEST, SOUTH, EAST, NORTH = 125.18, 43.79, 125.46, 43.97
DISTRICTS = {
    "type": "FeatureCollection",
    "features": [
        {
            "type": "Feature",
            "properties": {
                "district_id": code,
                "name_zh": name,
                "name_en": english,
                "label_lon": (west + east) / 2,
                "label_lat": 43.93,
            },
            "geometry": {
                "type": "Polygon",
                "coordinates": [
                    [[west, SOUTH], [east, SOUTH], [east, NORTH], [west, NORTH], [west, SOUTH]]
                ],
            },
        }
        for code, name, english, west, east in (
            ("220104", "朝阳区", "Chaoyang", WEST, 125.32),
            ("220105", "二道区", "Erdao", 125.32, EAST),
        )
    ],
}


def _cells() -> np.ndarray:
    box = h3.LatLngPoly([(SOUTH, WEST), (SOUTH, EAST), (NORTH, EAST), (NORTH, WEST)])
    return np.sort(np.array([int(c, 16) for c in h3.h3shape_to_cells(box, RES)], dtype="u8"))


BANDS = 10
CELLS = _cells()
LON = np.array([h3.cell_to_latlng(h3.int_to_str(int(c)))[1] for c in CELLS])
LAT = np.array([h3.cell_to_latlng(h3.int_to_str(int(c)))[0] for c in CELLS])


def _bands() -> tuple[np.ndarray, np.ndarray]:
    """West to east: five value classes, zero, no data, stale, suppressed, few cases."""
    band = np.minimum((BANDS * (LON - WEST) / (EAST - WEST)).astype(int), BANDS - 1)
    values = np.array([10, 30, 50, 70, 90, 0, np.nan, 50, np.nan, 50])[band]
    statuses = np.array([0, 0, 0, 5, 0, 1, 2, 6, 7, 4])[band]
    return values, statuses


def _pixel_of(lon: float, lat: float) -> tuple[float, float]:
    """Where the fixed camera shows a place: Web Mercator written out, independent of the map."""

    def world(lon: float, lat: float) -> tuple[float, float]:
        scale = 512 * 2 ** CAMERA["zoom"]
        y = math.log(math.tan(math.pi / 4 + math.radians(lat) / 2)) / (2 * math.pi)
        return scale * lon / 360, -scale * y

    (x, y), (x0, y0) = world(lon, lat), world(CAMERA["lon"], CAMERA["lat"])
    return WIDTH / 2 + x - x0, HEIGHT / 2 + y - y0


@pytest.fixture(scope="module", autouse=True)
def _quiet_server() -> Iterator[None]:
    logger = logging.getLogger("werkzeug")
    before = logger.level
    logger.setLevel(logging.ERROR)
    yield
    logger.setLevel(before)


@pytest.fixture(scope="module")
def site() -> Iterator[Site]:
    """The page with nine bands of cells and two districts."""

    def make(site: Site) -> Any:
        values, statuses = _bands()
        properties = {
            "cellsUrl": site.put("cells.bin", cells_body(CELLS)),
            "valuesUrl": site.put("bands.bin", values_body(values, statuses)),
            "districtsUrl": site.put("districts.geojson", json.dumps(DISTRICTS).encode()),
            "palette": PALETTE,
            "breaks": BREAKS,
            "camera": CAMERA,
            "theme": "dark",
            "language": "zh",
            "label": "测试地图",
        }
        return build_page(site, properties)

    with serve(make) as running:
        yield running


@pytest.fixture
def page(site: Site, open_page: Callable[..., Any]) -> Iterator[Page]:
    """The painted page; afterwards its console must be empty."""
    site.asked.clear()
    watched = open_page()
    watched.page.add_init_script(
        "window.canvases = []; const get = HTMLCanvasElement.prototype.getContext;"
        "HTMLCanvasElement.prototype.getContext = function (kind, ...rest) {"
        "  const context = get.call(this, kind, ...rest);"
        "  if (kind === 'webgl2' && context && !window.canvases.includes(context))"
        "    window.canvases.push(context);"
        "  return context; };"
    )
    watched.page.goto(site.url)
    _wait_painted(watched.page, "/layers/bands.bin")
    _until(watched.page, "document.querySelector('.hexmap').dataset.labels")
    yield watched.page
    expected = getattr(watched.page, "expected_complaints", ())
    assert [line for line in watched.complaints if not any(e in line for e in expected)] == []


def _until(page: Page, expression: str) -> None:
    """Wait for an expression; Playwright's own waiting needs `eval`, which the page forbids."""
    for _ in range(300):
        if page.evaluate(expression):
            return
        page.wait_for_timeout(40)
    pytest.fail(f"never true: {expression}")


def _wait_painted(page: Page, address: str) -> None:
    _until(page, f"document.querySelector('.hexmap')?.dataset.painted === {json.dumps(address)}")


def _repainted(page: Page, paints: int) -> None:
    _until(page, f"Number(document.querySelector('.hexmap').dataset.paints) >= {paints}")


def _set(page: Page, **properties: Any) -> None:
    page.evaluate("p => window.dash_clientside.set_props('map', p)", properties)


def _seen(page: Page, name: str, condition: str) -> Any:
    """The latest report of a property once `condition` on it, as `v`, holds."""
    _until(page, f"(() => {{ const v = window.seen?.{name}; return v && ({condition}); }})()")
    return page.evaluate(f"window.seen.{name}")


def _picture(page: Page, keep: Path | None = None) -> np.ndarray:
    shot = page.screenshot(path=keep)
    return np.asarray(Image.open(io.BytesIO(shot)).convert("RGB")).astype(int)


def _picture_once(page: Page, holds: Callable[[np.ndarray], bool]) -> np.ndarray:
    """The first picture of which something holds; software graphics may take their time."""
    for _ in range(60):
        picture = _picture(page)
        if holds(picture):
            return picture
        page.wait_for_timeout(150)
    pytest.fail("the picture never came to look so")


def _around(picture: np.ndarray, lon: float, lat: float, half: int = 12) -> np.ndarray:
    x, y = (round(v) for v in _pixel_of(lon, lat))
    return picture[y - half : y + half, x - half : x + half].reshape(-1, 3)


def _cell_in_band(band: int) -> int:
    """Position of a cell in the middle of a band, away from names and outlines."""
    lon = WEST + (band + 0.5) * (EAST - WEST) / BANDS
    return int(np.argmin(np.hypot(LON - lon, LAT - 43.85)))


def _rgb(text: str) -> list[int]:
    return [int(text[i : i + 2], 16) for i in (1, 3, 5)]


def test_each_class_is_painted_in_its_colour_where_it_belongs(page: Page, artefacts: Path) -> None:
    picture = _picture(page, artefacts / "hexmap-bands-dark.png")
    for band, colour in enumerate(PALETTE):
        i = _cell_in_band(band)
        middle = _around(picture, LON[i], LAT[i], half=2)
        assert np.abs(middle - _rgb(colour)).max() <= 2, f"class {band}"


def test_six_states_look_different_in_both_themes(page: Page, artefacts: Path) -> None:
    looks = {}
    for theme in ("dark", "light"):
        ground = {"dark": [17, 26, 33], "light": [243, 246, 248]}[theme]
        _set(page, theme=theme)
        _repainted(page, 1 if theme == "dark" else 2)
        _picture_once(page, lambda p, rgb=ground: np.abs(p[300, 5] - rgb).max() <= 2)
        picture = _picture(page, artefacts / f"hexmap-bands-{theme}.png")
        patches = [_around(picture, LON[i], LAT[i]) for i in map(_cell_in_band, (2, 5, 6, 7, 8, 9))]
        looks[theme] = patches
        tones = [patch.mean(axis=0) for patch in patches]
        spreads = [patch.std(axis=0).max() for patch in patches]
        for a in range(6):
            for b in range(a):
                differs = np.abs(tones[a] - tones[b]).max() > 5
                differs |= abs(spreads[a] - spreads[b]) > 3
                assert differs, f"{theme}: states {a} and {b}"
        assert spreads[2] > 2, f"{theme}: no data must be hatched"
        assert spreads[4] > 5, f"{theme}: suppressed must be dotted"
        assert spreads[5] > 5, f"{theme}: few cases must have an outline"
        washed = np.abs(tones[5] - ground).max()
        assert washed < 0.7 * np.abs(tones[0] - ground).max(), f"{theme}: and a washed colour"
        value, stale = tones[0], tones[3]
        assert np.ptp(stale) < 0.5 * np.ptp(value), f"{theme}: stale must be desaturated"
    assert np.abs(looks["dark"][2].mean() - looks["light"][2].mean()) > 100


def test_a_time_step_fetches_values_only_and_new_colours_fetch_nothing(
    page: Page, site: Site
) -> None:
    flat = site.put("flat.bin", values_body(np.full(len(CELLS), 30.0), np.zeros(len(CELLS))))
    _set(page, valuesUrl=flat)
    _wait_painted(page, flat)
    assert site.asked["/layers/cells.bin"] == 1
    asked = sum(site.asked.values())
    _set(page, palette=["#ff0000", "#00ff00", "#0000ff", "#ffff00", "#00ffff"])
    _repainted(page, 3)
    i = _cell_in_band(7)
    middle = _around(_picture(page), LON[i], LAT[i], half=2)
    assert np.abs(middle - [0, 255, 0]).max() <= 2
    assert sum(site.asked.values()) == asked


def test_ready_counts_cells_and_states(page: Page) -> None:
    ready = _seen(page, "ready", "v.painted > 0")
    _, statuses = _bands()
    states = {
        "value": int(np.isin(statuses, (0, 5)).sum()),
        "zero": int((statuses == 1).sum()),
        "no_data": int((statuses == 2).sum()),
        "stale": int((statuses == 6).sum()),
        "suppressed": int((statuses == 7).sum()),
        "low_n": int((statuses == 4).sum()),
    }
    assert ready == {
        "cells": len(CELLS),
        "painted": sum(states[name] for name in ("value", "zero", "stale", "low_n")),
        "version": "/layers/bands.bin",
        "states": states,
        "error": None,
        "problem": None,
    }


@pytest.mark.parametrize(("lon", "lat"), [(125.2411, 43.8613), (125.4127, 43.8391)])
def test_a_click_gives_the_cell_h3_expects(page: Page, lon: float, lat: float) -> None:
    page.mouse.click(*_pixel_of(lon, lat))
    click = _seen(page, "clickData", "v.cell")
    cell = h3.latlng_to_cell(lat, lon, RES)
    i = int(np.searchsorted(CELLS, np.uint64(int(cell, 16))))
    values, statuses = _bands()
    assert click["cell"] == cell
    assert click["district"] == ("220104" if lon < 125.32 else "220105")
    assert click["lon"] == pytest.approx(lon, abs=4e-4)
    assert click["lat"] == pytest.approx(lat, abs=4e-4)
    assert click["status"] == statuses[i]
    assert click["value"] == (None if np.isnan(values[i]) else values[i])


def test_the_same_place_clicked_twice_is_two_clicks_and_a_drag_is_none(page: Page) -> None:
    at = _pixel_of(125.3, 43.86)
    page.mouse.click(*at)
    _seen(page, "clickData", "v.clicks === 1")
    page.mouse.click(*at)
    _seen(page, "clickData", "v.clicks === 2")
    page.mouse.move(*at)
    page.mouse.down()
    page.mouse.move(at[0] + 60, at[1] + 20, steps=4)
    page.mouse.up()
    _seen(page, "viewport", "Math.abs(v.lon - 125.32) > 0.01")
    assert page.evaluate("window.seen.clickData.clicks") == 2
    page.wait_for_timeout(500)
    assert abs(page.evaluate("window.seen.viewport.lon") - CAMERA["lon"]) > 0.01, "it sprang back"


def test_a_tap_is_a_click(site: Site, open_page: Callable[..., Any]) -> None:
    watched = open_page(has_touch=True)
    watched.page.goto(site.url)
    _wait_painted(watched.page, "/layers/bands.bin")
    watched.page.touchscreen.tap(*_pixel_of(125.2411, 43.8613))
    click = _seen(watched.page, "clickData", "v.cell")
    assert click["cell"] == h3.latlng_to_cell(43.8613, 125.2411, RES)
    assert watched.complaints == []


def test_hover_tells_the_cell_and_leaving_tells_nothing_is_there(page: Page) -> None:
    lon, lat = 125.2411, 43.8613
    x, y = _pixel_of(lon, lat)
    page.mouse.move(x, y)
    hover = _seen(page, "hoverData", "v.cell")
    assert hover["cell"] == h3.latlng_to_cell(lat, lon, RES)
    assert (hover["x"], hover["y"]) == (pytest.approx(x, abs=1), pytest.approx(y, abs=1))
    page.dispatch_event(".hexmap canvas", "pointerleave")
    _until(page, "window.seen.hoverData === null")


def test_hovering_is_throttled(page: Page) -> None:
    page.mouse.move(300, 300)
    _seen(page, "hoverData", "true")
    page.evaluate(
        "() => { window.log.hoverData = []; const c = document.querySelector('.hexmap canvas');"
        "for (let i = 0; i < 200; i += 1) c.dispatchEvent(new PointerEvent('pointermove',"
        "{ clientX: 200 + i, clientY: 300, pointerType: 'mouse', bubbles: true })); }"
    )
    page.wait_for_timeout(300)
    assert 1 <= page.evaluate("window.log.hoverData.length") <= 8


def test_the_camera_jumps_flies_and_reports_where_it_came_to_rest(page: Page) -> None:
    _set(page, camera={"lon": 125.25, "lat": 43.9, "zoom": 12})
    viewport = _seen(page, "viewport", "Math.abs(v.zoom - 12) < 1e-6")
    assert (viewport["lon"], viewport["lat"]) == (pytest.approx(125.25), pytest.approx(43.9))
    west, south, east, north = viewport["bounds"]
    assert west < 125.25 < east
    assert south < 43.9 < north
    _set(page, camera={"lon": 125.45, "lat": 43.8, "zoom": 11, "duration": 400})
    _seen(page, "viewport", "Math.abs(v.lon - 125.45) < 1e-6 && Math.abs(v.zoom - 11) < 1e-6")
    _set(page, camera={"bounds": [125.2, 43.8, 125.3, 43.85]})
    west, south, east, north = _seen(page, "viewport", "v.zoom > 12")["bounds"]
    assert west < 125.2 < 125.3 < east
    assert south < 43.8 < 43.85 < north


def test_reduced_motion_jumps(site: Site, open_page: Callable[..., Any]) -> None:
    watched = open_page(reduced_motion="reduce")
    watched.page.goto(site.url)
    _wait_painted(watched.page, "/layers/bands.bin")
    watched.page.evaluate("window.log.viewport = []")
    _set(watched.page, camera={"lon": 125.45, "lat": 43.8, "zoom": 12, "duration": 60_000})
    _seen(watched.page, "viewport", "Math.abs(v.zoom - 12) < 1e-6")


def test_the_keyboard_moves_the_map(page: Page) -> None:
    canvas = page.locator(".hexmap canvas[role=application]")
    assert canvas.get_attribute("aria-label") == "测试地图"
    canvas.focus()
    page.keyboard.press("Equal")
    _seen(page, "viewport", "v.zoom > 11.5")
    page.keyboard.press("ArrowRight")
    _seen(page, "viewport", "v.lon > 125.33")


def test_a_late_answer_of_an_earlier_step_is_not_painted(page: Page, site: Site) -> None:
    gate = threading.Event()
    n = len(CELLS)
    late = site.put("late.bin", values_body(np.full(n, 10.0), np.zeros(n)), gate=gate)
    soon = site.put("soon.bin", values_body(np.full(n, 90.0), np.zeros(n)))
    page.expected_complaints = ("ERR_ABORTED",)  # type: ignore[attr-defined]
    _set(page, valuesUrl=late)
    _set(page, valuesUrl=soon)
    _wait_painted(page, soon)
    gate.set()
    page.wait_for_timeout(300)
    i = _cell_in_band(7)
    middle = _around(_picture(page), LON[i], LAT[i], half=2)
    assert np.abs(middle - _rgb(PALETTE[4])).max() <= 2


@pytest.mark.parametrize(
    ("answer", "reason", "status"),
    [
        (Answer(status=404), "values: HTTP 404", 404),
        (Answer(status=503), "values: HTTP 503", 503),
        (Answer(b"\0" * 7), "does not fit", None),
    ],
)
def test_a_failed_step_keeps_the_picture_and_says_why(
    page: Page, site: Site, answer: Answer, reason: str, status: int | None
) -> None:
    page.expected_complaints = ("Failed to load resource",)  # type: ignore[attr-defined]
    before = _picture(page)
    site.answers["/layers/broken.bin"] = answer
    _set(page, valuesUrl="/layers/broken.bin")
    ready = _seen(page, "ready", "v.error")
    assert reason in ready["error"]
    assert (ready["problem"]["part"], ready["problem"]["status"]) == ("values", status)
    assert ready["version"] == "/layers/bands.bin"
    assert np.abs(_picture(page) - before).mean() < 0.5


def test_a_server_that_comes_back_is_asked_again(page: Page, site: Site) -> None:
    page.expected_complaints = ("Failed to load resource",)  # type: ignore[attr-defined]
    site.answers["/layers/back.bin"] = Answer(status=503)
    _set(page, valuesUrl="/layers/back.bin")
    _seen(page, "ready", "v.error")
    site.put("back.bin", values_body(*_bands()))
    _wait_painted(page, "/layers/back.bin")
    assert _seen(page, "ready", "v.version === '/layers/back.bin'")["error"] is None


@pytest.mark.parametrize(
    ("palette", "reason"),
    [
        ("puor", "not a list of colours: puor"),
        (["PuOr"] * 5, "not a hexadecimal colour: PuOr"),
        (PALETTE[:3], "3 colours for 5 classes"),
    ],
)
def test_what_is_no_palette_keeps_the_picture_and_says_so(
    page: Page, palette: object, reason: str
) -> None:
    page.expected_complaints = ("HexMap map: palette",)  # type: ignore[attr-defined]
    before = _picture(page)
    _set(page, palette=palette)
    ready = _seen(page, "ready", "v.problem")
    assert ready["problem"] == {"part": "palette", "status": None, "message": reason}
    assert np.abs(_picture(page) - before).mean() < 0.5
    _set(page, palette=PALETTE[::-1])
    _repainted(page, 2)
    assert _seen(page, "ready", "v.problem === null")["error"] is None


def test_names_follow_the_language_and_can_be_hidden(page: Page) -> None:
    labels = "document.querySelector('.hexmap').dataset.labels"
    assert sorted(page.evaluate(labels).split()) == sorted(["朝阳区", "二道区"])
    _set(page, language="en")
    _until(page, f"{labels} === 'Chaoyang Erdao'")
    _set(page, showLabels=False)
    _until(page, f"{labels} === ''")


def test_names_move_into_the_part_of_their_district_that_can_be_seen(page: Page) -> None:
    labels = "document.querySelector('.hexmap').dataset.labels"
    _set(page, camera={"lon": 125.32, "lat": 43.82, "zoom": 12.5})  # both anchors are out of view
    _seen(page, "viewport", "Math.abs(v.zoom - 12.5) < 1e-6")
    _until(page, f"{labels}.split(' ').sort().join() === '二道区,朝阳区'")


def test_names_keep_clear_of_what_the_page_lays_over_the_map(page: Page) -> None:
    labels = "document.querySelector('.hexmap').dataset.labels"
    page.evaluate(
        "() => { const e = document.createElement('aside'); e.style.cssText ="
        "'position:fixed;left:0;top:0;width:450px;height:700px'; document.body.append(e); }"
    )
    _set(page, labelObstacles="aside")
    _until(page, f"{labels} === '二道区'")
    _set(page, labelObstacles=None)
    _until(page, f"{labels}.split(' ').length === 2")


def test_districts_are_coloured_in_the_place_of_cells(
    page: Page, site: Site, artefacts: Path
) -> None:
    lon = {"220104": 125.28, "220105": 125.37}
    values = {"220104": {"value": 30, "status": 0}, "220105": {"value": 90, "status": 0}}
    _set(page, districtValues=values)
    _wait_painted(page, "districts")
    ready = _seen(page, "ready", "v.states.value === 2")
    assert (ready["cells"], ready["painted"], ready["version"]) == (0, 2, None)
    picture = _picture(page, artefacts / "hexmap-districts-dark.png")
    for district, colour in (("220104", PALETTE[1]), ("220105", PALETTE[4])):
        middle = _around(picture, lon[district], 43.85)
        assert np.abs(middle - _rgb(colour)).max() <= 2, district

    _set(page, districtValues={"220104": {"value": None, "status": 7}})
    _seen(page, "ready", "v.states.no_data === 1 && v.states.suppressed === 1")
    _picture_once(page, lambda p: np.abs(_around(p, lon["220105"], 43.85)[:, 1] - 26).max() < 40)
    picture = _picture(page, artefacts / "hexmap-districts-states.png")
    assert _around(picture, lon["220105"], 43.85).std(axis=0).max() > 2, "no data must be hatched"
    assert _around(picture, lon["220104"], 43.85).std(axis=0).max() > 5, "suppressed: dotted"

    asked = sum(site.asked.values())
    page.mouse.click(*_pixel_of(lon["220104"], 43.85))
    click = _seen(page, "clickData", "v.district")
    assert (click["cell"], click["district"]) == (None, "220104")
    assert (click["value"], click["status"]) == (None, 7)
    assert sum(site.asked.values()) == asked
    _set(page, districtValues=None)
    _wait_painted(page, "/layers/bands.bin")


def test_a_selection_is_outlined(page: Page) -> None:
    i = _cell_in_band(1)
    before = _around(_picture(page), LON[i], LAT[i], half=25)
    _set(page, selection={"cell": h3.int_to_str(int(CELLS[i])), "district": None})
    assert (before.min(axis=1) > 240).sum() == 0
    _picture_once(
        page, lambda p: (_around(p, LON[i], LAT[i], half=25).min(axis=1) > 240).sum() > 40
    )


def test_the_map_fills_a_window_that_changes(page: Page) -> None:
    page.set_viewport_size({"width": 700, "height": 500})
    _until(
        page,
        "[...document.querySelectorAll('.hexmap canvas')]"
        ".every(c => c.width === 700 && c.height === 500)",
    )
    page.mouse.click(350, 250)
    click = _seen(page, "clickData", "v.cell")
    assert click["cell"] == h3.latlng_to_cell(CAMERA["lat"], CAMERA["lon"], RES)


def test_remounting_keeps_no_webgl_context_alive(page: Page) -> None:
    for _ in range(10):
        page.evaluate("delete document.querySelector('.hexmap').dataset.painted")
        page.click("#toggle")
        page.wait_for_selector(".hexmap", state="detached")
        page.click("#toggle")
        _wait_painted(page, "/layers/bands.bin")
    alive = page.evaluate("window.canvases.filter(context => !context.isContextLost()).length")
    assert page.evaluate("window.canvases.length") >= 11
    assert alive == 1


def test_a_lost_context_is_replaced_and_painted_again(page: Page) -> None:
    before = _picture(page)
    page.evaluate("window.canvases.at(-1).getExtension('WEBGL_lose_context').loseContext()")
    _until(page, "window.canvases.at(-1).isContextLost() === false")
    _picture_once(page, lambda p: np.abs(p - before).mean() < 0.5)


def _tile() -> bytes:
    body = io.BytesIO()
    Image.new("RGB", (256, 256), (255, 0, 255)).save(body, "PNG")
    return body.getvalue()


def test_a_base_map_shows_beside_the_cells_and_through_them(page: Page, site: Site) -> None:
    site.put("tile.png", _tile())
    outside = (slice(200, 210), slice(5, 15))
    i = _cell_in_band(1)
    before = _around(_picture(page), LON[i], LAT[i], half=2)
    _set(page, basemap={"url": "/layers/tile.png?x={x}&y={y}&z={z}"})
    magenta = [255, 0, 255]
    picture = _picture_once(page, lambda p: np.abs(p[outside].reshape(-1, 3) - magenta).max() <= 2)
    through = _around(picture, LON[i], LAT[i], half=2)
    assert 30 < (through - before)[:, 0].mean() < 160
    _set(page, basemap=None)
    _picture_once(page, lambda p: np.abs(_around(p, LON[i], LAT[i], half=2) - before).max() <= 2)
