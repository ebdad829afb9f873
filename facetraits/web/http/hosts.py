"""The host names that requests can use.

If an attacker points the name of their own site to this machine (DNS rebinding), a browser treats
their page as same-origin with the server: only the Host header gives it away. The addresses of
results are also built from that header.
"""

from __future__ import annotations

import ipaddress
import re
import socket
from dataclasses import dataclass
from typing import TYPE_CHECKING

from werkzeug.sansio.utils import host_is_trusted
from werkzeug.wsgi import get_host

from facetraits.errors import UntrustedHost
from facetraits.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Iterable

    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

# Browsers resolve all of .localhost to the loopback themselves; a leading dot is Werkzeug's
# way to write a name and everything below it.
_LOOPBACK_NAMES = (".localhost",)
_ABSOLUTE = re.compile(r"https?://([^/?#]*)([^?#]*)", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class TrustedHosts:
    """The server's host names.

    Attributes:
        names: lowercase; a leading dot includes all subdomains. None for any.
        any_address: whether every IP address is accepted. No DNS server can forge one.
    """

    names: tuple[str, ...] | None
    any_address: bool = False

    @classmethod
    def of(cls, settings: Settings) -> TrustedHosts:
        """The names from the settings or, if there are none, those that fit the bound address."""
        listed, bound = settings.trusted_hosts, settings.host.lower()
        if listed == ("*",) or (not listed and settings.proxies):
            return cls(None)
        if listed:
            return cls((*_LOOPBACK_NAMES, *map(str.lower, listed)))
        if is_loopback(bound):
            return cls(_LOOPBACK_NAMES)
        machine = socket.gethostname().lower()
        names = {machine, f"{machine.partition('.')[0]}.local"}
        if _address(bound) is None:
            names.add(bound)
        return cls((*_LOOPBACK_NAMES, *sorted(names)), any_address=True)

    def check(self, environ: WSGIEnvironment) -> None:
        """Raises UntrustedHost for a request that names another host, or an empty one."""
        # Without the header, as in HTTP/1.0, the server's own address is used.
        if "HTTP_HOST" in environ and not self._trusts(get_host(environ).lower()):
            raise UntrustedHost(
                "the request's Host header is not one of this server's names; "
                "FACETRAITS_TRUSTED_HOSTS lists them"
            )

    def _trusts(self, host: str) -> bool:
        # Werkzeug's error for an invalid host.
        if not host:
            return False
        if self.names is None:
            return True
        name = host.rpartition(":")[0] if re.search(r":\d+$", host) else host
        address = _address(name.strip("[]"))
        if address is not None:
            return address.is_loopback or self.any_address or name.strip("[]") in self.names
        return host_is_trusted(name, self.names)


def is_loopback(host: str) -> bool:
    """Whether only this machine can reach an address."""
    address = _address(host)
    return host.lower() == "localhost" if address is None else address.is_loopback


def _address(text: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    try:
        return ipaddress.ip_address(text)
    except ValueError:
        return None


def with_plain_targets(app: WSGIApplication) -> WSGIApplication:
    """Parses request targets as RFC 9112 requires: the host of an absolute target is the Host.

    The servers pass them on as paths, and echoing one would repeat a foreign host.
    """

    def plain(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        absolute = _ABSOLUTE.match(environ.get("PATH_INFO", ""))
        if absolute:
            environ["HTTP_HOST"], environ["PATH_INFO"] = absolute[1], absolute[2] or "/"
        elif environ["REQUEST_METHOD"] == "CONNECT":
            # The target of CONNECT is a host. This is not a proxy: 405.
            environ["PATH_INFO"] = "/"
        return app(environ, start_response)

    return plain
