"""Calls that are due: gathered by endpoint, made over the network, and recorded.

The three parts of `kernel.calls`. The due calls of one endpoint become a few runs, each of which makes its calls one
after the other in one thread and stops at the first failure: so an endpoint that hangs holds a few threads for the
length of a time-out, never all of them. After failures in a row the endpoint rests, and its calls are moved out of the
way by one statement; then a single call shows whether it is well again. A rest uses up no call's tries.
"""

import hashlib
import time
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import batched
from math import ceil
from typing import Any
from uuid import UUID
from weakref import WeakSet

from django.conf import settings
from django.db import connection
from django.utils import timezone

from logistics_portal.kernel import http
from logistics_portal.kernel.bulk import insert_rows, update_rows
from logistics_portal.kernel.calls import Errand, Gathered, Result
from logistics_portal.kernel.events import publish
from logistics_portal.kernel.models import Event
from logistics_portal.kernel.state import transition
from logistics_portal.kernel.work import ring

from ..events import WEBHOOK_DISABLED
from ..models import WEBHOOK_TRANSITIONS, WebhookAttempt, WebhookCall, WebhookEndpoint
from .addresses import UnsafeAddress
from .envelope import envelope
from .pace import DISABLED_AFTER, rest_after, wait_after, wished
from .resolving import resolve_public
from .signing import signed_headers

AT_ONCE = 64  # threads of a worker
RUNS_AT_ONCE = 4  # of one endpoint that is well, in one worker; one that failed last has one
RUN_MOST = 50  # calls
RUN_SECONDS = 5.0  # after which a run begins no other call
CALL_SECONDS = 10.0  # for a call, from the connection to the end of the answer
KEPT_OF_ANSWER = 2048  # bytes
BUSY = timedelta(seconds=15)  # calls wait so long for a free run at most: the end of each run calls the next ones
NOT_MADE = timedelta(seconds=0.2)  # calls that a run did not come to are due again so soon
SPREAD = timedelta(seconds=3)  # over which calls come back from a wait

HTTP_TOO_OFTEN = (429, 503)
HTTP_GONE = 410
_LEARNED = ("consecutive_failures", "failing_since", "rests_until", "last_success_at")

_PARK = """
UPDATE notifications_webhookcall SET due_at = %(until)s + random() * %(spread)s WHERE id IN (
    SELECT id FROM notifications_webhookcall
    WHERE endpoint_id = %(endpoint)s AND done_at IS NULL AND due_at <= statement_timestamp() FOR UPDATE SKIP LOCKED)
"""
# Calls that were never tried and wait for nothing but their endpoint.
_CALL_UP = """
UPDATE notifications_webhookcall SET due_at = statement_timestamp() WHERE id IN (
    SELECT id FROM notifications_webhookcall
    WHERE endpoint_id = %(endpoint)s AND done_at IS NULL AND tries = 0 AND attempts = 0
        AND due_at > statement_timestamp()
    ORDER BY due_at LIMIT %(limit)s FOR UPDATE SKIP LOCKED)
"""
# Those that no worker has in hand; who has one closes it by itself.
_FAIL_ALL = """
UPDATE notifications_webhookcall SET outcome = %(failed)s, done_at = statement_timestamp(), due_at = NULL WHERE id IN (
    SELECT id FROM notifications_webhookcall
    WHERE endpoint_id = %(endpoint)s AND done_at IS NULL AND attempts = 0 FOR UPDATE SKIP LOCKED)
"""


@dataclass(frozen=True, slots=True)
class Delivery:
    """One call as it is made; ``message_id`` is the event's."""

    call_id: UUID
    message_id: str
    body: str


@dataclass(slots=True, eq=False, weakref_slot=True)
class Run:
    """Calls of one endpoint that are made one after the other."""

    endpoint_id: UUID
    url: str
    secrets: tuple[str, ...]
    deliveries: tuple[Delivery, ...]
    may_call_loopback: bool
    is_over: bool = False


@dataclass(frozen=True, slots=True)
class Tried:
    """What came of one request; ``status`` 0 when there was no answer, which ``error`` then tells of."""

    at: datetime
    headers: Mapping[str, str]
    body_digest: str
    duration_ms: int
    status: int = 0
    answer: str = ""
    retry_after: str = ""
    error: str = ""

    @property
    def is_success(self) -> bool:
        return 200 <= self.status < 300


_RUNS: WeakSet[Run] = WeakSet()  # of this process: those that wait for a thread or have one


def gather_calls(calls: Sequence[WebhookCall]) -> Gathered:
    """Runs of the due calls; those whose endpoint rests or is busy wait, those whose endpoint is off are closed."""
    now = timezone.now()
    endpoints = _locked({call.endpoint_id for call in calls})
    events = Event.objects.in_bulk({call.event_id for call in calls})
    running = Counter(run.endpoint_id for run in _RUNS if not run.is_over)
    due: dict[UUID, list[WebhookCall]] = defaultdict(list)
    for call in sorted(calls, key=lambda call: call.pk):
        due[call.endpoint_id].append(call)
    errands: list[Errand] = []
    for key, mine in due.items():
        groups = _groups(endpoints[key], mine, running[key], now)
        errands += [_errand(endpoints[key], group, events, now) for group in groups]
    return Gathered(errands)


