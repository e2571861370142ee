"""Pushes arrive encrypted for one browser and signed by us, at a push service that is a process of its own."""

import base64
import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from urllib.request import urlopen

import pytest
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric import ec

from logistics_portal.environment import (
    P256_ORDER,
    WrongSetting,
    derived_push_key,
    encoded_push_key,
    push_key,
)
from logistics_portal.kernel import http
from notifications.channels import push
from notifications.channels.base import DeadAddress, Outgoing, TryLater, Undeliverable
from tests.servers import push_server
from tests.servers.processes import Running, running

KEY = derived_push_key("a secret of this test")
CONFIG: dict = {
    "PUSH_KEY": KEY,
    "PUSH_SIGNING_KEY": KEY,
    "BASE_URL": "https://track.nordwind.example",
    "DEFAULT_FROM_EMAIL": "Portal <parcels@nordwind.example>",
    "WEBHOOKS_TO_LOOPBACK": True,
}


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    journal = tmp_path_factory.mktemp("push") / "journal"
    with running("push_server", journal, "--key", push.public_key(KEY)) as server:
        yield server


def browser(service: Running, name: str) -> Mapping[str, str]:
    with urlopen(f"{service.url}/subscription/{name}") as answer:
        return json.load(answer)


def outgoing(target: Mapping[str, str], **more: object) -> Outgoing:
    given: dict = {"kind": "shipped", "subject": "On its way", "text": "Order 1 · 包裹", "link": "https://x/t/abc/"}
    return Outgoing(address="id", idempotency_key="key", language="en", target=target, **{**given, **more})


def last(service: Running) -> dict:
    return service.told()[-1]


def test_a_push_is_signed_by_us_and_read_by_its_browser_alone(service: Running) -> None:
    sent = push.Channel().send(outgoing(browser(service, "ann"), about="shipment 7"), CONFIG)
    told = last(service)
    assert told["shown"] == {
        "title": "On its way",
        "body": "Order 1 · 包裹",
        "link": "https://x/t/abc/",
        "tag": told["Topic"],
        "lang": "en",
    }
    assert (told["sub"], told["TTL"], told["Urgency"]) == ("https://track.nordwind.example", str(3 * 86400), "normal")
    assert sent.provider_id.startswith("/message/")


def test_who_signs_with_another_key_is_refused_and_tries_again(service: Running) -> None:
    config = {**CONFIG, "PUSH_SIGNING_KEY": derived_push_key("another")}
    with pytest.raises(TryLater) as refused:
        push.Channel().send(outgoing(browser(service, "ann")), config)
    assert refused.value.code == "403"


def test_a_push_for_one_browser_can_not_be_read_by_another(service: Running) -> None:
    ann = browser(service, "ann")
    body = push.encrypt(b"secret", ann["p256dh"], ann["auth"])
    with pytest.raises(InvalidTag):
        push_server.decrypt(body, push_server.Browser())


def test_the_example_of_the_standard_can_be_decrypted_by_the_server() -> None:
    """RFC 8291, section 5: so the server that checks us reads what the standard wrote, not only what we wrote."""
    private = int.from_bytes(push_server.decode("q1dXpw3UpT5VOmu_cf_v6ih07Aems3njxI-JWgLcM94"))
    browser = push_server.Browser(
        key=ec.derive_private_key(private, ec.SECP256R1()), auth=push_server.decode("BTBZMqHH6r4Tts7J_aSIgg")
    )
    body = push_server.decode(
        "DGv6ra1nlYgDCS1FRnbzlwAAEABBBP4z9KsN6nGRTbVYI_c7VJSPQTBtkgcy27mlmlMoZIIgDll6e3vCYLocInmYWAmS6TlzAC8wEqKK6PBru3jl7A_yl95bQpu6cVPTpK4Mqgkf1CXztLVBSt2Ks3oZwbuwXPXLWyouBWLVWGNWQexSgSxsj_Qulcy4a-fN"
    )
    assert push_server.decrypt(body, browser) == b"When I grow up, I want to be a watermelon"


