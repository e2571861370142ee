"""Writes of merchants: keys, logos, and answers that are given once."""

import hashlib
import secrets
from collections.abc import Callable
from datetime import timedelta

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from logistics_portal.kernel import tokens
from logistics_portal.kernel.errors import DomainError, Invalid

from .logos import Fault, NotALogo, read_logo
from .models import IDEMPOTENCY_KEY_MAX, ApiKey, Brand, IdempotencyRecord, Logo, Merchant

ANSWERS_KEPT = timedelta(days=7)


class UnableToReuseKey(DomainError):
    """An Idempotency-Key came back with another request."""

    status = 422
    code = "idempotency_key_reused"


def create_api_key(*, merchant: Merchant, label: str) -> tuple[ApiKey, str]:
    """Make a key and return it beside its row: this is the only time it can be read."""
    key = f"lp_{secrets.token_urlsafe(32)}"
    row = ApiKey.objects.create(merchant=merchant, label=label, prefix=key[:9], digest=tokens.digest(key))
    return row, key


def revoke_api_key(*, api_key: ApiKey) -> None:
    ApiKey.objects.filter(pk=api_key.pk, revoked_at__isnull=True).update(revoked_at=timezone.now())


class UnusableLogo(Invalid):
    """A file that can't be a merchant's logo; the message says why and what would do."""


_FAULTS = {
    Fault.HEAVY: _("The file has more than 200 KB. Save the logo smaller."),
    Fault.SVG: _("SVG files can hold programs, so they are not taken. Save the logo as PNG, JPEG or WebP."),
    Fault.UNREADABLE: _("This file can't be read as PNG, JPEG or WebP."),
    Fault.LARGE: _("The picture has more than 4000 pixels on a side. Save the logo smaller."),
    Fault.EMPTY: _("There is nothing to be seen in this picture."),
}


def set_logo(*, merchant: Merchant, upload: bytes) -> None:
    """Show a picture in place of the merchant's name and letter.

    Args:
        upload: a file as it came. What is kept is made anew from its pixels.

    Raises:
        UnusableLogo: it is no picture that we take.
    """
    try:
        picture = read_logo(upload)
    except NotALogo as refusal:
        raise UnusableLogo(str(_FAULTS[refusal.fault])) from refusal
    digest = hashlib.blake2b(picture.png, digest_size=16).hexdigest()
    with transaction.atomic():
        Logo.objects.get_or_create(digest=digest, defaults={"content": picture.png})
        Brand.objects.update_or_create(
            merchant=merchant,
            defaults={
                "logo_id": digest,
                "logo_width": picture.width,
                "logo_height": picture.height,
                "logo_ground": picture.ground,
            },
        )


def remove_logo(*, merchant: Merchant) -> None:
    """Show the merchant's name and letter again."""
    Brand.objects.filter(merchant=merchant).update(logo=None, logo_width=0, logo_height=0, logo_ground="")


def answer_once(
    *, merchant: Merchant, key: str, route: str, body: bytes, act: Callable[[], tuple[int, dict]]
) -> tuple[int, dict]:
    """Do ``act`` once for an Idempotency-Key and give every repetition the same answer.

    The record and the effect commit together; a concurrent repetition waits for them. A refusal is not kept: the same
    key may be used again once the request is mended by other means.

    Raises:
        Invalid: the key is too long.
        UnableToReuseKey: the key came with another route or body before.
    """
    if len(key) > IDEMPOTENCY_KEY_MAX or not key.isprintable():
        raise Invalid(f"Idempotency-Key must be printable and at most {IDEMPOTENCY_KEY_MAX} characters.")
    digest = hashlib.sha256(route.encode() + b"\0" + body).hexdigest()
    with transaction.atomic():
        record, is_first = IdempotencyRecord.objects.get_or_create(
            merchant=merchant, key=key, defaults={"request_digest": digest}
        )
        if record.request_digest != digest:
            raise UnableToReuseKey(
                "This Idempotency-Key was used for another request. Send a new key with a new request."
            )
        if is_first:
            record.status, record.answer = act()
            record.save(update_fields=["status", "answer"])
    assert record.status is not None and record.answer is not None  # written by the first, in the same transaction
    return record.status, record.answer


def forget_old_answers() -> int:
    """Remove answers older than a week; a repetition after so long is a new request."""
    return IdempotencyRecord.objects.filter(created_at__lt=timezone.now() - ANSWERS_KEPT).delete()[0]
