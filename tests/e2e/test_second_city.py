"""Porto Alegre in a real browser: its own words, channels and time, and nothing of Changchun."""

import re
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from commands.published import publish_layers
from commands.sources import load_files
from etl.source.declaration import SourceDeclaration, read_declaration
from geodata.city.configuration import load_city
from geodata.clock import now
from geodata.space.districts import load_districts
from layers.build.run import build_states
from tests.conftest import DatabaseFactory, opened
from tests.e2e.city_site import CitySite, served

pytestmark = pytest.mark.realdata

DATA = Path(__file__).resolve().parents[1] / "data"
DESK = {"width": 1920, "height": 1080}
BADGES = {"pm": "190", "samu": "192", "cbm": "193"}
CALLS = SourceDeclaration.model_validate(
    {
        "key": "calls", "title_zh": "报警", "title_en": "Calls", "owner": "tests",
        "licence": "CC0-1.0", "cadence": "P1D", "provenance": "simulated", "path": "calls.csv",
        "format": "csv", "table": "incident", "coverage": {"area": "city", "period": "days"},
        "mapping": {
            "record_id": "id", "channel": "channel", "received_at": "at",
            "lon": "lon", "lat": "lat",
        },
    }
)  # fmt: skip


def write_calls(folder: Path) -> None:
    """Write nine calls of each of two days, and one of a channel the city has not."""
    zone = load_city(str(DATA / "cities" / "portoalegre")).zone
    at = now().astimezone(zone).replace(tzinfo=None) - timedelta(minutes=1)
    rows = [
        f"{channel}{number}-{days},{channel},{(at - timedelta(days=days)).isoformat()},"
        f"{-51.21 + number / 100},-30.04"
        for channel in BADGES
        for number in range(3)
        for days in (0, 1)
    ]
    text = "\n".join(["id,channel,at,lon,lat", *rows, f"x,119,{at.isoformat()},-51.2,-30.0"])
    (folder / "calls.csv").write_text(text, encoding="utf-8")


@pytest.fixture(scope="module")
def site(
    create_database: DatabaseFactory, template_database: str, trial_data: Path, tmp_path_factory
) -> Iterator[CitySite]:
    """The city with people, one railway and some calls of today."""
    city = load_city(str(DATA / "cities" / "portoalegre"))
    folder = tmp_path_factory.mktemp("portoalegre")
    write_calls(folder)
    with opened(create_database(template_database)) as engine:
        with engine.begin() as connection:
            load_districts(connection, city)
        real = ("poa_population", "gtfs_poa_trensurb")
        declared = [read_declaration(DATA / "declarations" / f"{key}.yaml") for key in real]
        loaded = [
            *load_files(engine, city, declared, root=trial_data),
            *load_files(engine, city, [CALLS], root=folder),
        ]
        assert [each.status for each in loaded] == ["loaded"] * 3
        assert (loaded[-1].rows_loaded, loaded[-1].rows_rejected) == (18, 1)
        shown = ["residents", "stop_coverage_pop_500", "incident_count", "incident_calls"]
        build_states(engine, city, shown)
        publish_layers(engine, city, folder, shown)
        with served(engine, city, folder) as served_site:
            yield served_site


def assert_nothing_of_changchun(page: Page) -> None:
    """Neither names nor channels of the other city, in what is shown or behind it."""
    other, text = load_city("changchun"), page.locator("body").inner_text()
    for words in (other.name_zh.rstrip("市"), other.name_en, "智慧长春"):
        assert words not in page.content()
    for channel in other.channels:
        for name in {channel.name_zh, channel.name_en, *channel.short}:
            assert name not in text
    assert not re.search(r"\b(119|12350)\b", text)


def test_the_wall(site: CitySite, open_page, artefacts) -> None:
    watched = open_page(viewport=DESK)
    page = watched.page
    page.goto(f"{site.url}/wall")
    page.wait_for_selector(".scene-caption h2", timeout=60_000)
    page.wait_for_load_state("networkidle")
    expect(page.locator("h1 .en")).to_have_text("Porto Alegre City Operations Center")
    assert page.locator(".wall-cards .card").count() == 2
    expect(page.locator(".card.domain-transit h2 .en")).to_have_text("Mobilidade")
    expect(page.locator(".wall-lines .card-line.domain-context")).to_contain_text("Pop.")
    colour = page.locator(".card-line").evaluate("e => getComputedStyle(e).borderLeftColor")
    assert colour == "rgb(201, 180, 88)"
    keys = [each.inner_text() for each in page.locator(".channel-key .zh").all()]
    assert [name for name in BADGES.values() if any(name in key for key in keys)] == [
        "190", "192", "193",
    ]  # fmt: skip
    badges = {each.inner_text() for each in page.locator(".incident-list .channel").all()}
    assert badges <= set(BADGES.values())
    assert badges
    expect(page.locator(".wall-ribbon .total .en")).to_contain_text("9")
    clock = page.locator(".clock-time").inner_text()
    local = now().astimezone(site.city.zone)
    told = {f"{local + timedelta(minutes=step):%H:%M}" for step in (-1, 0, 1)}
    assert clock[:5] in told
    assert_nothing_of_changchun(page)
    page.screenshot(path=artefacts / "portoalegre-wall.png")
    assert watched.complaints == []


def test_explore(site: CitySite, open_page, artefacts) -> None:
    watched = open_page(viewport=DESK)
    page = watched.page
    page.goto(f"{site.url}/explore?indicator=incident_count&lang=en")
    page.wait_for_selector(".explore-inspector h2", timeout=60_000)
    page.wait_for_load_state("networkidle")
    parts = [each.inner_text() for each in page.locator(".components li").all()]
    assert parts == ["All", "193 Bombeiros", "190 Brigada Militar", "192 SAMU"]
    heads = [each.inner_text() for each in page.locator(".catalogue h2").all()]
    assert heads == ["Emergency", "Mobilidade", "População"]
    assert_nothing_of_changchun(page)
    page.screenshot(path=artefacts / "portoalegre-explore.png")
    assert watched.complaints == []


def test_the_kiosk(site: CitySite, open_page, artefacts) -> None:
    watched = open_page(viewport=DESK)
    page = watched.page
    page.goto(f"{site.url}/kiosk?lang=en")
    page.wait_for_selector(".subject.domain-transit", timeout=60_000)
    page.wait_for_load_state("networkidle")
    assert page.locator(".subject").count() == 1
    expect(page.locator(".subject h3")).to_have_text("A station near home")
    expect(page.locator(".sentence")).to_contain_text("In Porto Alegre,")
    assert_nothing_of_changchun(page)
    page.screenshot(path=artefacts / "portoalegre-kiosk.png")
    assert watched.complaints == []


def test_the_district(site: CitySite, open_page, artefacts) -> None:
    watched = open_page(viewport=DESK)
    page = watched.page
    page.goto(f"{site.url}/district/poa")
    page.wait_for_selector(".district-domains section", timeout=60_000)
    page.wait_for_load_state("networkidle")
    assert page.locator(".district-domains section").count() == 3
    badges = {each.inner_text() for each in page.locator(".district-side .channel").all()}
    assert badges == set(BADGES.values())
    told = {each.inner_text() for each in page.locator(".district-side td.number").all()}
    yesterday = now().astimezone(site.city.zone) - timedelta(days=1)
    minutes = {f"{yesterday - timedelta(minutes=back):%m-%d %H:%M}" for back in range(10)}
    assert told & minutes, "calls of yesterday at the city's own time"
    assert_nothing_of_changchun(page)
    page.screenshot(path=artefacts / "portoalegre-district.png")
    assert watched.complaints == []
