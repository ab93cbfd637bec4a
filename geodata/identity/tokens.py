"""Tokens: 256 bits of chance, given out once; only their SHA-256 is kept."""

import secrets
from hashlib import sha256


def new_token() -> str:
    """Return a token that nobody can guess, in letters that fit a cookie and an address."""
    return secrets.token_urlsafe(32)


def digest_of(token: str) -> str:
    """Return what is kept of a token; it needs no salt and no slow hash, being all chance."""
    return sha256(token.encode("utf-8", "replace")).hexdigest()
