"""How often somebody may try to sign in: per client address, and per name that it tries."""

from hashlib import sha256

from limits import RateLimitItemPerMinute
from limits.storage import MemoryStorage
from limits.strategies import MovingWindowRateLimiter

from geodata.http.addresses import client_of

PER_CLIENT = RateLimitItemPerMinute(20)
PER_NAME = RateLimitItemPerMinute(10)


class SignInRates:
    """The attempts of the last minute in this server process; locks are kept by the database."""

    def __init__(self) -> None:
        """Begin with no attempt."""
        self._attempts = MovingWindowRateLimiter(MemoryStorage())

    def take(self, client: str, name: str | None = None) -> bool:
        """Count an attempt, of a name or of a device; False where there were too many.

        Addresses of one IPv6 network are one: who has one of them has all.
        Names are counted for each address apart: who tries one must not keep its user out.
        """
        client = client_of(client)
        if not self._attempts.hit(PER_CLIENT, "client", client):
            return False
        if name is None:
            return True
        hashed = sha256(name.casefold().encode("utf-8", "replace")).hexdigest()
        return self._attempts.hit(PER_NAME, "name", client, hashed)
