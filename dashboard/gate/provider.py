"""The identity provider that signs users in: OpenID Connect, authorization code with PKCE.

Authlib speaks the protocol. What is told here is what must hold: the answer belongs to what this
browser asked (state), the token to it as well (nonce), and issuer, audience, signature and time of
the token are right.
"""

from collections.abc import Mapping
from hmac import compare_digest
from ssl import create_default_context
from typing import Any

import httpx2
from authlib.common.errors import AuthlibBaseError
from authlib.integrations.starlette_client import OAuth, StarletteOAuth2App
from fastapi import Request
from joserfc.errors import JoseError

from geodata.errors import OperationsError, SignInRefusedError
from geodata.identity.claims import find_values
from geodata.settings import Settings

_PATIENCE_S = 10.0
_LEEWAY_S = 60  # between the provider's clock and ours
# Signed by a key that the provider alone has: neither `none` nor one made of our own secret.
_ALGORITHMS = frozenset({"RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384",
                         "ES512", "EdDSA"})  # fmt: skip
_PUBLIC_CLIENT = {"token_endpoint_auth_method": "none"}
# what a provider answers may be any JSON, or none
_ITS_FAULTS = (
    AuthlibBaseError, JoseError, httpx2.InvalidURL,
    ValueError, TypeError, KeyError, AttributeError,
)  # fmt: skip


class ProviderSilentError(OperationsError):
    """The identity provider does not answer."""


class Provider:
    """The configured identity provider, asked through Authlib."""

    def __init__(self, settings: Settings) -> None:
        """Say who we are; the provider's addresses are fetched when they are first needed."""
        self._issuer = str(settings.oidc_issuer)
        self._client_id = str(settings.oidc_client_id)
        self._paths = [
            each for each in (settings.oidc_role_claim, settings.oidc_district_claim) if each
        ]
        arguments: dict[str, Any] = {
            "scope": "openid profile", "code_challenge_method": "S256", "timeout": _PATIENCE_S,
            "verify": create_default_context(),  # the machine's own authorities, a city's too
        }  # fmt: skip
        if settings.oidc_client_secret is None:
            arguments |= _PUBLIC_CLIENT
        self._app: StarletteOAuth2App = OAuth().register(
            "provider",
            client_id=self._client_id,
            client_secret=settings.oidc_client_secret,
            server_metadata_url=f"{self._issuer.rstrip('/')}/.well-known/openid-configuration",
            client_kwargs=arguments,
        )

    async def ask(self, back: str) -> tuple[str, dict[str, str]]:
        """Return where to send the browser, and what its answer must fit to.

        Raises:
            ProviderSilentError: the provider cannot be asked, or says another issuer.
        """
        try:
            await self._load()
            made = await self._app.create_authorization_url(back)
        except (httpx2.HTTPError, *_ITS_FAULTS, RuntimeError) as error:
            raise ProviderSilentError(f"the identity provider does not answer: {error}") from error
        kept = {name: made[name] for name in ("state", "nonce", "code_verifier")}
        return made["url"], {**kept, "back": back}

    async def answered(self, request: Request, asked: Mapping[str, str]) -> dict[str, Any]:
        """Return the claims of the user whom the provider signed in.

        Raises:
            SignInRefusedError: the answer is none to this browser's question, or the provider's
                token is not what it must be.
            ProviderSilentError: the provider cannot be asked.
        """
        state, code = (request.query_params.get(name, "") for name in ("state", "code"))
        if not state or not compare_digest(_bytes(state), _bytes(asked.get("state", ""))):
            raise SignInRefusedError("not signed in: this browser did not ask, or too long ago")
        if not code:
            why = request.query_params.get("error", "no code")[:100]
            raise SignInRefusedError(f"not signed in: the identity provider says {why}")
        try:
            await self._load()
            token = await self._app.fetch_access_token(
                asked["back"], code=code, code_verifier=asked["code_verifier"]
            )
            return await self._claims(token, asked["nonce"])
        except httpx2.HTTPError as error:
            raise ProviderSilentError(f"the identity provider does not answer: {error}") from error
        except _ITS_FAULTS as error:
            raise SignInRefusedError(f"not signed in: its token is refused: {error}") from error

    async def _claims(self, token: dict[str, Any], nonce: str) -> dict[str, Any]:
        """Return the verified claims, with what the provider tells of the same user besides."""
        expected = {
            "iss": {"essential": True, "value": self._issuer},
            "aud": {"essential": True, "value": self._client_id},
        }
        verified = await self._app.parse_id_token(token, nonce, expected, leeway=_LEEWAY_S)
        if verified is None:
            raise ValueError("there is no id_token")
        said = dict(verified)
        is_told = all(find_values(said, path) for path in self._paths)
        if not is_told and self._app.server_metadata.get("userinfo_endpoint"):
            more = dict(await self._app.userinfo(token=token))
            if more.get("sub") == said["sub"]:  # else it speaks of somebody else
                said = {**more, **said}
        return said

    async def _load(self) -> None:
        metadata = await self._app.load_server_metadata()
        if metadata.get("issuer") != self._issuer:
            raise ValueError(f"it calls itself {metadata.get('issuer')}, not {self._issuer}")
        offered = metadata.get("id_token_signing_alg_values_supported") or ["RS256"]
        usable = [each for each in offered if each in _ALGORITHMS]
        metadata["id_token_signing_alg_values_supported"] = usable or ["RS256"]


def _bytes(text: str) -> bytes:
    return text.encode("utf-8", "replace")
