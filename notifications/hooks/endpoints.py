"""What merchants and staff do with endpoints and calls."""

import base64
import secrets
from collections.abc import Sequence
from datetime import datetime, timedelta
from itertools import batched
from uuid import UUID

from django.db import IntegrityError, transaction
from django.db.models import Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from logistics_portal.kernel.bulk import insert_rows
from logistics_portal.kernel.errors import DomainError, Invalid
from logistics_portal.kernel.events import make_event, publish_all
from logistics_portal.kernel.models import Event
from logistics_portal.kernel.state import transition
from logistics_portal.kernel.work import ring
from merchants.models import Merchant

from ..events import WEBHOOK_TESTED
from ..models import WEBHOOK_TRANSITIONS, WebhookAttempt, WebhookCall, WebhookEndpoint
from .signing import SECRET_PREFIX

ENDPOINTS_MOST = 20  # of a merchant: each event is sent to all of them
ROTATION = timedelta(hours=24)  # in which calls are signed with the old secret, too
CALLS_KEPT = timedelta(days=31)
REPLAY_MOST = 50_000  # events
_DELETE_TRIES = 3

_CLOSED = (WebhookCall.Outcome.DELIVERED, WebhookCall.Outcome.FAILED)
_ANEW = {"done_at": None, "attempts": 0, "tries": 0, "outcome": WebhookCall.Outcome.PENDING, "last_error": ""}


class UnableToAddEndpoint(DomainError):
    """A merchant has as many endpoints as it may."""

    code = "too_many_endpoints"


class UnableToCall(DomainError):
    """The endpoint is disabled: it must be resumed before anything is sent to it."""

    code = "endpoint_disabled"


@transaction.atomic
def create_endpoint(
    *, merchant: Merchant, url: str, description: str = "", event_types: Sequence[str] = ()
) -> WebhookEndpoint:
    """Tell a merchant of events from now on at ``url``, which the door has judged.

    Args:
        event_types: names of events; none for all, those to come included.

    Raises:
        UnableToAddEndpoint: there are `ENDPOINTS_MOST` already.
    """
    Merchant.objects.select_for_update(no_key=True).get(pk=merchant.pk)  # two at once must not both be the last
    if merchant.webhook_endpoints.count() >= ENDPOINTS_MOST:
        raise UnableToAddEndpoint(f"There are {ENDPOINTS_MOST} endpoints already. Delete one that is not used.")
    return WebhookEndpoint.objects.create(
        merchant=merchant,
        url=url,
        description=description,
        event_types=sorted(set(event_types)),
        secret=make_secret(),
    )


def make_secret() -> str:
    """A secret of 32 random bytes in the form that Standard Webhooks gives it."""
    return SECRET_PREFIX + base64.b64encode(secrets.token_bytes(32)).decode()


@transaction.atomic
def change_endpoint(
    *,
    endpoint: WebhookEndpoint,
    url: str | None = None,
    description: str | None = None,
    event_types: Sequence[str] | None = None,
) -> WebhookEndpoint:
    """Change what is given. At a new address it starts afresh: failures of the old one don't count."""
    endpoint = _locked(endpoint)
    if url is not None and url != endpoint.url:
        endpoint.url = url
        endpoint.consecutive_failures, endpoint.failing_since, endpoint.rests_until = 0, None, None
    if description is not None:
        endpoint.description = description
    if event_types is not None:
        endpoint.event_types = sorted(set(event_types))
    endpoint.save(
        update_fields=["url", "description", "event_types", "consecutive_failures", "failing_since", "rests_until"]
    )
    return endpoint


@transaction.atomic
def pause_endpoint(*, endpoint: WebhookEndpoint) -> WebhookEndpoint:
    """Hold back what is to be sent until it is resumed; nothing is lost meanwhile."""
    endpoint = _locked(endpoint)
    transition(endpoint, WebhookEndpoint.Status.PAUSED, allowed=WEBHOOK_TRANSITIONS)
    return endpoint


@transaction.atomic
def resume_endpoint(*, endpoint: WebhookEndpoint) -> WebhookEndpoint:
    """Send again, what was held back first. What was missed while it was disabled is sent by `replay_calls`."""
    endpoint = _locked(endpoint)
    transition(
        endpoint,
        WebhookEndpoint.Status.ACTIVE,
        allowed=WEBHOOK_TRANSITIONS,
        disabled_reason="",
        disabled_at=None,
        consecutive_failures=0,
        failing_since=None,
        rests_until=None,
    )
    _send_anew(endpoint.calls.filter(outcome=WebhookCall.Outcome.HELD))
    return endpoint


@transaction.atomic
def rotate_secret(*, endpoint: WebhookEndpoint, now: datetime | None = None) -> WebhookEndpoint:
    """Make a new secret; for a day calls are signed with the old one, too. A third is not kept."""
    now = now or timezone.now()
    endpoint = _locked(endpoint)
    endpoint.previous_secret, endpoint.previous_secret_until = endpoint.secret, now + ROTATION
    endpoint.secret, endpoint.secret_made_at = make_secret(), now
    endpoint.save(update_fields=["secret", "secret_made_at", "previous_secret", "previous_secret_until"])
    return endpoint


