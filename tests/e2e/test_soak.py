"""Seventy-two hours before the wall, compressed: the right date at midnight, and no growth.

`OCC_SOAK_HOURS`, `OCC_SOAK_STEP_MIN` and `OCC_SOAK_CHATTER` make it longer, finer and louder.
"""

import gc
import os
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import psutil
import pytest
from playwright.sync_api import CDPSession, Page, expect
from sqlalchemy import text

from tests.conftest import opened
from tests.e2e.city_site import CitySite, served
from tests.e2e.pulse import follow_source, pulse

HOURS = int(os.environ.get("OCC_SOAK_HOURS", "72"))
STEP = timedelta(minutes=int(os.environ.get("OCC_SOAK_STEP_MIN", "240")))
CHATTER = int(os.environ.get("OCC_SOAK_CHATTER", "50"))  # fewer than a screen may be behind
CHECKS = 12
BEGIN = datetime(2026, 12, 30, 8, 7, tzinfo=UTC)  # the year ends on the second evening
INDICATORS = ("departures_per_hour", "down_mean_mbps", "call_to_arrival_p90")
MIB = 2**20
POLL_MS = 50  # frames are rare in software graphics, and waiting for one would be all we do

LISTEN = """() => {
  window.soak = { heard: 0 };
  occLive.subscribe('*', (_facts, kind) => {
    if (['layer', 'load', 'vehicles', 'alert'].includes(kind)) soak.heard += 1;
  });
}"""
OUTDATED = "404 (Not Found)"  # values of a version that has just been followed by the next
HEAD = "hours  pushes  heap MiB  elements  nodes  listeners  process MiB  files  sockets  postgres"


@dataclass(frozen=True)
class Figures:
    """What browser and server hold at one moment, after both have thrown away what they can."""

    hours: float
    pushes: int
    heap: int
    elements: int  # in the document
    nodes: int  # with those that React still holds of the version before
    listeners: int
    rss: int
    files: int
    sockets: int
    connections: int

    def __str__(self) -> str:
        """One line of the printed table."""
        return (
            f"{self.hours:5.1f} {self.pushes:7d} {self.heap / MIB:9.2f} "
            f"{self.elements:9d} {self.nodes:6d} {self.listeners:10d} {self.rss / MIB:12.1f} "
            f"{self.files:6d} {self.sockets:8d} {self.connections:9d}"
        )


@pytest.fixture
def soak_site(create_database, filled_database, city, open_folder) -> Iterator[CitySite]:
    """The program on a copy of its own, which this test may change."""
    with (
        opened(create_database(filled_database)) as engine,
        served(engine, city, open_folder / "soak") as site,
    ):
        yield site


