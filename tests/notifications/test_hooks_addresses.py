"""What may be called, what is signed, and when it is tried again: as tables."""

import base64
import json
import socket
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.core import checks
from standardwebhooks import Webhook, WebhookVerificationError

from logistics_portal.kernel import http
from notifications.hooks import calls
from notifications.hooks.addresses import UnsafeAddress, check_addresses, check_url, is_public
from notifications.hooks.calls import Delivery, Run, make_calls
from notifications.hooks.endpoints import make_secret
from notifications.hooks.envelope import envelope
from notifications.hooks.pace import DISABLED_AFTER, JITTER, LONGEST_REST, WAITS, rest_after, wait_after, wished
from notifications.hooks.resolving import resolve_public
from notifications.hooks.signing import signed_headers
from tests.servers.processes import running

VECTORS = Path(settings.CORPUS_DIR) / "crypto_vectors" / "standard_webhooks_vectors.json"


def vectors() -> list[dict[str, Any]]:
    return json.loads(VECTORS.read_text())["vectors"] if VECTORS.exists() else []


@pytest.mark.corpus
def test_there_are_vectors() -> None:
    assert len(vectors()) == 8


@pytest.mark.parametrize("vector", vectors(), ids=lambda vector: vector["name"])
def test_the_published_vectors(vector: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> None:
    """Ours signs as they do, and the library that receivers use judges as they do."""
    if "id" not in vector:
        with pytest.raises(Exception, match="empty"):
            signed_headers([vector["secret"]], message_id="msg", at=datetime.now(UTC), body="{}")
        return
    clock = vector.get("clock", vector.get("valid_if_clock", int(datetime.now(UTC).timestamp())))

    class Clock(datetime):
        @classmethod
        def now(cls, tz: Any = None) -> datetime:
            return datetime.fromtimestamp(clock, tz)

    monkeypatch.setattr("standardwebhooks.webhooks.datetime", Clock)
    headers = {
        "webhook-id": vector["id"],
        "webhook-timestamp": vector["timestamp"],
        "webhook-signature": vector["signature"],
    }
    if "error" in vector:
        with pytest.raises(WebhookVerificationError):
            Webhook(vector["secret"]).verify(vector["payload"], headers)
        return
    assert Webhook(vector["secret"]).verify(vector["payload"], headers)
    at = datetime.fromtimestamp(int(vector["timestamp"]), UTC)
    ours = signed_headers([vector["secret"]], message_id=vector["id"], at=at, body=vector["payload"])
    assert ours["webhook-signature"] in vector["signature"].split()
    assert (ours["webhook-id"], ours["webhook-timestamp"]) == (vector["id"], vector["timestamp"])


def test_a_secret_has_32_random_bytes() -> None:
    first, second = make_secret(), make_secret()
    assert first != second and first.startswith("whsec_")
    assert len(base64.b64decode(first.removeprefix("whsec_"))) == 32


def test_the_body_does_not_depend_on_the_order_in_which_it_was_stored() -> None:
    subject = "0192f0c1-2222-7000-8000-000000000001"
    at = datetime(2026, 11, 22, 10, 0, 0, 123456, tzinfo=UTC)
    made = [
        envelope(event_type="a.b", published_at=at, subject_id=subject, payload=payload)  # type: ignore[arg-type]
        for payload in ({"x": 1, "ä": "Straße"}, {"ä": "Straße", "x": 1})
    ]
    assert made[0] == made[1]
    assert json.loads(made[0]) == {
        "type": "a.b",
        "timestamp": "2026-11-22T10:00:00.123Z",
        "data": {"subject_id": subject, "x": 1, "ä": "Straße"},
    }


@pytest.mark.parametrize(
    "address",
    [
        *("127.0.0.1", "127.8.8.8", "0.0.0.0", "10.1.2.3", "172.16.0.1", "172.31.255.255", "192.168.0.1"),
        *("169.254.169.254", "100.64.0.1", "100.100.100.200", "168.63.129.16", "192.0.0.192", "198.18.0.1"),
        *("192.0.2.1", "224.0.0.1", "240.0.0.1", "255.255.255.255", "::", "::1", "fe80::1", "fc00::1"),
        *("fd00:ec2::254", "fec0::1", "ff02::1", "::ffff:127.0.0.1", "::ffff:169.254.169.254", "::10.0.0.1"),
        *("64:ff9b::a9fe:a9fe", "64:ff9b:1::1", "2002:7f00:1::", "2001::1", "2001:db8::1"),
    ],
)
def test_addresses_that_lead_inside(address: str) -> None:
    assert not is_public(ip_address(address))
    with pytest.raises(UnsafeAddress):
        check_addresses(["1.1.1.1", address], may_call_loopback=False)


@pytest.mark.parametrize("address", ["1.1.1.1", "8.8.8.8", "::ffff:8.8.8.8", "2606:4700:4700::1111"])
def test_public_addresses(address: str) -> None:
    assert is_public(ip_address(address))


def test_loopback_is_the_only_thing_that_the_setting_opens() -> None:
    check_url("http://127.0.0.1:8080/hook", may_call_loopback=True)
    check_addresses(["127.0.0.1", "::1"], may_call_loopback=True)
    for address in ("10.0.0.1", "169.254.169.254"):
        with pytest.raises(UnsafeAddress):
            check_addresses([address], may_call_loopback=True)
        with pytest.raises(UnsafeAddress):
            check_url(f"http://{address}/", may_call_loopback=True)
    with pytest.raises(UnsafeAddress):
        check_url("http://127.0.0.1:8080/hook", may_call_loopback=False)


def test_a_name_without_an_address_is_refused() -> None:
    with pytest.raises(UnsafeAddress):
        check_addresses([], may_call_loopback=True)


def run_to(url: str, *, may_call_loopback: bool) -> calls.Tried:
    run = Run(ip_address("1.1.1.1"), url, (make_secret(),), (Delivery("call", "evt", "{}"),), may_call_loopback)  # type: ignore[arg-type]
    return make_calls(run)["call"]  # type: ignore[index]


def test_a_name_that_leads_inside_by_now_is_not_called(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """It was public when the endpoint was made; the name service tells another address at the call."""
    told = iter([["1.1.1.1"], ["1.1.1.1", "127.0.0.1"], ["127.0.0.1"]])
    asked: list[str] = []

    def name_service(host: str, *_: object, **__: object) -> list[tuple]:
        asked.append(host)
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, 0)) for address in next(told)]

    with running("hook_receiver", tmp_path / "calls") as receiver:
        url = f"https://hooks.example.com:{receiver.port}/ok"
        monkeypatch.setattr(socket, "getaddrinfo", name_service)
        assert resolve_public(url, may_call_loopback=False) == ["1.1.1.1"]
        for _ in range(2):
            assert run_to(url, may_call_loopback=False).error == "The address is not on the public internet."
        assert receiver.told() == []
    assert asked == ["hooks.example.com"] * 3