@pytest.mark.parametrize(
    ("name", "error", "code"),
    [
        ("gone", DeadAddress, "410"),
        ("lost", DeadAddress, "404"),
        ("full", Undeliverable, "413"),
        ("busy", TryLater, "429"),
        ("broken", TryLater, "500"),
    ],
)
def test_refusals_are_sorted(name: str, error: type[Exception], code: str, service: Running) -> None:
    with pytest.raises(error) as refused:
        push.Channel().send(outgoing(browser(service, name)), CONFIG)
    assert refused.value.code == code
    assert service.url not in str(refused.value), "errors are logged, so they name nobody's endpoint"


def test_a_subscription_that_was_ended_is_a_dead_address() -> None:
    with pytest.raises(DeadAddress):
        push.Channel().send(outgoing({}), CONFIG)


@pytest.mark.parametrize("endpoint", ["https://10.0.0.5/push", "http://127.0.0.1:9/push", "https://[::1]/push"])
def test_no_push_goes_into_our_own_network(endpoint: str) -> None:
    target = {"endpoint": endpoint, "p256dh": "", "auth": ""}
    with pytest.raises(Undeliverable) as refused:
        push.Channel().send(outgoing(target), {**CONFIG, "WEBHOOKS_TO_LOOPBACK": False})
    assert refused.value.code == "address"


def test_a_push_that_nobody_can_take_is_tried_again(service: Running) -> None:
    target = {**browser(service, "ann"), "endpoint": "http://127.0.0.1:9/push"}
    with pytest.raises(http.PeerFailed, match="did not answer"):
        push.Channel().send(outgoing(target), CONFIG)


@pytest.mark.parametrize(
    ("kind", "seconds", "urgency"), [("arriving_soon", 4 * 3600, "high"), ("refund_paid", 3 * 86400, "normal")]
)
def test_each_kind_waits_as_long_as_it_is_news(kind: str, seconds: int, urgency: str, service: Running) -> None:
    push.Channel().send(outgoing(browser(service, "ann"), kind=kind), CONFIG)
    assert (last(service)["TTL"], last(service)["Urgency"]) == (str(seconds), urgency)


def test_newer_news_of_a_shipment_takes_the_place_of_the_older(service: Running) -> None:
    ann = browser(service, "ann")
    for kind, about in (("shipped", "7"), ("out_for_delivery", "7"), ("shipped", "8")):
        push.Channel().send(outgoing(ann, kind=kind, about=about), CONFIG)
    first, second, third = (line["Topic"] for line in service.told()[-3:])
    assert first == second != third


def test_the_longest_words_fit_into_a_push(service: Running) -> None:
    push.Channel().send(outgoing(browser(service, "ann"), subject="长" * 300, text="字" * 3000), CONFIG)
    shown = last(service)["shown"]
    assert (len(shown["title"]), len(shown["body"])) == (push.TITLE_MAX, push.LINE_MAX)
    assert last(service)["bytes"] < 4096


def test_the_signature_is_made_once_an_hour() -> None:
    first, same_hour, next_hour = (
        push.headers(outgoing({}), "https://push.example/1", CONFIG, now=now)["Authorization"]
        for now in (3600.0, 7199.0, 7200.0)
    )
    assert first == same_hour != next_hour


@pytest.mark.parametrize("number", [1, P256_ORDER - 1])
def test_keys_of_the_curve_are_taken(number: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PORTAL_PUSH_KEY", encoded_push_key(number))
    assert len(base64.urlsafe_b64decode(push.public_key(push_key("PORTAL_PUSH_KEY")) + "=")) == 65


@pytest.mark.parametrize("given", ["short", encoded_push_key(0), encoded_push_key(P256_ORDER), "=" * 43])
def test_other_keys_stop_the_start(given: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PORTAL_PUSH_KEY", given)
    with pytest.raises(WrongSetting, match="make_push_key"):
        push_key("PORTAL_PUSH_KEY")


def test_without_a_key_the_secret_makes_one(tmp_path: Path) -> None:
    assert derived_push_key("one") == derived_push_key("one") != derived_push_key("other")
    assert 0 < int.from_bytes(push.unbase64(derived_push_key("one"))) < P256_ORDER
