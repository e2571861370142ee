"""What customers hear of incidents: once, in the rule's words, and nothing that another message tells."""

from datetime import UTC, datetime, timedelta

import pytest
from django.conf import settings
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone, translation
from django.utils.translation import gettext

import tracking.services
from logistics_portal.kernel import work
from logistics_portal.kernel.models import Bell, Event
from merchants.models import Merchant
from notifications import words
from notifications.facts import gather
from notifications.models import Message
from notifications.services import CHANNELS
from notifications.subscribers import tell_of_incidents
from orders.models import Order
from tests import build
from tests.notifications.conftest import PUBLIC
from tests.notifications.test_words import sms_parts
from tracking.events import INCIDENT_OPENED
from tracking.models import Incident, Shipment, Watch
from tracking.services import RULES, close_incident
from tracking.services.watching import incident_event

pytestmark = [pytest.mark.usefixtures("demo"), pytest.mark.django_db(transaction=True)]


def incident(order: Order, rule: str = "no_movement", **changes: object) -> Incident:
    shipment = Shipment.objects.filter(order=order).first() or build.shipment(order, **changes)
    return Incident.objects.create(
        merchant=order.merchant,
        shipment=shipment,
        rule=rule,
        occasion=f"test {Incident.objects.count()}",
        blame="carrier",
        due_at=timezone.now(),
    )


def event_of(one: Incident) -> Event:
    told = incident_event(INCIDENT_OPENED, one)
    return Event(name=told.name, merchant_id=told.merchant_id, subject_id=told.subject_id, payload=told.payload)


def opened(*incidents: Incident) -> None:
    tell_of_incidents([event_of(one) for one in incidents])


def queued() -> int:
    """Incidents that are told by SMS."""
    return Message.objects.filter(kind="incident", channel="sms").count()


@pytest.mark.parametrize("language", [code for code, _ in settings.LANGUAGES])
@pytest.mark.parametrize("rule", sorted(code for code, rule in RULES.items() if rule.words))
def test_every_rule_can_be_told(rule: str, language: str) -> None:
    with translation.override(language):
        said = {"happened": gettext(RULES[rule].words), "next": gettext(RULES[rule].next_words)}
    facts = {
        "merchant": "Nordwind & Co",
        "name": "Ann",
        "order": "A-1001",
        "carrier": "DHL",
        "reply_to": "help@n.example",
    }
    facts |= {"link": f"{PUBLIC}/t/{'x' * 38}/", "numbers": ["JD1"]} | said
    sms = words.render("incident", CHANNELS["sms"], language, facts).text
    assert sms_parts(sms) <= (2 if language == "zh-hans" else 1), (len(sms), sms)
    assert said["happened"] in sms
    mail = words.render("incident", CHANNELS["email"], language, facts)
    assert said["happened"] in mail.subject
    assert said["happened"] in mail.text
    assert said["next"] in mail.text


def test_an_incident_is_told_by_sms_and_email(order: Order) -> None:
    sent = timezone.now() - timedelta(days=4)
    shipment = build.shipment(order, at=sent)
    build.scan(shipment.parcels.get(), "in_transit", at=sent)
    work.drain()
    told = Message.objects.filter(kind="incident").order_by("channel")
    assert [(one.channel, one.status) for one in told] == [("email", "delivered"), ("sms", "delivered")]
    assert all(RULES["no_movement"].words in one.body for one in told)


def test_once_a_shipment_and_rule_in_a_day(order: Order) -> None:
    first, second, other = incident(order), incident(order), incident(order, "waiting_for_pickup")
    opened(first, second)
    assert queued() == 1
    opened(second)
    assert queued() == 1
    opened(other)
    assert queued() == 2
    Message.objects.update(queued_at=timezone.now() - timedelta(hours=25))
    opened(second)
    assert queued() == 3
    opened(second)
    assert queued() == 3


