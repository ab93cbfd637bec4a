"""Who counts as one client: an address, or the network of an IPv6 one."""

from functools import lru_cache
from ipaddress import IPv6Address, ip_address

_HOSTS_OF_A_LINE = 64  # bits: who has one IPv6 address has its whole network


@lru_cache(maxsize=4096)
def client_of(host: str) -> str:
    """Return the name under which a client at an address is counted."""
    try:
        address = ip_address(host)
    except ValueError:
        return host
    if not isinstance(address, IPv6Address):
        return host
    if address.ipv4_mapped is not None:
        return str(address.ipv4_mapped)
    return f"{IPv6Address(int(address) >> _HOSTS_OF_A_LINE << _HOSTS_OF_A_LINE)}/{_HOSTS_OF_A_LINE}"
