"""Who visits the pages, as plain functions."""

import html
import re

from django.conf import settings
from django.contrib.auth.models import User
from django.http import HttpResponse
from django.test import Client

import customers.services
from customers.models import PhoneVerification
from tests import build


def holder(phone: str = build.ANNS_PHONE) -> Client:
    """A browser that proved to hold ``phone``."""
    client = Client()
    session = client.session
    customers.services.remember_proof(session, phone)
    session.save()
    client.cookies[settings.SESSION_COOKIE_NAME] = session.session_key
    return client


def worker(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def last_code() -> str:
    """The code that was sent last, as the phone shows it."""
    return customers.services.verification_code(PhoneVerification.objects.latest("sent_at"))


def text_of(response: HttpResponse) -> str:
    """What a page says, without its tags and superfluous space."""
    markup = re.sub(r"<(script|style).*?</\1>", " ", response.content.decode(), flags=re.DOTALL)
    return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", markup)).split())