def delete_endpoint(*, endpoint: WebhookEndpoint) -> None:
    """Remove an endpoint with its calls; those that are under way come to their end unrecorded."""
    for attempt in range(1, _DELETE_TRIES + 1):
        try:
            with transaction.atomic():
                list(endpoint.calls.select_for_update().order_by("pk").values_list("pk"))  # as workers lock them
                WebhookEndpoint.objects.filter(pk=endpoint.pk).delete()
            return
        except IntegrityError:  # an event came meanwhile
            if attempt == _DELETE_TRIES:
                raise


@transaction.atomic
def send_test(*, endpoint: WebhookEndpoint) -> WebhookCall:
    """Send an event that tells of nothing but itself, to this endpoint alone, whatever it has subscribed to.

    Raises:
        UnableToCall: it is paused or disabled.
    """
    endpoint = _locked(endpoint)
    if endpoint.status != WebhookEndpoint.Status.ACTIVE:
        raise UnableToCall(_("This endpoint is paused or disabled. Resume it first."))
    event = make_event(WEBHOOK_TESTED, merchant_id=endpoint.merchant_id, subject_id=endpoint.pk)
    publish_all([event])
    call = new_call(endpoint, event.id, now=timezone.now())
    call.save(force_insert=True)
    ring(WebhookCall)
    return call


def new_call(endpoint: WebhookEndpoint, event_id: UUID, *, now: datetime) -> WebhookCall:
    """A call that is not yet written; it waits while its endpoint rests."""
    return WebhookCall(
        endpoint=endpoint, event_id=event_id, created_at=now, due_at=max(now, endpoint.rests_until or now)
    )


@transaction.atomic
def replay_call(*, call: WebhookCall) -> WebhookCall:
    """Send an event again, under its old id and with all its tries; one that waits for its next try is due now.

    Raises:
        UnableToCall: the endpoint is disabled.
    """
    _require_open(call.endpoint)
    _send_anew(WebhookCall.objects.filter(pk=call.pk))
    call.refresh_from_db()
    return call


@transaction.atomic
def replay_calls(*, endpoint: WebhookEndpoint, since: datetime, with_delivered: bool = False) -> int:
    """Send what was published since a moment and not delivered, or all of it; return the number of calls.

    Raises:
        UnableToCall: the endpoint is disabled.
        Invalid: that is longer ago than calls are kept, or too many events.
    """
    endpoint = _locked(endpoint)
    _require_open(endpoint)
    if since < timezone.now() - CALLS_KEPT:
        raise Invalid(f"Events can be sent again for {CALLS_KEPT.days} days.", fields={"since": ["Too long ago."]})
    events = Event.objects.filter(merchant_id=endpoint.merchant_id, published_at__gte=since)
    events = events.exclude(name=WEBHOOK_TESTED.name)
    if endpoint.event_types:
        events = events.filter(name__in=endpoint.event_types)
    missed = list(events.exclude(pk__in=endpoint.calls.values("event")).values_list("pk", flat=True)[: REPLAY_MOST + 1])
    if len(missed) > REPLAY_MOST:
        raise Invalid("These are too many events.", fields={"since": [f"More than {REPLAY_MOST} events. Begin later."]})
    now = timezone.now()
    written = 0
    for keys in batched(sorted(missed), 1000):
        calls = [new_call(endpoint, key, now=now) for key in keys]
        written += insert_rows(WebhookCall, calls, ignore_conflicts=True)
    again = endpoint.calls.filter(event__published_at__gte=since, created_at__lt=now)
    outcomes = _CLOSED if with_delivered else (WebhookCall.Outcome.FAILED,)
    ring(WebhookCall)
    return written + _send_anew(again.filter(outcome__in=outcomes))


def _send_anew(calls: QuerySet[WebhookCall]) -> int:
    """Make calls due now, but those that a worker has in hand."""
    free = calls.filter(Q(attempts=0) | Q(done_at__isnull=False) | Q(due_at__isnull=True))
    count = free.update(**_ANEW, due_at=timezone.now())
    ring(WebhookCall)
    return count


def _require_open(endpoint: WebhookEndpoint) -> None:
    if endpoint.status == WebhookEndpoint.Status.DISABLED:
        raise UnableToCall(_("This endpoint is paused or disabled. Resume it first."))


def _locked(endpoint: WebhookEndpoint) -> WebhookEndpoint:
    """As it is now, and nobody else's until the end of the transaction.

    Workers lock calls that they have in hand, then their endpoint; who has this lock must touch none of those.
    """
    return WebhookEndpoint.objects.select_for_update(no_key=True).get(pk=endpoint.pk)


def forget_old_calls() -> int:
    """Remove calls and their attempts a month after they were made; what is still open stays."""
    old = WebhookCall.objects.filter(created_at__lt=timezone.now() - CALLS_KEPT, done_at__isnull=False)
    WebhookAttempt.objects.filter(call__in=old).delete()
    return old.delete()[0]
