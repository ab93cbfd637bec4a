"""The examples of deploy/ before a real server: TLS, pushes, sizes, the client's address."""

import asyncio
import os
import shutil
import socket
import ssl
import subprocess
import threading
import time
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path

import httpx2
import pytest
import uvicorn
from fastapi import FastAPI, Request
from fastapi.responses import StreamingResponse

from geodata.http.bodies import LARGEST_BODY
from geodata.settings import ROOT
from tests.waiting import free_port

DEPLOY = ROOT / "deploy"
NAME = "operations.example.gov.cn"
SECONDS = 20
PATH = "/usr/sbin:/usr/bin:/bin"  # where Debian puts servers, for any user


def application(leave: threading.Event) -> FastAPI:
    app = FastAPI()

    @app.get("/events")
    async def events() -> StreamingResponse:
        async def stream() -> AsyncIterator[str]:
            yield "data: first\n\n"
            while not leave.is_set():  # open, and silent
                await asyncio.sleep(0.05)

        return StreamingResponse(stream(), media_type="text/event-stream")

    @app.api_route("/seen", methods=["GET", "POST"])
    async def seen(request: Request) -> dict[str, str]:
        await request.body()
        return dict(request.headers)

    return app


@pytest.fixture(scope="module")
def upstream() -> Iterator[int]:
    port, leave = free_port(), threading.Event()
    config = uvicorn.Config(application(leave), port=port, log_level="error")
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    yield port
    leave.set()
    server.should_exit = True
    thread.join(SECONDS)


def nginx(folder: Path, upstream: int, port: int) -> list[str]:
    key, certificate = folder / "key.pem", folder / "cert.pem"
    made = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj"]
    parts = [f"/CN={NAME}", "-addext", f"subjectAltName=DNS:{NAME}"]
    command = [*made, *parts, "-keyout", str(key), "-out", str(certificate)]
    subprocess.run(command, check=True, capture_output=True)
    text = (DEPLOY / "nginx.conf").read_text("utf-8")
    for old, new in (
        ("127.0.0.1:8050", f"127.0.0.1:{upstream}"),
        ("listen 443 ssl", f"listen 127.0.0.1:{port} ssl"),
        ("/etc/ssl/certs/operations.pem", str(certificate)),
        ("/etc/ssl/private/operations.key", str(key)),
    ):
        assert old in text
        text = text.replace(old, new)
    temporary = "".join(
        f"{kind}_temp_path {folder}/{kind};\n"
        for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    )
    whole = folder / "nginx.conf"
    user = "user root;" if os.geteuid() == 0 else ""  # its workers may enter the folder
    whole.write_text(
        f"{user} daemon off; pid {folder}/pid; error_log {folder}/error.log;\nevents {{}}\n"
        f"http {{ access_log off; {temporary} {text} }}\n"
    )
    return ["/usr/sbin/nginx", "-p", str(folder), "-c", str(whole)]


def caddy(folder: Path, upstream: int, port: int) -> list[str]:
    text = (DEPLOY / "Caddyfile").read_text("utf-8")
    for old, new in (
        ("127.0.0.1:8050", f"127.0.0.1:{upstream}"),
        (f"\n{NAME} {{", f"\nhttps://{NAME}:{port} {{\n\tbind 127.0.0.1"),
    ):
        assert old in text
        text = text.replace(old, new)
    lines = ("admin off", "auto_https disable_redirects", "skip_install_trust")
    of_the_test = "{\n" + "\n".join((*lines, f"storage file_system {folder}")) + "\n}\n"
    (folder / "Caddyfile").write_text(of_the_test + text)
    return ["caddy", "run", "--adapter", "caddyfile", "--config", str(folder / "Caddyfile")]


PROXIES: dict[str, Callable[[Path, int, int], list[str]]] = {"nginx": nginx, "caddy": caddy}


@pytest.fixture(scope="module", params=PROXIES)
def client(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory, upstream: int
) -> Iterator[httpx2.Client]:
    """A client that asks the proxy under the city's name and speaks TLS with it."""
    if shutil.which(request.param, path=PATH) is None:
        pytest.skip(f"{request.param} is not installed")
    folder, port = tmp_path_factory.mktemp(request.param), free_port()
    command = PROXIES[request.param](folder, upstream, port)
    said = folder / "said"
    with said.open("w") as log:
        process = subprocess.Popen(
            command, stdout=subprocess.DEVNULL, stderr=log, cwd=folder,
            env={"HOME": str(folder), "PATH": PATH},
        )  # fmt: skip
    trust = ssl.create_default_context()
    trust.check_hostname, trust.verify_mode = False, ssl.CERT_NONE  # it signed for itself
    transport = httpx2.HTTPTransport(verify=trust)
    with httpx2.Client(transport=transport, base_url=f"https://127.0.0.1:{port}") as made:
        made.headers["Host"] = NAME
        yield from answering(made, port, process, said)


def answering(
    client: httpx2.Client, port: int, process: subprocess.Popen[bytes], said: Path
) -> Iterator[httpx2.Client]:
    deadline = time.monotonic() + SECONDS
    while True:
        assert process.poll() is None, said.read_text()
        assert time.monotonic() < deadline, said.read_text()
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                break
        time.sleep(0.05)
    yield client
    process.terminate()
    process.wait(SECONDS)


UNDER_ITS_NAME = {"sni_hostname": NAME}


def test_a_page_is_asked_for_under_the_city_s_name(client: httpx2.Client) -> None:
    invented = {"X-Forwarded-For": "203.0.113.9", "X-Forwarded-Proto": "http"}
    answer = client.get("/seen", headers=invented, extensions=UNDER_ITS_NAME)
    seen = answer.json()
    assert seen["host"] == NAME
    assert seen["x-forwarded-for"] == "127.0.0.1"  # what the client invented is gone
    assert seen["x-forwarded-proto"] == "https"
    assert "max-age" in answer.headers["strict-transport-security"]


def test_a_push_arrives_while_its_stream_stays_open(client: httpx2.Client) -> None:
    with client.stream("GET", "/events", extensions=UNDER_ITS_NAME) as answer:
        assert next(answer.iter_text()) == "data: first\n\n"


def test_a_body_that_is_too_large_is_refused(client: httpx2.Client) -> None:
    fits, too_large = b"x" * (LARGEST_BODY - 1), b"x" * (LARGEST_BODY + 1)
    sent = [
        client.post("/seen", content=body, extensions=UNDER_ITS_NAME) for body in (fits, too_large)
    ]
    assert sent[0].status_code == 200
    assert sent[1].status_code in (413, 502)  # Caddy 2.6 ends the request it has begun to pass on