@dataclass
class Soak:
    """One wall, its server, and the clock of both."""

    site: CitySite
    page: Page
    cdp: CDPSession
    monkeypatch: pytest.MonkeyPatch
    at: datetime = BEGIN
    steps: int = 0
    pushes: int = 0

    def wait(self, condition: str, number: int = 0) -> None:
        """Wait until a function of the page says yes."""
        self.page.wait_for_function(condition, arg=number, polling=POLL_MS)

    def move(self) -> None:
        """Let time pass on both sides, then let something happen and be heard of."""
        self.at += STEP
        self.steps += 1
        self.monkeypatch.setenv("OCC_NOW", self.at.isoformat())
        self.page.clock.fast_forward(int(STEP.total_seconds() * 1000))
        self.page.clock.fast_forward(1000)  # such a leap is a sleep: the screen connects anew
        self.wait("() => occLive.state().connected && occLive.state().database")
        indicator = INDICATORS[self.steps % len(INDICATORS)]
        self.pushes += pulse(self.site.engine, self.steps, self.at, indicator, CHATTER)
        self.wait("(number) => soak.heard >= number", self.pushes)

    def figures(self) -> Figures:
        """Collect garbage on both sides and measure."""
        self.page.wait_for_load_state("networkidle")
        for _ in range(2):
            self.cdp.send("HeapProfiler.collectGarbage")
        found = self.cdp.send("Performance.getMetrics")["metrics"]
        metric = {each["name"]: int(each["value"]) for each in found}
        gc.collect()
        own = psutil.Process()
        return Figures(
            hours=(self.at - BEGIN) / timedelta(hours=1),
            pushes=self.pushes,
            heap=metric["JSHeapUsedSize"],
            elements=int(self.page.evaluate("document.querySelectorAll('*').length")),
            nodes=metric["Nodes"],
            listeners=metric["JSEventListeners"],
            rss=own.memory_info().rss,
            files=own.num_fds(),
            sockets=len(own.net_connections()),
            connections=self.connections(),
        )

    def connections(self) -> int:
        """Return how many connections our database has."""
        own = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()"
        with self.site.engine.connect() as connection:
            return int(connection.execute(text(own)).scalar_one())

    def expect_truth(self) -> None:
        """Clock, date and the day of the panels are the city's; nothing is said to be lost."""
        local = self.at.astimezone(self.site.city.zone)
        day = f"{local:%Y-%m-%d}"
        expect(self.page.locator("#wall-date")).to_contain_text(day)
        expect(self.page.locator("#wall-time")).to_have_text(f"{local:%H:%M}")
        expect(self.page.locator("#wall-ribbon .caption").first).to_contain_text(day)
        expect(self.page.locator("#wall-incidents .caption").first).to_contain_text(day)
        newest = local - timedelta(seconds=20)
        expect(self.page.locator("#wall-incidents time").first).to_have_text(f"{newest:%H:%M}")
        expect(self.page.locator("#wall-banner")).to_be_empty()


def expect_flat(kind: str, values: list[int], share: float, slack: int) -> None:
    """The last third holds no more than the first third did at most."""
    third = len(values) // 3
    limit = max(values[:third]) * (1 + share) + slack
    assert max(values[-third:]) <= limit, f"{kind} grows: {values}"


def test_three_days_unattended(soak_site, open_page, monkeypatch, capsys) -> None:
    monkeypatch.setenv("OCC_NOW", BEGIN.isoformat())
    follow_source(soak_site.engine, "incidents_live", BEGIN, expected_s=3600)
    watched = open_page(viewport={"width": 640, "height": 360}, timezone_id="America/New_York")
    page = watched.page
    page.clock.install(time=BEGIN)
    page.goto(f"{soak_site.url}/wall")
    page.wait_for_selector("#wall-table tbody tr:nth-child(11)", timeout=150_000)
    page.wait_for_function("() => occLive.state().connected && occLive.state().database")
    page.evaluate(LISTEN)
    cdp = watched.context.new_cdp_session(page)
    cdp.send("Performance.enable")
    soak = Soak(soak_site, page, cdp, monkeypatch)
    steps = int(timedelta(hours=HOURS) / STEP)
    table = []
    for step in range(1, steps + 1):
        soak.move()
        if step % (steps // CHECKS) == 0:
            soak.expect_truth()
            table.append(soak.figures())
    with capsys.disabled():
        sys.stdout.write("\n" + "\n".join([HEAD, *map(str, table)]) + "\n")
    assert [each for each in watched.complaints if OUTDATED not in each] == []
    expect_flat("JavaScript heap", [each.heap for each in table], 0.1, 2 * MIB)
    expect_flat("document", [each.elements for each in table], 0.05, 0)
    former = table[0].nodes  # React may hold one version of the page besides the shown one
    expect_flat("nodes", [each.nodes for each in table], 0.05, former)
    expect_flat("listeners", [each.listeners for each in table], 0.02, 0)
    expect_flat("process", [each.rss for each in table], 0.05, 16 * MIB)
    expect_flat("open files", [each.files for each in table], 0.0, 4)
    expect_flat("sockets", [each.sockets for each in table], 0.0, 4)
    expect_flat("connections", [each.connections for each in table], 0.0, 2)
