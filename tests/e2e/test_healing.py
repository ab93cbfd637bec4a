"""What is lost comes back by itself: server, database, network, sleep, another zone, a source."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from playwright.sync_api import Page, expect
from sqlalchemy import Engine

from geodata.database.announce import VEHICLES, announce
from geodata.database.cluster import Cluster
from geodata.database.migrate import upgrade
from geodata.space.districts import load_districts
from tests.conftest import opened
from tests.e2e.city_site import CitySite, served
from tests.e2e.pulse import follow_source, pulse, source_speaks

AT = datetime(2026, 12, 30, 8, 7, tzinfo=UTC)  # 16:07 in the city
INDICATOR = "departures_per_hour"
FLAT = {"width": 640, "height": 360}
WATCH = """() => {
  window.watched = { heard: 0, lost: 0 };
  occLive.subscribe('vehicles', () => { watched.heard += 1; });
  occLive.subscribe('state', () => { watched.lost += 1; });
}"""


class Clocks:
    """The server's clock and a browser's, moved together."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, at: datetime) -> None:
        """Begin with the server's."""
        self._monkeypatch = monkeypatch
        self.set(at)

    def set(self, at: datetime) -> None:
        """Set the server's."""
        self.at = at
        self._monkeypatch.setenv("OCC_NOW", at.isoformat())

    def move(self, page: Page, **by: float) -> None:
        """Let time pass on both, in one leap, as for a screen that slept."""
        self.set(self.at + timedelta(**by))
        page.clock.fast_forward(int(timedelta(**by).total_seconds() * 1000))


@pytest.fixture
def clocks(monkeypatch) -> Clocks:
    """Both clocks at the afternoon of 30 December."""
    return Clocks(monkeypatch, AT)


@pytest.fixture(scope="module")
def own_engine(create_database, filled_database) -> Iterator[Engine]:
    """A copy of the filled database that these tests may change."""
    with opened(create_database(filled_database)) as engine:
        yield engine


@pytest.fixture(scope="module")
def data_dir(open_folder):
    """The data folder of this module's servers."""
    return open_folder / "healing"


@pytest.fixture(scope="module")
def site(own_engine, city, data_dir) -> Iterator[CitySite]:
    """A server of its own on the changing database, for the tests that leave it running."""
    with served(own_engine, city, data_dir) as running:
        yield running


@contextmanager
def wall(open_page: Any, site: CitySite, clocks: Clocks, **options: Any) -> Iterator[Page]:
    """Open the wall with a mark that a reload would lose; it must still be there at the end."""
    page: Page = open_page(viewport=FLAT, reduced_motion="reduce", **options).page
    page.clock.install(time=clocks.at)
    page.goto(f"{site.url}/wall")
    page.wait_for_selector("#wall-table tbody tr", timeout=150_000)
    page.wait_for_function("() => window.occLive?.state().connected && occLive.state().database")
    page.evaluate("window.mark = 'never reloaded'")
    yield page
    assert page.evaluate("window.mark") == "never reloaded"


def expect_banner(page: Page, text: str) -> None:
    expect(page.locator("#wall-banner .en")).to_contain_text(text)


def expect_well(page: Page) -> None:
    expect(page.locator("#wall-banner")).to_be_empty()


def newest_call(page: Page):
    return page.locator("#wall-incidents time").first


def test_the_server_goes_and_comes(clocks, own_engine, city, data_dir, open_page) -> None:
    with served(own_engine, city, data_dir) as site:
        port = int(site.url.rpartition(":")[2])
        opening = wall(open_page, site, clocks)
        page = opening.__enter__()
    page.wait_for_function("() => !occLive.state().connected")
    clocks.move(page, seconds=20)
    expect_banner(page, "Connection to the server lost since 16:0")
    clocks.move(page, minutes=30)
    expect_banner(page, "30 min ago")
    pulse(own_engine, 1, clocks.at, INDICATOR)
    with served(own_engine, city, data_dir, port):
        clocks.move(page, seconds=20)  # the pause before the next try is over
        expect_well(page)
        expect(newest_call(page)).to_have_text("16:37")
        opening.__exit__(None, None, None)


