"""Twilio and a mail server as processes on loopback, and the settings that point to them."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from django.conf import LazySettings
from django.utils import timezone

from notifications.models import Message
from tests.servers.processes import Running, running

ACCOUNT, TOKEN = "AC" + "0" * 32, "secret"
PUBLIC = "https://track.nordwind.example"


def twilio_options(settings: LazySettings) -> tuple[str, ...]:
    corpus = Path(settings.CORPUS_DIR) / "twilio"
    return ("--corpus", str(corpus)) if corpus.is_dir() else ()


def use_twilio(settings: LazySettings, url: str) -> None:
    settings.DEMO_INBOX = False
    settings.TWILIO_ACCOUNT_SID, settings.TWILIO_AUTH_TOKEN = ACCOUNT, TOKEN
    settings.TWILIO_FROM, settings.TWILIO_BASE_URL = "+4915735980000", url


@pytest.fixture
def twilio(settings: LazySettings, tmp_path: Path) -> Iterator[Running]:
    """Twilio that takes messages and calls nobody back."""
    with running("twilio_server", tmp_path / "twilio", "--silent", *twilio_options(settings)) as server:
        use_twilio(settings, server.url)
        yield server


@pytest.fixture
def calling_twilio(settings: LazySettings, tmp_path: Path, live_server: object) -> Iterator[Running]:
    """Twilio that calls the portal back, which answers on a real port."""
    settings.BASE_URL = live_server.url
    with running("twilio_server", tmp_path / "twilio", *twilio_options(settings)) as server:
        use_twilio(settings, server.url)
        yield server


@pytest.fixture
def mail_server(settings: LazySettings, tmp_path: Path) -> Iterator[Running]:
    with running("smtp_server", tmp_path / "mail") as server:
        settings.DEMO_INBOX = False
        settings.SMTP_URL = f"smtp://127.0.0.1:{server.port}"
        options = {"host": "127.0.0.1", "port": server.port, "timeout": 5}
        settings.MAILERS = {"default": {"BACKEND": "django.core.mail.backends.smtp.EmailBackend", "OPTIONS": options}}
        settings.DEFAULT_FROM_EMAIL = "Portal <parcels@nordwind.example>"
        yield server


@pytest.fixture
def demo(settings: LazySettings) -> None:
    """The demo's own phone and mailbox, under a public address."""
    settings.DEMO_INBOX = True
    settings.TWILIO_ACCOUNT_SID = settings.TWILIO_AUTH_TOKEN = settings.SMTP_URL = ""
    settings.BASE_URL, settings.HAS_HTTPS = PUBLIC, True


@pytest.fixture
def due_again() -> Callable[[], None]:
    """End the leases of waiting messages, as time would."""

    def end_leases() -> None:
        Message.objects.open().filter(due_at__isnull=False).update(due_at=timezone.now())

    return end_leases
