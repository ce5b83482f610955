"""The network that a caller is in, as the gateway tells it to the services."""

import re
from collections.abc import Mapping
from ipaddress import IPv4Address, IPv6Network, ip_address

KEY = "x-client-network"  # of a call's metadata
# What one customer of a provider is given: a /64 holds more addresses than anybody could count apart.
_IPV6_PREFIX = 64
_WRITTEN = re.compile(r"[0-9a-f.:/]{1,64}")


def network_of(address: str) -> str:
    """Return an IPv4 address as it is, an IPv6 one as its /64, and empty for what is no address."""
    try:
        parsed = ip_address(address.partition("%")[0])
    except ValueError:
        return ""
    if isinstance(parsed, IPv4Address):
        return str(parsed)
    if parsed.ipv4_mapped:
        return str(parsed.ipv4_mapped)
    return str(IPv6Network((parsed, _IPV6_PREFIX), strict=False))


def told_network(metadata: Mapping[str, str]) -> str:
    """Return the caller's network from a call's metadata; empty when none was told, or nonsense was."""
    network = metadata.get(KEY, "")
    return network if _WRITTEN.fullmatch(network) else ""
