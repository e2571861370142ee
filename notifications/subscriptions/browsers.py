"""Browsers that take pushes: they subscribe on the page of an order, for the number that was proved there."""

from collections.abc import Collection, Mapping
from datetime import datetime, timedelta
from uuid import UUID

from cryptography.hazmat.primitives.asymmetric import ec
from django.conf import settings
from django.contrib.sessions.backends.base import SessionBase
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

import customers.services
import orders.services
from customers.models import Device
from logistics_portal.kernel.errors import DomainError, Invalid
from logistics_portal.kernel.limits import Limit, spend
from orders.models import Order

from ..channels.push import public_key, unbase64
from ..hooks.addresses import UnsafeAddress, check_url
from ..models import ENDPOINT_MAX, Subscription

BROWSERS_MOST = 10  # of a person at a merchant; the one that was heard of longest ago makes room
BY_CALLER = Limit("push subscription", times=30, seconds=3600)
POINT_BYTES, AUTH_BYTES = 65, 16

type Person = tuple[UUID | None, str]  # a merchant, and a number in E.164


class NotProved(DomainError):
    """Only who proved an order's phone may have its news on their screen."""

    status = 403
    code = "phone_not_proved"


def subscribe(*, session: SessionBase, order: Order, told: Mapping[str, str], caller: str) -> Subscription:
    """Have the news of an order's merchant shown by a browser, for the number that it proved; again is the same.

    Args:
        told: what the browser says of itself: ``endpoint``, ``p256dh``, ``auth``.

    Raises:
        NotProved: it did not prove a number of the order.
        Invalid: what it says of itself is nothing that can be sent to.
        TooOften: this caller subscribed too many browsers lately.
    """
    spend(BY_CALLER, caller, message=_("Too many tries. Please wait a while."))
    device = _device_for(session, order)
    endpoint, p256dh, auth = _checked(told)
    with transaction.atomic():
        # Browsers of strangers who hold the same endpoint can't exist: it names one browser. Its keys may be new.
        row, _made = Subscription.objects.update_or_create(
            merchant=order.merchant,
            number=device.number,
            endpoint=endpoint,
            defaults={
                "device": device,
                "p256dh": p256dh,
                "auth": auth,
                "renewed_at": timezone.now(),
            },
        )
        others = Subscription.objects.filter(merchant=order.merchant, number=device.number).order_by("-renewed_at")
        Subscription.objects.filter(pk__in=list(others.values_list("pk", flat=True)[BROWSERS_MOST:])).delete()
    return row


def unsubscribe(*, session: SessionBase, order: Order, endpoint: str) -> None:
    """End what `subscribe` began for a browser, for every number of the order that it proved."""
    numbers = [number for number in orders.services.numbers_of(order) if _proves(session, number)]
    Subscription.objects.filter(merchant=order.merchant, number__in=numbers, endpoint=endpoint).delete()


def forget_browser(*, endpoint: str) -> None:
    """Its push service knows it no more: for nobody."""
    Subscription.objects.filter(endpoint=endpoint).delete()


def key_for_browsers() -> str:
    """What browsers subscribe with: the portal's public key, in base64url."""
    return public_key(settings.PUSH_SIGNING_KEY)


def forget_ended() -> int:
    """Remove subscriptions whose device may not act for its number any more; how many they were."""
    lasting = Subscription.objects.told(proved_since=_proved_since())
    ended = Subscription.objects.exclude(pk__in=lasting.values("pk"))
    return ended.filter(renewed_at__lt=timezone.now() - timedelta(days=1)).delete()[0]


def browsers_of(people: Collection[Person]) -> dict[Person, list[Subscription]]:
    """The browsers of people that may be told now."""
    numbers = {number for _merchant, number in people}
    rows = Subscription.objects.told(proved_since=_proved_since()).filter(number__in=numbers).order_by("pk")
    found: dict[Person, list[Subscription]] = {}
    for row in rows:
        person = (row.merchant_id, str(row.number))
        if person in people:
            found.setdefault(person, []).append(row)
    return found


def browsers_held_by(number: str) -> list[Subscription]:
    """The browsers that show news about a number now, of any merchant; each with its device."""
    told = Subscription.objects.told(proved_since=_proved_since()).filter(number=number)
    return list(told.select_related("device").order_by("pk"))


def _proved_since() -> datetime:
    return timezone.now() - customers.services.PROOF_LASTS


def _proves(session: SessionBase, number: str) -> bool:
    return customers.services.session_proves(session, number)


def _device_for(session: SessionBase, order: Order) -> Device:
    """The device of this session that proved a number of the order."""
    numbers = [number for number in orders.services.numbers_of(order) if _proves(session, number)]
    held = session.get(customers.services.SESSION_KEY, {})
    if not numbers:
        raise NotProved(_("Verify your phone first."))
    return Device.objects.get(pk=held[numbers[0]])


def _checked(told: Mapping[str, str]) -> tuple[str, str, str]:
    """What a browser says of itself, judged: an address that may be called, a point on the curve, a secret."""
    endpoint, p256dh, auth = (told.get(name, "") for name in ("endpoint", "p256dh", "auth"))
    wrong = Invalid(_("This browser can't be told anything."), fields={})
    try:
        check_url(endpoint, may_call_loopback=settings.WEBHOOKS_TO_LOOPBACK, longest=ENDPOINT_MAX)
        point, secret = unbase64(p256dh), unbase64(auth)
        ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), point)
    except (UnsafeAddress, ValueError) as error:
        raise wrong from error
    if len(point) != POINT_BYTES or len(secret) != AUTH_BYTES:
        raise wrong
    return endpoint, p256dh, auth
