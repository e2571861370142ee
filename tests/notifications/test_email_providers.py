"""Mails by providers' own interfaces, over the portal's one door, against a server on loopback."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from django.conf import LazySettings

from logistics_portal import environment
from logistics_portal.kernel import work
from merchants.models import Merchant
from notifications.models import ClosedAddress, Message
from tests import build
from tests.servers.mail_provider_server import KEY
from tests.servers.processes import Running, running

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.filterwarnings("ignore:django-anymail has dropped official support for SendGrid"),
]
PROVIDERS = ("postmark", "sendgrid", "mailgun")


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Running]:
    with running("mail_provider_server", tmp_path / "mails") as started:
        yield started


@pytest.fixture(params=PROVIDERS)
def provider(request: pytest.FixtureRequest, settings: LazySettings, server: Running) -> str:
    use(request.param, settings, server)
    return request.param


def use(provider: str, settings: LazySettings, server: Running, *, key: str = KEY) -> None:
    settings.DEMO_INBOX = False
    settings.SMTP_URL = settings.TWILIO_AUTH_TOKEN = ""
    settings.MAIL_PROVIDER, settings.MAIL_KEY = provider, key
    settings.MAILERS = {"default": environment.provider_mailer(provider, key, f"{server.url}/{provider}/")}
    settings.DEFAULT_FROM_EMAIL = "Portal <parcels@nordwind.example>"


def sent(merchant: Merchant, to: str = "ann@example.com") -> Message:
    build.order(merchant=merchant, email=to)
    Message.objects.exclude(channel="email").delete()
    work.answer("kernel.event")
    Message.objects.exclude(channel="email").delete()
    work.drain()
    return Message.objects.get()


def test_a_mail_is_handed_over_whole(provider: str, acme: Merchant, server: Running) -> None:
    message = sent(acme)
    assert message.status == "sent", message.last_error
    (mail,) = server.told()
    assert message.provider_id
    told = str(mail)
    for part in ("ann@example.com", "Acme", "help@acme.example", "One-Click", "/mail/stop/"):
        assert part in told
    assert str(message.pk) in told, "our key comes back with the provider's events"


def test_postmark_is_told_our_key_and_to_watch_nobody(acme: Merchant, settings: LazySettings, server: Running) -> None:
    use("postmark", settings, server)
    message = sent(acme)
    (mail,) = server.told()
    assert mail["Metadata"] == {"message": str(message.pk)}
    assert (mail["TrackOpens"], mail["TrackLinks"]) == (False, "None")
    assert mail["From"] == "Acme <parcels@nordwind.example>"
    headers = {header["Name"]: header["Value"] for header in mail["Headers"]}
    assert headers["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"


@pytest.mark.parametrize(("who", "status"), [("bad", "failed"), ("busy", "queued"), ("broken", "queued")])
def test_a_refusal_is_for_good_or_for_now(provider: str, who: str, status: str, acme: Merchant) -> None:
    message = sent(acme, f"{who}@example.com")
    assert message.status == status
    assert who not in message.last_error, "errors are logged, so they name no address"


def test_an_address_that_the_provider_gave_up_is_closed(
    acme: Merchant, settings: LazySettings, server: Running
) -> None:
    use("postmark", settings, server)
    message = sent(acme, "inactive@example.com")
    assert (message.status, message.error_code) == ("failed", "refused")
    assert ClosedAddress.objects.get(reason="dead").address == "inactive@example.com"


def test_a_wrong_key_waits_for_a_person(provider: str, acme: Merchant, settings: LazySettings, server: Running) -> None:
    use(provider, settings, server, key="wrong")
    message = sent(acme)
    assert message.status == "queued"
    assert "our account" in message.last_error


def test_a_provider_that_is_away_is_asked_again(provider: str, acme: Merchant, server: Running) -> None:
    server.process.terminate()
    server.process.wait(timeout=10)
    message = sent(acme)
    assert message.status == "queued"
    assert message.last_error


@pytest.mark.parametrize("provider", ["", "amazon_ses"])
def test_a_key_needs_its_provider(provider: str) -> None:
    with pytest.raises(environment.WrongSetting, match="PORTAL_MAIL_PROVIDER"):
        environment.provider_mailer(provider, "key", "")
