"""From a stranger's URL to the addresses behind it, judged: the name service is asked once, at the call."""

import socket

from logistics_portal.kernel import http

from .addresses import URL_MAX, UnsafeAddress, check_addresses, check_url


def resolve_public(url: str, *, may_call_loopback: bool, longest: int = URL_MAX) -> list[str]:
    """The addresses behind a URL, all of them judged: the ones to connect to. It asks the name service.

    Raises:
        UnsafeAddress: the URL, or an address that its host resolves to, must not be called; or there is none.
    """
    check_url(url, may_call_loopback=may_call_loopback, longest=longest)
    try:
        found = socket.getaddrinfo(http.parts_of(url).host, None, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError, http.PeerFailed) as error:
        raise UnsafeAddress("The name of the host can't be found.") from error
    addresses = list(dict.fromkeys(str(entry[4][0]) for entry in found))
    check_addresses(addresses, may_call_loopback=may_call_loopback)
    return addresses