def test_the_connection_goes_to_the_address_that_was_checked(tmp_path: Path) -> None:
    """The name in the URL is not resolved a second time, between the check and the call: it has no address at all."""
    with running("hook_receiver", tmp_path / "calls") as receiver:
        answer = http.call_stranger(
            "POST",
            f"http://no-such-name.invalid:{receiver.port}/ok",
            addresses=["127.0.0.1"],
            headers={},
            content=b"{}",
            within=5,
            enough=100,
        )
        assert answer.status == 204
        assert receiver.told()[0]["host"] == f"no-such-name.invalid:{receiver.port}"


def test_a_second_address_is_tried_when_the_first_refuses(tmp_path: Path) -> None:
    with running("hook_receiver", tmp_path / "calls") as receiver:
        answer = http.call_stranger(
            "POST",
            f"{receiver.url}/ok",
            addresses=["127.0.0.9", "127.0.0.1"],
            headers={},
            content=b"{}",
            within=5,
            enough=100,
        )
    assert answer.status == 204


def test_three_days_of_tries() -> None:
    assert [wait_after(tries, spread=0) for tries in range(1, 10)] == list(WAITS)
    assert wait_after(10, spread=0.5) is None
    assert timedelta(days=3) < sum(WAITS, timedelta()) < timedelta(days=3.5)
    assert wait_after(1, spread=1) == WAITS[0] * (1 + JITTER)
    assert sum(WAITS, timedelta()) * (1 + JITTER) < DISABLED_AFTER, "calls are used up before their endpoint is"


@pytest.mark.parametrize(("failures", "seconds"), [(0, 0), (4, 0), (5, 30), (6, 60), (9, 480), (10, 600), (5000, 600)])
def test_rests(failures: int, seconds: int) -> None:
    assert (rest_after(failures) or timedelta()) == timedelta(seconds=seconds) <= LONGEST_REST


@pytest.mark.parametrize(
    ("header", "seconds"), [("120", 120), ("999999999999", 3600), ("", 0), ("soon", 0), ("-5", 0), ("²", 0)]
)
def test_wishes(header: str, seconds: int) -> None:
    assert wished(header) == timedelta(seconds=seconds)


def test_production_refuses_to_start_with_the_door_to_itself_open(settings: Any) -> None:
    settings.IS_PRODUCTION, settings.WEBHOOKS_TO_LOOPBACK = True, True
    assert "portal.E020" in [error.id for error in checks.run_checks(tags=[checks.Tags.security])]
    settings.WEBHOOKS_TO_LOOPBACK = False
    assert "portal.E020" not in [error.id for error in checks.run_checks(tags=[checks.Tags.security])]
