"""A real wall in Chromium: when it shows a call that was appended to a source's file."""

import asyncio
import os
import shutil
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from playwright.async_api import Page, Request, async_playwright

SCENE = "trips"  # hexagons, and the open incidents above them
COLOUR = "--health"  # of the calls that are appended, on the map
FLAGS = [
    "--no-sandbox", "--use-gl=angle", "--use-angle=swiftshader", "--enable-unsafe-swiftshader",
    "--disable-background-networking", "--disable-component-update", "--disable-sync",
]  # fmt: skip
_SCRIPT = Path(__file__).with_name("wall_page.js")
_START_MS = 120_000


@dataclass(frozen=True)
class Shown:
    """When a call was in the list, painted there, and among the map's pixels; seconds since 1970.

    None: not within the time waited.
    """

    listed: float | None
    painted: float | None
    mapped: float | None


@dataclass(frozen=True)
class RecordedRequest:
    """A request that the wall made: method, address, body."""

    method: str
    path: str
    body: str | None


class Wall:
    """An open wall under observation."""

    def __init__(self, page: Page, base: str) -> None:
        """Observe a page that shows the wall."""
        self._page = page
        self._base = base
        self.asked: list[RecordedRequest] = []
        page.on("request", self._note)

    def _note(self, request: Request) -> None:
        path = request.url.removeprefix(self._base)
        self.asked.append(RecordedRequest(request.method, path, request.post_data))

    async def expect(self, mark: str) -> None:
        """Start waiting for a call's mark."""
        await self._page.evaluate("mark => window.occBench.await(mark)", mark)

    async def shown(self, patience_s: float) -> Shown:
        """Return when the call was seen, once it is everywhere or the time is up."""
        give_up_at = time.monotonic() + patience_s
        while True:
            found = await self._page.evaluate("() => window.occBench.found()")
            times = [found[name] for name in ("seen", "painted", "points")]
            if all(times) or time.monotonic() > give_up_at:
                return Shown(*(each / 1000 if each else None for each in times))
            await asyncio.sleep(0.05)


@asynccontextmanager
async def open_wall(base: str) -> AsyncIterator[Wall]:
    """Open the wall in full HD, on one scene, and wait until its map is painted."""
    path = os.environ.get("CHROMIUM") or shutil.which("chromium")
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=path, args=FLAGS)
        page = await browser.new_page(viewport={"width": 1920, "height": 1080})
        page.set_default_timeout(_START_MS)
        await page.add_init_script(path=_SCRIPT)
        await page.goto(f"{base}/wall?scene={SCENE}")
        await page.wait_for_selector(".wall-map .hexmap[data-painted]")
        await page.wait_for_selector(".wall-map .hexmap[data-points]")
        await page.evaluate("token => window.occBench.begin(token)", COLOUR)
        yield Wall(page, base)
        await browser.close()
