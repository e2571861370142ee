"""What mail providers tell of mails: only the provider is believed; the dead are left alone, the annoyed too."""

import base64
import hashlib
import hmac
import json
from collections.abc import Callable
from typing import Any
from uuid import uuid4

import pytest
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from django.conf import LazySettings
from django.test import Client

from notifications.channels import _providers
from notifications.models import ClosedAddress, Message, Receipt
from orders.models import Order
from tests.notifications.conftest import PUBLIC

pytestmark = pytest.mark.filterwarnings("ignore:django-anymail has dropped official support for SendGrid")

ADDRESS = "Ann@Example.com"
PASSWORD = "events:a-long-password"
SIGNING_KEY = "mailgun-signing-key"
PRIVATE = ec.generate_private_key(ec.SECP256R1())
DER = PRIVATE.public_key().public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
SECRETS = {
    "postmark": PASSWORD,
    "amazon_ses": PASSWORD,
    "mailgun": SIGNING_KEY,
    "sendgrid": base64.b64encode(DER).decode(),
}


@pytest.fixture
def mail(order: Order) -> Message:
    """A mail that a provider took and called by a name of its own."""
    return Message.objects.create(
        merchant=order.merchant,
        order=order,
        kind="order_confirmed",
        subject_id=order.pk,
        fact="fact",
        channel="email",
        address=ADDRESS,
        status="sent",
        provider_id="provider-name",
    )


@pytest.fixture
def use(settings: LazySettings) -> Callable[[str], None]:
    def provider(name: str) -> None:
        settings.BASE_URL, settings.MAIL_PROVIDER, settings.MAIL_WEBHOOK_SECRET = PUBLIC, name, SECRETS[name]

    return provider


def basic(password: str) -> dict[str, str]:
    return {"Authorization": f"Basic {base64.b64encode(password.encode()).decode()}"}


def post(provider: str, content: Any, headers: dict[str, str]) -> int:
    body = content if isinstance(content, bytes) else json.dumps(content).encode()
    client = Client(raise_request_exception=False)
    path = f"/webhooks/mail/{provider}"
    return client.post(path, body, content_type="application/json", headers=headers).status_code


def postmark(kind: str, mail: Message, **more: object) -> int:
    told = {"RecordType": kind, "MessageID": "provider-name", "Metadata": {"message": str(mail.pk)}, **more}
    return post("postmark", {"Email": mail.address, "Recipient": mail.address, **told}, basic(PASSWORD))


def sendgrid(event: str, mail: Message, *, key: ec.EllipticCurvePrivateKey = PRIVATE, **more: object) -> int:
    told = [{"event": event, "email": mail.address, "timestamp": 1_763_000_000, "message": str(mail.pk), **more}]
    body = json.dumps(told).encode()
    signature = key.sign(b"1763000000" + body, ec.ECDSA(hashes.SHA256()))
    name = "X-Twilio-Email-Event-Webhook"
    headers = {f"{name}-Signature": base64.b64encode(signature).decode(), f"{name}-Timestamp": "1763000000"}
    return post("sendgrid", body, headers)


def mailgun(event: str, mail: Message, *, key: str = SIGNING_KEY, **more: object) -> int:
    token = uuid4().hex
    signature = hmac.new(key.encode(), f"1763000000{token}".encode(), hashlib.sha256).hexdigest()
    told = {
        "event": event,
        "timestamp": 1_763_000_000.5,
        "recipient": mail.address,
        "message": {"headers": {"message-id": "other@mailgun"}},
        "user-variables": {"message": str(mail.pk)},
        **more,
    }
    signed = {"timestamp": "1763000000", "token": token, "signature": signature}
    return post("mailgun", {"signature": signed, "event-data": told}, {})


def amazon(kind: str, mail: Message, *, password: str = PASSWORD, **more: object) -> int:
    header = {"name": "X-Metadata", "value": json.dumps({"message": str(mail.pk)})}
    told = {"eventType": kind, "mail": {"messageId": "ses-name", "destination": [mail.address], "headers": [header]}}
    return sns("Notification", password=password, Message=json.dumps(told | more))


