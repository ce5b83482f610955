"""Where may be posted to: never to our own network, whatever a name says it means today."""

import socket
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address, ip_network
from urllib.parse import SplitResult, urlsplit

# What Python, by its version, takes for global and is not: addresses of protocols, and those that carry an
# IPv4 address inside, which a router may unpack (6to4 and its relay, Teredo within 2001::/23).
_SPECIAL = tuple(
    map(
        ip_network,
        (
            "100.64.0.0/10",
            "192.0.0.0/24",
            "192.88.99.0/24",
            "2001::/23",
            "2001:db8::/32",
            "2002::/16",
            "3fff::/20",
        ),
    )
)
# IPv4 inside IPv6 (mapped, NAT64), link-local, unique local and multicast addresses lie outside.
_GLOBAL_IPV6 = IPv6Network("2000::/3")

Address = IPv4Address | IPv6Address


class UnusableUrl(Exception):
    """A URL that nothing may be posted to; its text says why, in English."""


class NotResolved(Exception):
    """The name means no address now."""


class AddressRefused(Exception):
    """The name means an address that nothing may be posted to."""


def demand_usable(url: str, *, local: bool) -> SplitResult:
    """Return the parts of a URL that may be posted to, as far as the URL itself tells.

    Raises UnusableUrl. With `local`, this machine may be posted to, also without TLS.
    """
    try:
        parts = urlsplit(url)
        host, port = parts.hostname or "", parts.port
    except ValueError:
        raise UnusableUrl("is not a URL") from None
    if not host or any(
        letter.isspace() or not letter.isascii() or not letter.isprintable() for letter in url
    ):
        raise UnusableUrl("must be a URL of ASCII letters with a host")
    if "@" in parts.netloc or parts.fragment or port == 0:
        raise UnusableUrl("must have no user, fragment or port 0")
    if parts.scheme != "https" and not (parts.scheme == "http" and local and _is_loopback(host)):
        raise UnusableUrl("must begin with https://")
    literal = _literal(host)
    if literal is not None and not may_connect(literal, local=local):
        raise UnusableUrl("must be an address of the public internet")
    return parts


def resolve(host: str, port: int, *, local: bool) -> str:
    """Return the one address to connect to.

    Asked once for each attempt, and connected to as answered: a name that means something else a moment later
    leads nowhere. Raises NotResolved, or AddressRefused when any of the addresses is one to stay away from.
    """
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        raise NotResolved from None
    addresses = [ip_address(str(entry[4][0]).partition("%")[0]) for entry in found]
    if not addresses or not all(may_connect(address, local=local) for address in addresses):
        raise AddressRefused
    return str(addresses[0])


def may_connect(address: Address, *, local: bool) -> bool:
    """Tell whether the address is one of the public internet; with `local`, of this machine."""
    if local and address.is_loopback:
        return True
    if isinstance(address, IPv6Address) and address not in _GLOBAL_IPV6:
        return False
    if any(address in network for network in _SPECIAL):
        return False
    return address.is_global and not (address.is_multicast or address.is_reserved)


def _is_loopback(host: str) -> bool:
    literal = _literal(host)
    return host == "localhost" or (literal is not None and literal.is_loopback)


def _literal(host: str) -> Address | None:
    try:
        return ip_address(host)
    except ValueError:
        return None