def test_the_database_goes_and_comes(clocks, city, data_dir, open_folder, open_page) -> None:
    cluster = Cluster(open_folder / "cluster")
    cluster.ensure_started()
    try:
        with opened(cluster.url("postgres")) as engine:
            upgrade(engine)
            with engine.begin() as connection:
                load_districts(connection, city)
            follow_source(engine, "incidents_live", clocks.at, expected_s=3600)
            with (
                served(engine, city, data_dir) as site,
                wall(open_page, site, clocks) as page,
            ):
                connected_at = page.evaluate("occLive.state().since")
                cluster.stop()
                page.wait_for_function("() => !occLive.state().database")
                assert page.evaluate("occLive.state().since") > connected_at
                clocks.move(page, seconds=20)
                expect_banner(page, "Database out of reach since 16:0")
                cluster.ensure_started()
                source_speaks(engine, "incidents_live", clocks.at - timedelta(minutes=50))
                expect_well(page)
                expect(page.locator("#wall-age .en")).to_contain_text("50 min")
    finally:
        cluster.stop()


def test_a_network_that_flaps(clocks, site, own_engine, open_page) -> None:
    clocks.set(AT + timedelta(hours=2))
    with wall(open_page, site, clocks) as page:
        for number in range(2):
            page.context.set_offline(True)
            clocks.move(page, minutes=2)
            expect_banner(page, "lost")
            pulse(own_engine, 10 + number, clocks.at, INDICATOR)
            page.context.set_offline(False)
            clocks.move(page, seconds=20)
            expect_well(page)
            at = clocks.at.astimezone(site.city.zone) - timedelta(seconds=40)
            expect(newest_call(page)).to_have_text(f"{at:%H:%M}")


def test_a_tab_that_slept_over_new_year(clocks, site, own_engine, open_page) -> None:
    clocks.set(AT + timedelta(hours=4))
    with wall(open_page, site, clocks) as page:
        clocks.move(page, hours=41)
        expect(page.locator("#wall-date")).to_contain_text("2027-01-01")
        pulse(own_engine, 20, clocks.at, INDICATOR)
        clocks.move(page, seconds=1)
        expect_well(page)
        expect(page.locator("#wall-ribbon .caption").first).to_contain_text("2027-01-01")
        expect(page.locator("#wall-time")).to_have_text("13:07")


def test_another_zones_change_of_clocks(clocks, site, open_page) -> None:
    clocks.set(datetime(2026, 11, 1, 5, 59, 30, tzinfo=UTC))  # New York: 1:59, then 1:00 again
    with wall(open_page, site, clocks, timezone_id="America/New_York") as page:
        expect(page.locator("#wall-time")).to_have_text("13:59")
        for minutes, there, here in ((1, "01", "14:00"), (60, "02", "15:00")):
            clocks.move(page, minutes=minutes)
            expect(page.locator("#wall-time")).to_have_text(here)
            assert page.evaluate("new Date().toTimeString().slice(0, 2)") == there
            expect_well(page)


def test_a_source_that_died_is_told_with_its_age(clocks, site, own_engine, open_page) -> None:
    follow_source(own_engine, "incidents_live", clocks.at, expected_s=60)
    with wall(open_page, site, clocks) as page:
        age, frame = page.locator("#wall-age .en"), page.locator("#wall-age")
        expect(age).to_contain_text(" s")
        expect(frame).to_have_class("data-age")
        page.evaluate(WATCH)
        for number in range(9):  # the connection stays, and of the source nothing is pushed
            clocks.move(page, seconds=25)
            with own_engine.begin() as connection:
                announce(connection, VEHICLES, vehicles=number)
            page.wait_for_function("(number) => watched.heard > number", arg=number)
        assert page.evaluate("watched.lost") == 0
        expect(age).to_contain_text("3 min")
        expect(frame).to_have_class("data-age late")
        clocks.move(page, hours=3)
        expect(age).to_contain_text("3 h")
        source_speaks(own_engine, "incidents_live", clocks.at)
        clocks.move(page, seconds=90)
        expect(frame).to_have_class("data-age")
