"""Who counts as one client: the unit of every share and every rate limit."""

from __future__ import annotations

import ipaddress

# A provider hands each subscriber a /64 at least (RFC 6177): counted by the address, one
# subscriber would be 2**64 clients.
_IPV6_PREFIX = 64


def client_share_key(address: str) -> str:
    """An address → what it is counted as.

    Args:
        address: IPv4 or IPv6, as the server or its trusted proxy saw it.

    Returns:
        The IPv4 address, also of one that is mapped into IPv6; the /64 network of an IPv6
        address; or the text itself where it is no address, as behind a Unix socket.
    """
    try:
        parsed = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return address
    if isinstance(parsed, ipaddress.IPv6Address):
        if parsed.ipv4_mapped is not None:
            return str(parsed.ipv4_mapped)
        return str(ipaddress.ip_network((parsed, _IPV6_PREFIX), strict=False))
    return str(parsed)