def _locked(keys: set[UUID]) -> dict[UUID, WebhookEndpoint]:
    found = WebhookEndpoint.objects.select_for_update(no_key=True).filter(pk__in=keys).order_by("pk")
    return {endpoint.pk: endpoint for endpoint in found}


def _groups(
    endpoint: WebhookEndpoint, calls: list[WebhookCall], running: int, now: datetime
) -> list[tuple[WebhookCall, ...]]:
    """Which of an endpoint's due calls are made now, and which of them together."""
    if endpoint.status != WebhookEndpoint.Status.ACTIVE:
        is_paused = endpoint.status == WebhookEndpoint.Status.PAUSED
        _close(calls, WebhookCall.Outcome.HELD if is_paused else WebhookCall.Outcome.FAILED)
        return []
    if endpoint.rests_until and endpoint.rests_until > now:
        _let_wait(endpoint, calls, endpoint.rests_until)
        return []
    if rest := rest_after(endpoint.consecutive_failures):  # one call shows whether it is well; nobody else tries
        endpoint.rests_until = now + rest
        endpoint.save(update_fields=["rests_until"])
        _let_wait(endpoint, calls[1:], endpoint.rests_until)
        return [(calls[0],)]
    free = (1 if endpoint.consecutive_failures else RUNS_AT_ONCE) - running
    now_made, later = calls[: max(0, free) * RUN_MOST], calls[max(0, free) * RUN_MOST :]
    if later:
        _let_wait(endpoint, later, now + BUSY)
    return list(batched(now_made, ceil(len(now_made) / free))) if now_made else []


def _close(calls: Sequence[WebhookCall], outcome: WebhookCall.Outcome) -> None:
    """Calls that are in no errand and keep their ``due_at`` are closed by the kernel."""
    for call in calls:
        call.outcome = outcome
    update_rows(WebhookCall, calls, ("outcome",))


def _let_wait(endpoint: WebhookEndpoint, calls: Sequence[WebhookCall], until: datetime) -> None:
    """These calls, and all others of the endpoint that are due, come back then, not all at once."""
    for call in calls:
        call.due_at = until + SPREAD * _spread(call)
    _execute(_PARK, endpoint=endpoint.pk, until=until, spread=SPREAD)


def _spread(call: WebhookCall) -> float:
    """A number from 0 to 1 that is the call's own: the end of its key is random."""
    return (call.pk.int & 0xFFFF) / 0xFFFF


def _errand(
    endpoint: WebhookEndpoint, calls: tuple[WebhookCall, ...], events: Mapping[UUID, Event], now: datetime
) -> Errand:
    run = Run(
        endpoint_id=endpoint.pk,
        url=endpoint.url,
        secrets=endpoint.secrets_at(now),
        deliveries=tuple(_delivery(call, events[call.event_id]) for call in calls),
        may_call_loopback=settings.WEBHOOKS_TO_LOOPBACK,
    )
    _RUNS.add(run)
    return Errand(calls, run)


def _delivery(call: WebhookCall, event: Event) -> Delivery:
    body = envelope(
        event_type=event.name, published_at=event.published_at, subject_id=event.subject_id, payload=event.payload
    )
    return Delivery(call.pk, str(event.pk), body)


def make_calls(run: Run) -> dict[UUID, Tried]:
    """Make a run's calls until one fails or its time is over; what came, by call. Knows no database."""
    made: dict[UUID, Tried] = {}
    ends = time.monotonic() + RUN_SECONDS
    try:
        for delivery in run.deliveries:
            made[delivery.call_id] = tried = _make_call(run, delivery)
            if not tried.is_success or time.monotonic() > ends:
                break
    finally:
        run.is_over = True
    return made


def _make_call(run: Run, delivery: Delivery) -> Tried:
    at, started = datetime.now(UTC), time.monotonic()
    content = delivery.body.encode()
    headers = {
        "Content-Type": "application/json",
        "User-Agent": "Logistics-Portal-Webhooks/1",
        **signed_headers(run.secrets, message_id=delivery.message_id, at=at, body=delivery.body),
    }
    answer, error = None, ""
    try:
        answer = http.call_stranger(
            "POST",
            run.url,
            addresses=resolve_public(run.url, may_call_loopback=run.may_call_loopback),
            headers=headers,
            content=content,
            within=CALL_SECONDS,
            enough=KEPT_OF_ANSWER,
        )
    except (http.PeerFailed, UnsafeAddress) as failure:
        error = str(failure)
    return Tried(
        at=at,
        headers=headers,
        body_digest=hashlib.sha256(content).hexdigest(),
        duration_ms=round((time.monotonic() - started) * 1000),
        status=answer.status if answer else 0,
        answer=answer.body.decode(errors="replace").replace("\x00", "\N{REPLACEMENT CHARACTER}") if answer else "",
        retry_after=answer.headers.get("retry-after", "") if answer else "",
        error=error[:300],
    )


