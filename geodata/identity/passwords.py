"""Passwords: how long they are, how they are kept, how one is verified."""

import secrets
import unicodedata
from functools import cache

from pwdlib import PasswordHash

from geodata.errors import RequestError

SHORTEST_PASSWORD = 12
LONGEST_PASSWORD = 256


def hash_password(password: str) -> str:
    """Return the argon2id hash of a new password.

    Raises:
        RequestError: it is too short or too long.
    """
    if not SHORTEST_PASSWORD <= len(password) <= LONGEST_PASSWORD:
        raise RequestError(f"a password is {SHORTEST_PASSWORD} to {LONGEST_PASSWORD} characters")
    if len(set(password)) < SHORTEST_PASSWORD // 3:
        raise RequestError("a password has more than three different characters")
    return _hasher().hash(_composed(password))


def verify_password(password: str, kept: str | None) -> tuple[bool, str | None]:
    """Return whether a password is the one kept, and its hash anew if hashes are harder by now.

    Without one kept the same work is done for nothing: the time taken must not tell who is known.
    """
    nobody = _hash_of_nobody()
    is_right, anew = _hasher().verify_and_update(_composed(password), kept or nobody)
    return (is_right, anew) if kept else (False, None)


def _composed(password: str) -> bytes:
    """Return the same bytes however a keyboard composes the letters; too long a text is cut."""
    composed = unicodedata.normalize("NFKC", password[: LONGEST_PASSWORD + 1])
    return composed.encode("utf-8", "replace")


@cache
def _hasher() -> PasswordHash:
    return PasswordHash.recommended()


@cache
def _hash_of_nobody() -> str:
    return _hasher().hash(secrets.token_bytes(32))
