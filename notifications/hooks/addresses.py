"""Which addresses a merchant may have called: those of the public internet, over TLS; pure.

Who could choose any address would reach what only the portal's own machines reach: a cloud's metadata, a database, a
printer. So the URL is judged when it is given, and the addresses behind its name at every call.
"""

from collections.abc import Sequence
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from urllib.parse import urlsplit

URL_MAX = 500
LEAST_PORT = 1024  # below it, only that of https: what listens there are other services
HTTPS_PORT = 443

# Addresses that count as global, and are not for everybody: they lead into the caller's own network.
_NOT_PUBLIC = (
    ip_network("168.63.129.16/32"),  # Azure's host
    ip_network("64:ff9b::/96"),  # NAT64: any IPv4 address, in other clothes
    ip_network("2002::/16"),  # 6to4, the same
    ip_network("2001::/32"),  # Teredo, the same
    ip_network("fec0::/10"),  # site-local, of old
)


class UnsafeAddress(ValueError):
    """An address that must not be called; the message says why and what would do."""


def check_url(url: str, *, may_call_loopback: bool, longest: int = URL_MAX) -> None:
    """Judge a URL by how it is written.

    Raises:
        UnsafeAddress: it is none that we call.
    """
    try:
        parts = urlsplit(url)
        port = parts.port
        host = parts.hostname or ""
    except ValueError as error:
        raise UnsafeAddress("This is no address that can be called.") from error
    if len(url) > longest or not url.isascii() or not url.isprintable() or " " in url or "\\" in url:
        raise UnsafeAddress(f"Send an address in ASCII of at most {longest} characters, without spaces.")
    is_loopback = may_call_loopback and _is_loopback(host)
    if parts.scheme != "https" and not (parts.scheme == "http" and is_loopback):
        raise UnsafeAddress("The address must begin with https://")
    if not host or parts.username is not None or parts.password is not None or parts.fragment:
        raise UnsafeAddress("The address needs a host, and may have no user, password or fragment.")
    if not is_loopback and port not in (None, HTTPS_PORT) and port < LEAST_PORT:
        raise UnsafeAddress(f"Ports below {LEAST_PORT} are not called, but {HTTPS_PORT}.")
    if (literal := _as_address(host)) is not None:
        check_addresses([str(literal)], may_call_loopback=may_call_loopback)


def check_addresses(addresses: Sequence[str], *, may_call_loopback: bool) -> None:
    """Judge what a name resolved to; one address that is not public is enough to refuse them all.

    Raises:
        UnsafeAddress: there is none, or one that is not for everybody.
    """
    if not addresses:
        raise UnsafeAddress("The name of the host has no address.")
    for text in addresses:
        address = ip_address(text.partition("%")[0])
        if not (is_public(address) or (may_call_loopback and address.is_loopback)):
            raise UnsafeAddress("The address is not on the public internet.")


def is_public(address: IPv4Address | IPv6Address) -> bool:
    inner = getattr(address, "ipv4_mapped", None)
    if inner is not None:
        return is_public(inner)
    if not address.is_global or address.is_multicast or address.is_reserved:
        return False
    return not any(address in network for network in _NOT_PUBLIC if network.version == address.version)


def _as_address(host: str) -> IPv4Address | IPv6Address | None:
    try:
        return ip_address(host)
    except ValueError:
        return None


def _is_loopback(host: str) -> bool:
    address = _as_address(host)
    return host == "localhost" if address is None else address.is_loopback