def record_calls(results: Sequence[Result]) -> None:
    """Keep each try, settle its call, and learn how the endpoints fare."""
    now = timezone.now()
    endpoints = _locked({result.errand.task.endpoint_id for result in results})
    tried = [
        (call, result.answer[call.pk]) for result in results for call in result.errand.rows if call.pk in result.answer
    ]
    for call, one in sorted(tried, key=lambda pair: pair[1].at):
        _learn(endpoints[call.endpoint_id], one, now)  # type: ignore[attr-defined]
        _settle(call, one, now)  # type: ignore[arg-type]
    update_rows(WebhookEndpoint, list(endpoints.values()), _LEARNED)
    calls: list[WebhookCall] = [call for result in results for call in result.errand.rows]  # type: ignore[misc]
    for call in calls:
        endpoint = endpoints[call.endpoint_id]
        if call.outcome == WebhookCall.Outcome.PENDING and endpoint.status == WebhookEndpoint.Status.DISABLED:
            call.outcome, call.due_at = WebhookCall.Outcome.FAILED, None
    made = {call.pk for call, _ in tried}
    for call in calls:
        if call.pk not in made and call.due_at:
            call.due_at = now + NOT_MADE
    update_rows(WebhookCall, calls, ("outcome", "tries"))
    insert_rows(WebhookAttempt, [_attempt(call.pk, one) for call, one in tried])
    well = {call.endpoint_id for call, one in tried if one.is_success}  # type: ignore[attr-defined]
    _call_up([endpoint for endpoint in endpoints.values() if endpoint.pk in well and not endpoint.rests_until])


def _call_up(endpoints: Sequence[WebhookEndpoint]) -> None:
    """The next calls of endpoints that have just answered well, if they wait for nothing else."""
    limit = RUNS_AT_ONCE * RUN_MOST
    if sum(_execute(_CALL_UP, endpoint=endpoint.pk, limit=limit) for endpoint in endpoints):
        ring(WebhookCall)


def _learn(endpoint: WebhookEndpoint, tried: Tried, now: datetime) -> None:
    if tried.is_success:
        endpoint.consecutive_failures, endpoint.failing_since, endpoint.rests_until = 0, None, None
        endpoint.last_success_at = now
        return
    endpoint.consecutive_failures += 1
    endpoint.failing_since = endpoint.failing_since or tried.at
    rest = rest_after(endpoint.consecutive_failures) or timedelta()
    if tried.status in HTTP_TOO_OFTEN:
        rest = max(rest, wished(tried.retry_after))
    if rest:
        endpoint.rests_until = now + rest
    if endpoint.status != WebhookEndpoint.Status.ACTIVE:
        return
    if tried.status == HTTP_GONE:
        _disable(endpoint, WebhookEndpoint.Reason.GONE, now)
    elif now - endpoint.failing_since > DISABLED_AFTER:
        _disable(endpoint, WebhookEndpoint.Reason.FAILING, now)


def _disable(endpoint: WebhookEndpoint, reason: WebhookEndpoint.Reason, now: datetime) -> None:
    """Call it no more, and say so where the merchant hears it: at its other endpoints, in its events, and to staff."""
    disabled = WebhookEndpoint.Status.DISABLED
    transition(endpoint, disabled, allowed=WEBHOOK_TRANSITIONS, disabled_reason=reason, disabled_at=now)
    _execute(_FAIL_ALL, endpoint=endpoint.pk, failed=WebhookCall.Outcome.FAILED)
    publish(WEBHOOK_DISABLED, merchant_id=endpoint.merchant_id, subject_id=endpoint.pk, reason=str(reason.value))


def _settle(call: WebhookCall, tried: Tried, now: datetime) -> None:
    call.tries += 1
    wait = None if tried.status == HTTP_GONE else wait_after(call.tries, spread=_spread(call))
    if tried.is_success:
        call.outcome, call.due_at = WebhookCall.Outcome.DELIVERED, None
    elif wait is None:
        call.outcome, call.due_at = WebhookCall.Outcome.FAILED, None
    else:
        call.due_at = now + wait


def _attempt(call_id: UUID, tried: Tried) -> WebhookAttempt:
    return WebhookAttempt(
        call_id=call_id,
        at=tried.at,
        headers=dict(tried.headers),
        body_digest=tried.body_digest,
        status=tried.status,
        answer=tried.answer,
        error=tried.error,
        duration_ms=tried.duration_ms,
    )


def _execute(sql: str, **given: Any) -> int:
    with connection.cursor() as cursor:
        cursor.execute(sql, given)
        return cursor.rowcount
