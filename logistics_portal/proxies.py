"""Whose request is it? The one place that decides a caller's address; everything else reads ``REMOTE_ADDR``."""

from collections.abc import Sequence
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network


@dataclass(frozen=True, slots=True)
class Proxies:
    """The proxies of ours that stand before the portal: by their networks, or by how many they are."""

    count: int = 0
    networks: tuple[Network, ...] = ()

    def trust(self, address: Address | None) -> bool:
        return address is not None and any(address in network for network in self.networks)


def caller_address(socket: str, forwarded_for: str, proxies: Proxies) -> str:
    """The address of who called: that of the socket, unless a proxy of ours says whom it called for.

    Each proxy adds the address that it saw at the right end of ``X-Forwarded-For``, so the header is read from there;
    what stands left of the first address that none of ours added is the caller's own invention.
    """
    hops = [hop.strip() for hop in forwarded_for.split(",") if hop.strip()]
    if proxies.networks:
        return _nearest_stranger(socket, hops, proxies)
    if proxies.count and hops:
        seen = read_address(hops[-min(proxies.count, len(hops))])
        return str(seen) if seen else socket
    return socket


def _nearest_stranger(socket: str, hops: Sequence[str], proxies: Proxies) -> str:
    """Go from the socket towards the caller for as long as the address is one of ours."""
    caller, address = socket, read_address(socket)
    for hop in reversed(hops):
        if not proxies.trust(address):
            break
        address = read_address(hop)
        if address is None:  # no address: who wrote it is the last that is known
            break
        caller = str(address)
    return caller


def read_address(text: str) -> Address | None:
    """An address as proxies write it, with or without port; None for what is none. IPv4 inside IPv6 is IPv4."""
    text = text.strip()
    if text.startswith("["):
        text = text[1:].partition("]")[0]
    elif text.count(":") == 1:
        text = text.partition(":")[0]
    try:
        address = ip_address(text)
    except ValueError:
        return None
    inside = getattr(address, "ipv4_mapped", None)
    return inside or address
