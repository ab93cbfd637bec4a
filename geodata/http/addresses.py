"""Where a request comes from, and who counts as one client.

Whose word about an address is believed is decided in one place, where the server is started: by
`OCC_TRUSTED_PROXIES` (`dashboard.limits.serving`). Limits, sign-in and audit record take it from
here.
"""

from collections.abc import Mapping
from functools import lru_cache
from ipaddress import IPv6Address, ip_address
from typing import Any

_HOSTS_OF_A_LINE = 64  # bits: who has one IPv6 address has its whole network


def address_of(scope: Mapping[str, Any]) -> str:
    """Return the address that an ASGI request came from, empty where it has none."""
    client = scope.get("client")
    return str(client[0]) if client else ""


@lru_cache(maxsize=4096)
def client_of(host: str) -> str:
    """Return as which client an address counts: itself, or the network of an IPv6 one."""
    try:
        address = ip_address(host)
    except ValueError:
        return host
    if not isinstance(address, IPv6Address):
        return host
    if address.ipv4_mapped is not None:
        return str(address.ipv4_mapped)
    return f"{IPv6Address(int(address) >> _HOSTS_OF_A_LINE << _HOSTS_OF_A_LINE)}/{_HOSTS_OF_A_LINE}"