def sns(kind: str, *, password: str = PASSWORD, **more: object) -> int:
    content = {"Type": kind, "MessageId": "id-1", "Timestamp": "2026-11-22T04:00:00.000Z", "TopicArn": "arn", **more}
    headers = {"X-Amz-Sns-Message-Type": kind, "X-Amz-Sns-Message-Id": "id-1", **basic(password)}
    return post("amazon_ses", content, headers)


def bounced(kind: str) -> dict[str, object]:
    to = {"emailAddress": ADDRESS, "diagnosticCode": f"smtp; 550 5.1.1 <{ADDRESS}> unknown"}
    return {"bounce": {"bounceType": kind, "bounceSubType": "General", "bouncedRecipients": [to]}}


HARD: dict[str, Callable[[Message], int]] = {
    "postmark": lambda mail: postmark("Bounce", mail, Type="HardBounce", Details=f"smtp;550 5.1.1 <{ADDRESS}> no"),
    "sendgrid": lambda mail: sendgrid("bounce", mail, type="bounce", reason=f"550 5.1.1 <{ADDRESS}> no such user"),
    "mailgun": lambda mail: mailgun(
        "failed", mail, severity="permanent", reason="bounce", **{"delivery-status": {"message": "5.1.1 no mailbox"}}
    ),
    "amazon_ses": lambda mail: amazon("Bounce", mail, **bounced("Permanent")),
}
SOFT: dict[str, Callable[[Message], int]] = {
    "postmark": lambda mail: postmark("Bounce", mail, Type="SoftBounce", Details="smtp;452 4.2.2 mailbox full"),
    "sendgrid": lambda mail: sendgrid("bounce", mail, type="blocked", reason="554 5.7.1 blocked"),
    "mailgun": lambda mail: mailgun("failed", mail, severity="permanent", reason="generic"),
    "amazon_ses": lambda mail: amazon("Bounce", mail, **bounced("Transient")),
}
COMPLAINTS: dict[str, Callable[[Message], int]] = {
    "postmark": lambda mail: postmark("SpamComplaint", mail, Type="SpamComplaint"),
    "sendgrid": lambda mail: sendgrid("spamreport", mail),
    "mailgun": lambda mail: mailgun("complained", mail),
    "amazon_ses": lambda mail: amazon(
        "Complaint", mail, complaint={"complainedRecipients": [{"emailAddress": ADDRESS}]}
    ),
}
DELIVERIES: dict[str, Callable[[Message], int]] = {
    "postmark": lambda mail: postmark("Delivery", mail, DeliveredAt="2026-11-22T04:00:00Z"),
    "sendgrid": lambda mail: sendgrid("delivered", mail, response="250 OK"),
    "mailgun": lambda mail: mailgun("delivered", mail),
    "amazon_ses": lambda mail: amazon("Delivery", mail, delivery={"recipients": [ADDRESS]}),
}
PROVIDERS = sorted(HARD)


def closed() -> list[tuple[str, str]]:
    return list(ClosedAddress.objects.standing().values_list("address", "reason"))


@pytest.mark.parametrize("provider", PROVIDERS)
def test_a_mail_that_came_back_closes_the_address(provider: str, mail: Message, use: Callable[[str], None]) -> None:
    use(provider)
    assert HARD[provider](mail) == 204
    mail.refresh_from_db()
    assert (mail.status, mail.error_code) == ("failed", "5.1.1")
    assert "the mail came back" in mail.last_error
    assert closed() == [(ADDRESS.lower(), "dead")]
    kept = Receipt.objects.get()
    assert kept.status == "bounced"
    assert "ann" not in json.dumps(kept.content).lower() + mail.last_error.lower(), "no address is kept twice"


@pytest.mark.parametrize("provider", PROVIDERS)
def test_a_mail_that_could_not_go_now_closes_nothing(provider: str, mail: Message, use: Callable[[str], None]) -> None:
    use(provider)
    assert SOFT[provider](mail) == 204
    mail.refresh_from_db()
    assert mail.status == "failed"
    assert closed() == []


@pytest.mark.parametrize("provider", PROVIDERS)
def test_who_complains_gets_no_more_mails(provider: str, mail: Message, use: Callable[[str], None]) -> None:
    use(provider)
    assert COMPLAINTS[provider](mail) == 204
    mail.refresh_from_db()
    assert mail.status == "delivered"
    assert closed() == [(ADDRESS.lower(), "stopped")]