@pytest.mark.parametrize(
    ("language", "promise"),
    [
        ("en", "If nothing changes, you hear from us by Mon, Dec 7, 7:30 PM."),
        ("de", "Wenn sich nichts ändert, hören Sie bis Mo., 7. Dez., 19:30 von uns."),
        ("zh-hans", "即使没有新进展，我们也会在 12月7日周一 19:30 前联系您。"),
    ],
)
def test_mails_promise_the_next_word(acme: Merchant, language: str, promise: str) -> None:
    """On the clock of the delivery address; until it has passed."""
    shipment = build.shipment(build.order(merchant=acme, language=language))
    Watch.objects.update(word_by=datetime(2026, 12, 7, 18, 30, tzinfo=UTC))
    message = Message(
        queued_at=datetime(2026, 12, 5, tzinfo=UTC),
        wanted_at=datetime(2026, 12, 5, tzinfo=UTC),
        kind="shipped",
        subject_id=shipment.pk,
        order=shipment.order,
        merchant=acme,
        language=language,
        channel="email",
    )
    facts = gather(message, now=datetime(2026, 12, 5, tzinfo=UTC))
    mail = words.render("shipped", CHANNELS["email"], language, facts)
    assert promise in mail.text
    assert promise in mail.html
    late = words.render("shipped", CHANNELS["email"], language, facts | {"word_by": ""})
    assert promise[:12] not in late.text + late.html
    message.queued_at = datetime(2026, 12, 7, 18, tzinfo=UTC)
    assert gather(message, now=datetime(2026, 12, 7, 18, 31, tzinfo=UTC))["word_by"] == ""


@pytest.mark.parametrize("rule", sorted(code for code, rule in RULES.items() if not rule.words))
def test_what_has_no_words_is_not_told(order: Order, rule: str) -> None:
    opened(incident(order, rule))
    assert queued() == 0


def test_a_parcel_that_comes_back_is_no_news_to_its_sender(order: Order) -> None:
    opened(incident(order, direction=Shipment.Direction.RETURN))
    assert queued() == 0


def test_what_the_status_told_is_not_told_again(order: Order) -> None:
    build.scan(build.shipment(order).parcels.get(), "exception", reason="carrier_damaged_parcel")
    work.drain()
    assert Incident.objects.get().rule == "damaged"
    assert set(Message.objects.filter(kind="exception").values_list("status", flat=True)) == {"delivered"}
    withdrawn = Message.objects.filter(kind="incident").values_list("status", "error_code")
    assert set(withdrawn) == {("withdrawn", "told")}


def test_damage_that_no_status_tells_is_told(order: Order) -> None:
    build.scan(build.shipment(order).parcels.get(), "in_transit", reason="carrier_damaged_parcel")
    work.drain()
    assert set(Message.objects.filter(kind="incident").values_list("status", flat=True)) == {"delivered"}


def test_what_is_closed_before_it_is_told_stays_untold(acme: Merchant, order: Order) -> None:
    one = incident(order)
    opened(one)
    close_incident(incident=one, by=build.staff(acme), note="Found.")
    work.drain()
    assert set(Message.objects.filter(kind="incident").values_list("status", "error_code")) == {
        ("withdrawn", "overtaken")
    }


def test_old_events_tell_nothing(order: Order) -> None:
    event = event_of(incident(order))
    event.published_at = timezone.now() - timedelta(days=4)
    tell_of_incidents([event])
    assert queued() == 0


def test_statements_do_not_grow_with_the_incidents(acme: Merchant) -> None:
    counts = []
    for size in (2, 12):
        incidents = [incident(build.order(merchant=acme)) for _ in range(size)]
        Bell.objects.all().delete()
        with CaptureQueriesContext(connection) as queries:
            opened(*incidents)
        counts.append(len(queries))
    assert queued() == 14
    assert counts[0] == counts[1]


def test_the_service_knows_every_rule_it_has() -> None:
    assert all(tracking.services.incident_rule(code) is rule for code, rule in RULES.items())
