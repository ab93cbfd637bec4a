"""A page with nothing but the hex map and synthetic layers, served on a free loopback port."""

import threading
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import flask
import numpy as np
from dash import Dash, Input, Output, State, dcc, html, no_update
from werkzeug.serving import make_server

from dashboard.hexmap import HexMap

ASSETS = Path(__file__).parents[2] / "assets"
PALETTE = ["#1b3a4b", "#1f5f6f", "#2a8a83", "#6fb07f", "#e0dc9a"]
BREAKS = [20.0, 40.0, 60.0, 80.0]


@dataclass
class Answer:
    """What an address gives: a body or a status, and a gate that holds the answer back."""

    body: bytes = b""
    status: int = 200
    gate: threading.Event | None = None


@dataclass
class Site:
    """A running page: its address, the answers it serves and how often each was asked for."""

    url: str = ""
    answers: dict[str, Answer] = field(default_factory=dict)
    asked: Counter[str] = field(default_factory=Counter)

    def put(self, path: str, body: bytes, **extra: Any) -> str:
        """Serve `body` at an address of this site and return the address."""
        address = f"/layers/{path}"
        self.answers[address] = Answer(body, **extra)
        return address


def cells_body(cells: np.ndarray) -> bytes:
    """The wire form of a cell list."""
    return np.sort(cells.astype("<u8")).tobytes()


def values_body(values: np.ndarray, statuses: np.ndarray) -> bytes:
    """The wire form of a value column."""
    return values.astype("<f4").tobytes() + statuses.astype("u1").tobytes()


def _serve_layers(server: flask.Flask, site: Site) -> None:
    @server.get("/layers/<path:path>")
    def layer(path: str) -> flask.Response:
        address = f"/layers/{path}"
        site.asked[address] += 1
        answer = site.answers.get(address, Answer(status=404))
        if answer.gate is not None:
            answer.gate.wait(20)
        headers = {"Cache-Control": "no-store", "Content-Type": "application/octet-stream"}
        return flask.Response(answer.body, answer.status, headers)


def _secure(app: Dash) -> None:
    scripts = " ".join(app.csp_hashes())

    @app.server.after_request
    def policy(response: flask.Response) -> flask.Response:
        response.headers["Content-Security-Policy"] = (
            f"default-src 'self'; script-src 'self' {scripts}; "
            "style-src 'self' 'unsafe-inline'; img-src 'self' data: blob:; connect-src 'self'"
        )
        return response


def build_page(site: Site, properties: Mapping[str, Any]) -> Dash:
    """A Dash app whose map takes properties from `window.dash_clientside.set_props`."""
    # the page is not the program: nobody pushes here
    app = Dash("hexmap_site", assets_folder=str(ASSETS), assets_ignore=r"live\.js", update_title="")
    style = {"position": "fixed", "inset": "0"}
    app.layout = html.Div(
        [
            html.Div(HexMap("map", **properties), id="holder", style=style),
            html.Button("toggle", id="toggle", style={"position": "fixed", "left": 0, "zIndex": 2}),
            *(dcc.Store(id=f"seen-{name}") for name in ("clickData", "hoverData", "viewport")),
            dcc.Store(id="seen-ready"),
        ]
    )
    _listen(app, properties)
    _serve_layers(app.server, site)
    _secure(app)
    return app


def _listen(app: Dash, properties: Mapping[str, Any]) -> None:
    for name in ("clickData", "hoverData", "viewport", "ready"):
        app.clientside_callback(
            f"function (value) {{ (window.seen = window.seen || {{}}).{name} = value;"
            f"((window.log = window.log || {{}}).{name} = window.log.{name} || []).push(value);"
            "return value; }",
            Output(f"seen-{name}", "data"),
            Input("map", name),
            prevent_initial_call=True,
        )

    @app.callback(
        Output("holder", "children"),
        Input("toggle", "n_clicks"),
        State("holder", "children"),
        prevent_initial_call=True,
    )
    def toggle(clicks: int | None, _: object) -> Any:
        if not clicks:
            return no_update
        return HexMap("map", **properties) if clicks % 2 == 0 else None


@contextmanager
def serve(make: Callable[[Site], Dash]) -> Iterator[Site]:
    """Run the page made by `make` until the block ends."""
    site = Site()
    server = make_server("127.0.0.1", 0, make(site).server, threaded=True)
    site.url = f"http://127.0.0.1:{server.server_port}/"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        yield site
    finally:
        for answer in site.answers.values():
            if answer.gate is not None:
                answer.gate.set()
        server.shutdown()
        thread.join()
        server.server_close()
