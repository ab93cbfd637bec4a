"""A small OpenID provider: real keys, real tokens, one user; a test says what it does wrong."""

import base64
import secrets
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any
from urllib.parse import parse_qsl, urlencode

import uvicorn
from fastapi import FastAPI, Request
from fastapi.responses import JSONResponse, RedirectResponse
from joserfc import jwt
from joserfc.jwk import OctKey, RSAKey

CLIENT, SECRET = "occ", "the client's own secret of 32 bytes"


@dataclass
class LocalProvider:
    """What it says of its user, and what it does wrong."""

    issuer: str = ""
    claims: dict[str, Any] = field(default_factory=dict)  # over those of an honest id_token
    userinfo: dict[str, Any] = field(default_factory=dict)
    key: RSAKey = field(default_factory=lambda: RSAKey.generate_key(2048, {"kid": "one"}))
    signs_with: Any = None  # another key than the one it publishes
    algorithm: str = "RS256"
    leaves_out: tuple[str, ...] = ()
    codes: dict[str, dict[str, str]] = field(default_factory=dict)

    def honest(self) -> None:
        """Do nothing wrong any more."""
        self.claims, self.userinfo, self.leaves_out = {}, {}, ()
        self.signs_with, self.algorithm = None, "RS256"

    def id_token(self, asked: dict[str, str]) -> str:
        """Return a signed token for what was asked."""
        now = int(time.time())
        claims = {
            "iss": self.issuer, "sub": "4711", "aud": CLIENT, "exp": now + 300, "iat": now,
            "nonce": asked["nonce"], "preferred_username": "wang", "roles": ["ops"],
        } | self.claims  # fmt: skip
        claims = {name: each for name, each in claims.items() if name not in self.leaves_out}
        header = {"alg": self.algorithm, "kid": "one"}
        if self.algorithm == "none":
            parts = (base64.urlsafe_b64encode(str(each).replace("'", '"').encode()).rstrip(b"=")
                     for each in (header, claims))  # fmt: skip
            return b".".join([*parts, b""]).decode()
        return jwt.encode(
            header, claims, self.signs_with or self.key, algorithms=["RS256", "HS256"]
        )


def provider_app(provider: LocalProvider) -> FastAPI:
    """Return the addresses of a provider."""
    app = FastAPI()

    @app.get("/.well-known/openid-configuration")
    def configuration() -> dict[str, Any]:
        paths = {"authorization_endpoint": "authorize", "token_endpoint": "token",
                 "jwks_uri": "keys", "userinfo_endpoint": "userinfo"}  # fmt: skip
        addresses = {name: f"{provider.issuer}/{path}" for name, path in paths.items()}
        offered = ["RS256", "HS256", "none"]  # what it offers is not what we take
        return {"issuer": provider.issuer, "id_token_signing_alg_values_supported": offered,
                **addresses}  # fmt: skip

    @app.get("/keys")
    def keys() -> dict[str, Any]:
        return {"keys": [provider.key.as_dict(private=False)]}

    @app.get("/authorize")
    def authorize(request: Request) -> RedirectResponse:
        asked = dict(request.query_params)
        assert (asked["client_id"], asked["response_type"]) == (CLIENT, "code")
        assert asked["code_challenge_method"] == "S256"
        code = secrets.token_urlsafe(8)
        provider.codes[code] = asked
        back = urlencode({"code": code, "state": asked["state"]})
        return RedirectResponse(f"{asked['redirect_uri']}?{back}", 303)

    @app.post("/token")
    async def token(request: Request) -> JSONResponse:
        given = dict(parse_qsl((await request.body()).decode()))
        asked = provider.codes.pop(given["code"], None)
        own = base64.b64encode(f"{CLIENT}:{SECRET}".encode()).decode()
        digest = sha256(given.get("code_verifier", "").encode()).digest()
        fits = (
            asked is not None
            and request.headers.get("authorization") == f"Basic {own}"
            and asked["redirect_uri"] == given["redirect_uri"]
            and asked["code_challenge"] == base64.urlsafe_b64encode(digest).decode().rstrip("=")
        )
        if asked is None or not fits:
            return JSONResponse({"error": "invalid_grant"}, 400)
        return JSONResponse(
            {"access_token": "access", "token_type": "Bearer", "id_token": provider.id_token(asked)}
        )

    @app.get("/userinfo")
    def userinfo(request: Request) -> dict[str, Any]:
        assert request.headers["authorization"] == "Bearer access"
        return {"sub": "4711"} | provider.userinfo

    return app


def foreign_key() -> RSAKey:
    """Return a key that says it is the provider's."""
    return RSAKey.generate_key(2048, {"kid": "one"})


def own_secret() -> OctKey:
    """Return the client's secret as a key: whoever knows it could sign with it."""
    return OctKey.import_key(SECRET, {"kid": "one"})


@contextmanager
def running_provider() -> Iterator[LocalProvider]:
    """Run a provider on loopback."""
    provider = LocalProvider()
    listening = socket.create_server(("127.0.0.1", 0))
    provider.issuer = f"http://127.0.0.1:{listening.getsockname()[1]}"
    server = uvicorn.Server(uvicorn.Config(provider_app(provider), log_level="error"))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]})
    thread.start()
    try:
        yield provider
    finally:
        server.should_exit = True
        thread.join(10)
        listening.close()
