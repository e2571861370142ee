"""Urgent messages go before all that can wait: when new, when tried again, and over another channel."""

import logging
from collections.abc import Callable
from datetime import timedelta
from uuid import uuid4

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from phonenumber_field.phonenumber import PhoneNumber as Number

import customers.services
from customers.models import PhoneVerification
from logistics_portal.kernel import work
from logistics_portal.kernel.models import Event
from merchants.models import Merchant
from notifications import kinds
from notifications.models import Message
from notifications.services.fallbacks import fall_back
from notifications.services.sending import BATCH
from tests.servers.processes import Running

pytestmark = pytest.mark.django_db
NAME = Message._meta.label_lower
BACKLOG = 5000
A_DAY = timedelta(days=1)


@pytest.fixture(autouse=True)
def _quiet(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.CRITICAL, logger="logistics_portal.kernel.claims")


def backlog(merchant: Merchant, *, count: int = BACKLOG, older_by: timedelta = 2 * A_DAY) -> None:
    """Messages of lower weight that are due since long before any other."""
    due_at = timezone.now() - older_by
    given = {"merchant": merchant, "kind": "shipped", "channel": "sms", "address": "+4915112345678"}
    waiting = [Message(subject_id=uuid4(), fact=f"waits:{place}", due_at=due_at, **given) for place in range(count)]
    Message.objects.bulk_create(waiting)


def asked_code(number: str = "+4915155550050") -> Message:
    """A code that a person waits for; its number lets Twilio break."""
    customers.services.request_verification(
        number=Number.from_string(number), purpose=PhoneVerification.Purpose.SIGN_IN, language="en", caller=""
    )
    work.answer(Event._meta.label_lower)
    return Message.objects.get(kind="verification_code")


def taken() -> list[Message]:
    return work.claim(work.KINDS[NAME])


def test_an_urgent_message_that_is_tried_again_goes_before_a_backlog(
    acme: Merchant, twilio: Running, due_again: Callable[[], None]
) -> None:
    code = asked_code()
    work.drain()
    code.refresh_from_db()
    assert (code.status, code.attempts) == ("queued", 1), "its try failed, and its lease runs"
    backlog(acme)
    assert code.pk not in {row.pk for row in taken()}, "it waits as every failure does"
    due_again()
    Message.objects.exclude(pk=code.pk).update(due_at=timezone.now() - 2 * A_DAY)
    rows = taken()
    assert code.pk in {row.pk for row in rows}
    assert len(rows) == BATCH, "the others fill the batch"
    assert code.pk not in {row.pk for row in taken()}, "handed out once"


def test_a_backlog_of_days_does_not_hold_up_a_new_one(acme: Merchant) -> None:
    backlog(acme, count=BATCH + 1)
    code = asked_code("+4915112345699")
    assert code.due_at <= timezone.now()
    assert code.due_at >= code.queued_at, "when it is due is told as it is"
    assert code.pk in {row.pk for row in taken()}


def test_over_the_next_channel_and_sent_anew_it_stays_urgent(acme: Merchant) -> None:
    given = {"merchant": acme, "kind": "out_for_delivery", "subject_id": uuid4(), "fact": "out", "is_urgent": True}
    message = Message.objects.create(
        channel="push", address="x", fallbacks=[["sms", "+4915112345678"]], status="failed", **given
    )
    fall_back([message])
    backlog(acme, count=BATCH + 1)
    assert Message.objects.get(channel="sms", fact="out").pk in {row.pk for row in taken()}


@pytest.mark.parametrize("kind", sorted(kinds.KINDS))
def test_the_kinds_weight_says_what_is_urgent(kind: str) -> None:
    assert kinds.of(kind).is_urgent == (kinds.of(kind).weight in (kinds.Weight.URGENT, kinds.Weight.NECESSARY))


def test_both_claims_read_an_index_and_no_more_than_they_take(acme: Merchant) -> None:
    """Also where most that waits is not due, and before the table was ever analyzed."""
    backlog(acme)
    Message.objects.filter(fact__endswith="9").update(due_at=timezone.now() + A_DAY)
    asked_code("+4915112345699")
    with CaptureQueriesContext(connection) as said:
        taken()
    claims = [query["sql"] for query in said if "FOR UPDATE SKIP LOCKED" in query["sql"]]
    assert len(claims) == 2
    for claim, index in zip(claims, ("message_urgent_due", "notifications_message_due"), strict=True):
        with connection.cursor() as cursor:
            cursor.execute(f"EXPLAIN {claim}")
            plan = "\n".join(row[0] for row in cursor.fetchall())
        assert f"Index Scan using {index} on" in plan or f"Bitmap Index Scan on {index}" in plan, plan
        assert "Seq Scan on notifications_message" not in plan, plan
