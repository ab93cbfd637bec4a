"""Pushes in a real browser: announcements are heard, a lost server is known and comes back."""

import threading
from contextlib import contextmanager

import pytest
import uvicorn
from fastapi import FastAPI
from fastapi.responses import HTMLResponse
from fastapi.staticfiles import StaticFiles

from dashboard.live.hub import Hub
from dashboard.live.router import live_router
from geodata.database.announce import LAYERS, announce
from geodata.settings import ROOT

PAGE = """<!doctype html><div id="page"></div><script>
window.stores = {};
window.dash_clientside = { set_props: (id, props) => { window.stores[id] = props.data; } };
</script><script src="/assets/live.js"></script>"""


@contextmanager
def served(engine, port: int = 0):
    """Serve the pushes and one bare page; yields the port."""
    app = FastAPI()
    app.include_router(live_router(engine, Hub(), beat_s=0.3))
    app.mount("/assets", StaticFiles(directory=ROOT / "assets"))

    @app.get("/", response_class=HTMLResponse)
    def page() -> str:
        return PAGE

    server = uvicorn.Server(
        uvicorn.Config(
            app, host="127.0.0.1", port=port, log_level="critical", timeout_graceful_shutdown=1
        )
    )
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    while not server.started and thread.is_alive():
        thread.join(0.02)
    yield server.servers[0].sockets[0].getsockname()[1]
    server.should_exit = True
    thread.join(20)


def publish(engine, version: str) -> None:
    with engine.begin() as connection:
        announce(connection, LAYERS, indicator="incident_count", version=version)


@pytest.fixture
def page(browser):
    """A page of its own context."""
    context = browser.new_context()
    yield context.new_page()
    context.close()


def test_a_screen_hears_of_versions_and_survives_a_restart(engine, page):
    with served(engine) as port:
        page.goto(f"http://127.0.0.1:{port}/")
        page.wait_for_function("occLive.state().connected && occLive.state().database")
        page.evaluate(
            "() => { occLive.subscribe('layer', (facts) => { window.heard = facts.version; }); }"
        )
        publish(engine, "41")
        page.wait_for_function("window.heard === '41'")
        page.wait_for_function("(stores['live-layers'] || {}).incident_count === '41'")
        assert page.evaluate("occLive.versions()") == {"incident_count": "41"}
        drift_ms = page.evaluate("Math.abs(occLive.serverTime() - Date.now())")
        assert drift_ms < 60_000
    page.wait_for_function("!occLive.state().connected && stores['live-state'].connected === false")
    with served(engine, port):
        page.wait_for_function("occLive.state().connected")
        page.wait_for_function("stores['live-resync'] > 0")
        page.wait_for_function("occLive.state().database")
        publish(engine, "42")
        page.wait_for_function("window.heard === '42'")
