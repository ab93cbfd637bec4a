"""The one browser of the end-to-end tests: Debian's Chromium with software graphics."""

import os
import shutil
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect, sync_playwright

from geodata.city.configuration import load_city
from geodata.identity.caller import Role
from geodata.settings import Settings
from tests.callers import cookie_of
from tests.conftest import DatabaseFactory, opened
from tests.e2e.city_site import DAYS, CitySite, fill_database, served

expect.set_options(timeout=30_000)  # software graphics on a busy machine: late is not wrong
ARTEFACTS = Path(__file__).parent / "artefacts"
FLAGS = [
    "--no-sandbox",
    "--use-gl=angle",
    "--use-angle=swiftshader",
    "--enable-unsafe-swiftshader",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Headless Chromium, one for each file.

    Playwright keeps an event loop running in the thread for as long as it is open; tests of other
    folders that follow in the same process need the thread without one.
    """
    path = os.environ.get("CHROMIUM") or shutil.which("chromium")
    if path is None:
        pytest.fail("Chromium is missing: run scripts/setup-system.sh or apt-get install chromium")
    with sync_playwright() as playwright:
        launched = playwright.chromium.launch(executable_path=path, args=FLAGS, headless=True)
        yield launched
        launched.close()


# what the browser itself writes when the page asked for is answered with 404
NOT_FOUND = "Failed to load resource: the server responded with a status of 404 (Not Found)"


@dataclass
class Watched:
    """A page whose every console line, script error and failed request is written down."""

    page: Page
    context: BrowserContext
    complaints: list[str] = field(default_factory=list)


@pytest.fixture
def open_page(browser: Browser) -> Iterator[Any]:
    """A function that opens a watched page as somebody of a role; closed at the end.

    The administrator is whom nothing is hidden from; other options are those of the context.
    """
    opened: list[Watched] = []

    def open_one(role: Role = Role.ADMINISTRATOR, **options: Any) -> Watched:
        context = browser.new_context(**{"viewport": {"width": 900, "height": 700}, **options})
        if role != Role.PUBLIC:
            name, value = cookie_of(role)
            context.add_cookies(
                [{"name": name, "value": value, "domain": "127.0.0.1", "path": "/"}]
            )
        watched = Watched(context.new_page(), context)
        watched.page.on("console", lambda line: watched.complaints.append(line.text))
        watched.page.on("pageerror", lambda error: watched.complaints.append(str(error)))
        opened.append(watched)
        return watched

    yield open_one
    for watched in opened:
        watched.context.close()


@pytest.fixture(scope="session")
def artefacts() -> Path:
    """The folder where screenshots are kept."""
    ARTEFACTS.mkdir(exist_ok=True)
    return ARTEFACTS


@pytest.fixture(scope="session")
def filled_database(
    create_database: DatabaseFactory, template_database: str, open_folder: Path
) -> str:
    """The name of a database with a few simulated days, loaded once and kept as it is."""
    url = create_database(template_database)
    settings = Settings(data_dir=open_folder / "site", simulate_days=DAYS)
    with opened(url) as engine:
        fill_database(engine, load_city("changchun"), settings)
    return str(url.database)


@pytest.fixture(scope="session")
def city_site(
    create_database: DatabaseFactory, filled_database: str, open_folder: Path
) -> Iterator[CitySite]:
    """The whole program on those days, for tests that change nothing."""
    city = load_city("changchun")
    with (
        opened(create_database(filled_database)) as engine,
        served(engine, city, open_folder / "site") as site,
    ):
        yield site