@pytest.mark.parametrize("provider", PROVIDERS)
def test_a_delivery_is_noted_and_nothing_moves_it_back(
    provider: str, mail: Message, use: Callable[[str], None]
) -> None:
    use(provider)
    assert [DELIVERIES[provider](mail), DELIVERIES[provider](mail), HARD[provider](mail)] == [204] * 3
    mail.refresh_from_db()
    assert mail.status == "delivered"
    assert Receipt.objects.count() == 3
    assert closed() == [(ADDRESS.lower(), "dead")], "a late bounce is true all the same"


def test_a_mail_is_found_by_the_providers_name_of_it(mail: Message, use: Callable[[str], None]) -> None:
    use("postmark")
    assert postmark("Delivery", mail, Metadata={}) == 204
    mail.refresh_from_db()
    assert mail.status == "delivered"


def test_events_of_mails_that_are_not_ours_are_no_error(mail: Message, use: Callable[[str], None]) -> None:
    use("postmark")
    assert postmark("Bounce", mail, Type="HardBounce", Metadata={}, MessageID="another") == 204
    assert not Receipt.objects.exists()
    assert closed() == []


def test_an_unsubscription_at_the_provider_counts(mail: Message, use: Callable[[str], None]) -> None:
    use("mailgun")
    assert mailgun("unsubscribed", mail) == 204
    assert closed() == [(ADDRESS.lower(), "stopped")]
    mail.refresh_from_db()
    assert mail.status == "sent"


@pytest.mark.parametrize("provider", PROVIDERS)
def test_whoever_is_not_the_provider_is_refused(
    provider: str, mail: Message, use: Callable[[str], None], settings: LazySettings
) -> None:
    use(provider)
    settings.MAIL_WEBHOOK_SECRET = ""
    assert HARD[provider](mail) == 401, "without a secret nobody is believed"
    use(provider)
    settings.MAIL_PROVIDER = next(other for other in PROVIDERS if other != provider)
    assert HARD[provider](mail) == 401, "mails go through another"
    assert closed() == []


def test_wrong_signatures_and_passwords_are_refused(mail: Message, use: Callable[[str], None]) -> None:
    use("sendgrid")
    assert sendgrid("bounce", mail, key=ec.generate_private_key(ec.SECP256R1())) == 401
    assert post("sendgrid", [], {}) == 401
    use("mailgun")
    assert mailgun("complained", mail, key="wrong") == 401
    assert post("mailgun", {}, {}) == 401
    use("postmark")
    assert post("postmark", {"RecordType": "Delivery"}, basic("events:wrong")) == 401
    assert post("postmark", {"RecordType": "Delivery"}, {}) == 401
    use("amazon_ses")
    assert amazon("Delivery", mail, password="events:wrong") == 401
    assert not Receipt.objects.exists()


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b"null", b'{"RecordType": {}}', b"\xff\xfe", b'"x"'])
def test_garbage_with_the_right_password_is_refused(body: bytes, use: Callable[[str], None], db: None) -> None:
    use("postmark")
    assert post("postmark", body, basic(PASSWORD)) in (204, 422)
    use("amazon_ses")
    assert post("amazon_ses", body, basic(PASSWORD)) in (401, 422)


def test_a_provider_that_nobody_knows_is_refused(db: None) -> None:
    assert post("acme", {}, {}) == 401
    assert Client().get("/webhooks/mail/postmark").status_code == 405
    assert Client().head("/webhooks/mail/postmark").status_code == 200
    assert post("postmark", b"x" * (1024 * 1024 + 1), basic(PASSWORD)) == 413


@pytest.mark.parametrize(
    "url",
    [
        "http://sns.eu-west-1.amazonaws.com/?x",
        "https://sns.eu-west-1.amazonaws.com.evil.example/",
        "https://127.0.0.1/",
    ],
)
def test_a_topic_is_confirmed_at_amazons_address_only(url: str, use: Callable[[str], None], db: None) -> None:
    use("amazon_ses")
    assert sns("SubscriptionConfirmation", SubscribeURL=url) == 422


def test_every_provider_of_the_settings_is_read() -> None:
    assert set(_providers.PROVIDERS) == set(PROVIDERS)
