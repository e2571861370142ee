"""A caller's address is the socket's, unless a proxy of ours says whom it called for."""

from ipaddress import ip_network

import pytest
from django.test import Client

from logistics_portal.environment import WrongSetting, proxies
from logistics_portal.kernel.limits import network_of
from logistics_portal.kernel.models import Allowance
from logistics_portal.proxies import Proxies, caller_address

NONE = Proxies()
ONE, TWO = Proxies(count=1), Proxies(count=2)
OURS = Proxies(networks=(ip_network("10.0.0.0/8"), ip_network("fd00::/8")))


@pytest.mark.parametrize(
    ("trusted", "socket", "forwarded", "caller"),
    [
        (NONE, "10.0.0.1", "198.51.100.7", "10.0.0.1"),
        (ONE, "10.0.0.1", "198.51.100.7", "198.51.100.7"),
        (ONE, "10.0.0.1", "invented, 198.51.100.7", "198.51.100.7"),
        (TWO, "10.0.0.1", "1.1.1.1, 198.51.100.7, 10.0.0.2", "198.51.100.7"),
        (TWO, "10.0.0.1", "198.51.100.7", "198.51.100.7"),
        (ONE, "10.0.0.1", "", "10.0.0.1"),
        (ONE, "10.0.0.1", "<script>", "10.0.0.1"),
        (OURS, "10.0.0.1", "1.1.1.1, 198.51.100.7", "198.51.100.7"),
        (OURS, "10.0.0.1", "1.1.1.1, 198.51.100.7, 10.9.9.9", "198.51.100.7"),
        (OURS, "198.51.100.7", "1.1.1.1", "198.51.100.7"),  # went around the proxy
        (OURS, "10.0.0.1", "198.51.100.7, garbage, 10.0.0.2", "10.0.0.2"),
        (OURS, "10.0.0.1", "", "10.0.0.1"),
        (OURS, "10.0.0.1", "10.0.0.3", "10.0.0.3"),  # a caller inside
        (OURS, "fd00::1", "[2001:db8::5]:4711", "2001:db8::5"),
        (OURS, "::ffff:10.0.0.1", "198.51.100.7:4711", "198.51.100.7"),
        (OURS, "", "198.51.100.7", ""),  # a socket of the file system has no address
    ],
)
def test_who_calls(trusted: Proxies, socket: str, forwarded: str, caller: str) -> None:
    assert caller_address(socket, forwarded, trusted) == caller


@pytest.mark.parametrize(
    ("written", "read"),
    [("", NONE), ("0", NONE), ("2", TWO), ("10.0.0.0/8, fd00::/8", OURS)],
)
def test_proxies_are_told_by_number_or_by_network(monkeypatch: pytest.MonkeyPatch, written: str, read: Proxies) -> None:
    monkeypatch.setenv("PORTAL_PROXIES", written)
    assert proxies("PORTAL_PROXIES") == read


@pytest.mark.parametrize("written", ["-1", "10.0.0.1/8", "proxy.example.com", "1.5"])
def test_what_names_no_proxy_stops_the_start(monkeypatch: pytest.MonkeyPatch, written: str) -> None:
    monkeypatch.setenv("PORTAL_PROXIES", written)
    with pytest.raises(WrongSetting, match="PORTAL_PROXIES"):
        proxies("PORTAL_PROXIES")


@pytest.mark.django_db
@pytest.mark.parametrize(("trusted", "windows"), [(NONE, 1), (ONE, 3)])
def test_limits_of_pages_count_the_callers_behind_a_proxy_apart(
    settings: object, trusted: Proxies, windows: int
) -> None:
    settings.PROXIES = trusted
    for number in range(3):
        client = Client(headers={"x-forwarded-for": f"198.51.100.{number}"})
        client.post("/track/", {"number": "NOBODY", "last_four": "1234"})
    assert Allowance.objects.filter(key__startswith="lookup-caller").count() == windows


def test_a_caller_of_ipv6_is_its_network() -> None:
    assert network_of("2001:db8:1:2:3:4:5:6") == network_of("2001:db8:1:2:ffff::1") == "2001:db8:1:2::"
    assert network_of("2001:db8:1:3::1") != network_of("2001:db8:1:2::1")
    assert network_of("198.51.100.7") == "198.51.100.7"
    assert network_of("") == ""
