"""The words that merchants write themselves, and what they are tried with."""

from collections.abc import Iterable, Mapping
from typing import Any
from uuid import UUID

from django.conf import settings
from django.contrib.auth.models import User
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

import customers.services
from logistics_portal.kernel.errors import Invalid
from logistics_portal.kernel.limits import Limit, spend
from logistics_portal.kernel.work import ring
from merchants.models import Merchant

from .. import kinds, own_words
from ..models import Message, Wording
from ..own_words import Own

TESTS = Limit("words-tests", 20, 3600)
TEST = "words_test"


def set_wording(*, merchant: Merchant, kind: str, channel: str, language: str, own: Own, by: User | None) -> Wording:
    """Tell this kind of message in a merchant's own words from now on.

    Raises:
        Invalid: the words can't be used; ``fields`` say why.
    """
    _check_place(kind, channel, language)
    if problems := own_words.problems(kind, channel, own):
        raise Invalid(next(iter(problems.values()))[0], fields=problems)
    written: dict[str, Any] = {
        "subject": own.subject.strip(),
        "text": own.text.strip(),
        "edited_at": timezone.now(),
        "edited_by": by,
    }
    place: dict[str, Any] = {"merchant": merchant, "kind": kind, "channel": channel, "language": language}
    return Wording.objects.update_or_create(**place, defaults=written)[0]


def _check_place(kind: str, channel: str, language: str) -> None:
    known = kind in kinds.KINDS and kind not in own_words.FIXED and language in dict(settings.LANGUAGES)
    if not known or not own_words.shipped_words(kind, channel, language).text:
        raise Invalid(_("There is no such message."))


def remove_wording(*, wording: Wording) -> None:
    """Go back to the shipped words."""
    wording.delete()


def send_test(*, wording: Wording, address: str, by: User) -> Message:
    """Send a merchant's saved words, filled with a sample, to somebody who wants to see them arrive.

    Raises:
        Invalid: the address is none of this channel's.
        TooOften: too many tests in an hour.
    """
    address = _read_address(wording, address)
    spend(TESTS, str(by.pk), message=_("That were many tests. Try again in an hour."))
    now = timezone.now()
    with transaction.atomic():
        message = Message.objects.create(
            merchant_id=wording.merchant_id,
            kind=TEST,
            subject_id=wording.pk,
            fact=f"{TEST}:{wording.pk}:{now.isoformat()}",
            channel=wording.channel,
            address=address,
            language=wording.language,
            queued_at=now,
            due_at=now,
            is_urgent=True,  # somebody waits to see it arrive
        )
        ring(Message)
    return message


def _read_address(wording: Wording, address: str) -> str:
    if wording.channel == "sms":
        return customers.services.parse_phone(address, region=wording.merchant.country).as_e164
    try:
        validate_email(address)
    except ValidationError as error:
        raise Invalid(_("This is no email address."), fields={"address": [_("This is no email address.")]}) from error
    return address


def own_words_for(messages: Iterable[Message]) -> Mapping[UUID, Own]:
    """By message the words that its merchant wrote for it, where it did; one statement."""
    messages = [message for message in messages if message.merchant_id and message.channel in own_words.CHANNELS]
    rows = Wording.objects.filter(merchant__in={message.merchant_id for message in messages})
    own: dict[tuple[UUID | None, str, str, str], Own] = {
        (row.merchant_id, row.kind, row.channel, row.language): Own(row.text, row.subject)
        for row in (rows if messages else ())
    }
    tried = {row.pk: Own(row.text, row.subject, row.kind) for row in _tried(messages)}
    found: dict[UUID, Own] = {}
    for message in messages:
        place = (message.merchant_id, message.kind, message.channel, message.language)
        if words := tried.get(message.subject_id) or own.get(place):
            found[message.pk] = words
    return found


def _tried(messages: Iterable[Message]) -> Iterable[Wording]:
    keys = [message.subject_id for message in messages if message.kind == TEST]
    return Wording.objects.filter(pk__in=keys) if keys else ()
