"""What counts as one client: the unit of every quota and rate limit."""

from __future__ import annotations

import ipaddress

# Providers assign each subscriber at least a /64 (RFC 6177), so by address, one
# subscriber would count as 2**64 clients.
_IPV6_PREFIX = 64


def client_share_key(address: str) -> str:
    """An address → the key of the client that it counts as.

    Args:
        address: IPv4 or IPv6, as seen by the server or its trusted proxy.

    Returns:
        The IPv4 address (also if it is mapped into IPv6), the /64 network of an IPv6
        address, or the text itself if it is not an address, as behind a Unix socket.
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
