"""The sample data are what they claim: payloads in the carriers' formats, nobody's numbers, a world in time."""

from datetime import UTC, datetime, timedelta

import phonenumbers
import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

import tracking.services
from aftersales.models import (
    Confirmation,
    Conversation,
    Dispute,
    Evidence,
    Exchange,
    OrderCheck,
    Proposal,
    Refund,
    Return,
)
from customers.models import PhoneNumber
from inventory.models import Item, StockLevel
from logistics_portal.demo_data.cases import CASES
from logistics_portal.demo_data.casting import cast
from logistics_portal.demo_data.clock import StoryClock, running_at
from logistics_portal.demo_data.payloads import CODES, Happening, Trip, can_tell, write
from logistics_portal.demo_data.people import PEOPLE
from logistics_portal.demo_data.places import CITIES
from logistics_portal.demo_data.plots import PLOTS
from logistics_portal.demo_data.shops import SHOPS
from logistics_portal.demo_data.telling import Teller
from logistics_portal.demo_data.world import build_world, new_logins, set_budget, settle_stock
from notifications.models import DemoDelivery, InboundMessage, Message
from orders.models import Delegate, Order, Reorder
from tracking.models import CarrierPayload, ParcelLine, ProofOfDelivery, Shipment, TrackingEvent

NOW = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)
MEANT = {
    "announced": "info_received",
    "picked_up": "in_transit",
    "hub": "in_transit",
    "left": "in_transit",
    "cleared": "in_transit",
    "customs": "exception",
    "delay": "exception",
    "damaged": "exception",
    "lost": "exception",
    "out": "out_for_delivery",
    "not_home": "attempt_failed",
    "pickup_point": "available_for_pickup",
    "delivered": "delivered",
    "returning": "returning",
    "returned": "returned",
}
CARRIER_OF = {"kuaidi100": "sf_express", "easypost": "usps", "seventeentrack": "ups", "aftership": "dhl"}


@pytest.mark.parametrize(("teller", "kind"), [(teller, kind) for teller, codes in CODES.items() for kind in codes])
def test_adapters_read_what_the_story_writes(teller: str, kind: str) -> None:
    home, to = (CITIES["深圳"], CITIES["北京"]) if teller == "kuaidi100" else (CITIES["Portland"], CITIES["Denver"])
    carrier = CARRIER_OF.get(teller, teller)
    scans = [Happening("picked_up", NOW - timedelta(hours=9), home), Happening(kind, NOW, to, "A. Carter")]
    trip = Trip("1ZR7A9310300074660", carrier, "Parcel", home, to, scans, NOW.date())
    (seen,) = tracking.services.CARRIERS[teller].parse(write(teller, trip))
    newest = max(seen.events, key=lambda event: event.occurred_at)
    assert (seen.tracking_number, newest.occurred_at) == ("1ZR7A9310300074660", NOW)
    assert seen.carrier_eta == NOW.date()
    if kind == "odd":
        assert seen.unknown_codes
    else:
        assert newest.status.value == MEANT[kind]
        assert not seen.unknown_codes
    if teller != "easypost":  # it converts every time to UTC
        assert newest.occurred_at.utcoffset() == to.local(NOW).utcoffset()


def test_numbers_are_valid_and_everybody_has_one_of_their_own() -> None:
    assert len({person.phone for person in PEOPLE}) == len(PEOPLE)
    for person in PEOPLE:
        assert phonenumbers.is_valid_number(phonenumbers.parse(person.phone)), person.name
        assert not person.email or person.email.endswith(".example")


def test_every_plot_finds_a_shop_that_can_have_it() -> None:
    tales = cast(SHOPS, now=NOW)
    assert {tale.plot.name for tale in tales} == {plot.name for plot in (*PLOTS, *CASES)}
    assert len({tale.number for tale in tales}) == len(tales) > 180
    assert all(can_tell(tale.road.teller, tale.plot.kinds()) for tale in tales)
    assert all(step.at <= NOW for tale in tales for step in tale.steps)
    assert min(tale.began for tale in tales) < NOW - timedelta(days=20)


def test_the_clock_shows_the_story_s_time_and_then_the_real_one() -> None:
    clock = StoryClock(NOW - timedelta(days=400))
    with running_at(clock):
        assert timezone.now() == CarrierPayload().received_at == NOW - timedelta(days=400)
        clock.advance(NOW - timedelta(days=399))
        clock.advance(NOW - timedelta(days=500))
        assert Return().requested_at == NOW - timedelta(days=399)
    assert timezone.now() - CarrierPayload().received_at < timedelta(minutes=1)


TOLD = ("code", "two_parcels", "return_rejected", "refunded", "dispute_accepted", "customs", "odd", "canceled", "out")


@pytest.mark.django_db(transaction=True)
def test_a_part_of_the_world_is_told_in_time(settings: object) -> None:
    settings.DEMO_INBOX = True
    now = timezone.now()
    tales = [tale for tale in cast(SHOPS[1:2], now=now) if tale.plot.name in TOLD]
    tales = list({tale.plot.name: tale for tale in tales}.values())
    tales.sort(key=lambda tale: tale.began)
    clock = StoryClock(tales[0].began - timedelta(days=1))
    with running_at(clock):
        world = build_world()
        told = Teller(world, clock).tell(tales, until=now)
        settle_stock(world)
    assert set(told) == set(TOLD)
    status = {name: Order.objects.get(pk=lives[0].order.pk).status for name, lives in told.items()}
    assert status["canceled"] == Order.Status.CANCELED
    assert status["out"] == status["customs"] == status["two_parcels"] == Order.Status.SHIPPED
    assert status["code"] == status["refunded"] == Order.Status.COMPLETED

    assert ProofOfDelivery.objects.get().proved_at < now
    assert Return.objects.get(status=Return.Status.REJECTED).decision_note
    assert Refund.objects.get(return_case__isnull=False).status == Refund.Status.PAID
    assert Dispute.objects.get().status == Dispute.Status.ACCEPTED
    assert Evidence.objects.filter(kind=Evidence.Kind.TIMELINE).get().content["events"]
    assert tracking.services.handover_code(told["out"][0].out.shipment) is not None
    assert Shipment.objects.get(order=told["customs"][0].order).reason.startswith("customs_")
    assert CarrierPayload.objects.exclude(unknown_codes=[]).exists()
    for event in TrackingEvent.objects.filter(source=TrackingEvent.Source.CARRIER):
        assert timedelta(0) <= event.recorded_at - event.occurred_at < timedelta(hours=6)
    assert not Message.objects.filter(queued_at__gt=now).exists()
    assert Message.objects.filter(status=Message.Status.DELIVERED, kind="out_for_delivery").exists()
    assert StockLevel.objects.filter(on_hand__lt=6, item__in=Item.objects.all()).exists()
    assert PhoneNumber.objects.filter(until__isnull=True).count() >= 3


@pytest.mark.django_db(transaction=True)
def test_every_case_comes_to_what_it_is_called(settings: object) -> None:
    settings.DEMO_INBOX = True
    now = timezone.now()
    tales = [tale for tale in cast(SHOPS, now=now) if tale.plot in CASES]
    clock = StoryClock(tales[0].began - timedelta(days=1))
    with running_at(clock):
        world = build_world()
        told = Teller(world, clock).tell(tales, until=now)
        clock.advance(now)
        set_budget(world)
    assert set(told) == {plot.name for plot in CASES}
    order = {name: lives[0].order for name, lives in told.items()}

    checks = OrderCheck.objects.open().filter(order__in=[order["check_address"], order["check_twin"]])
    assert set(checks.values_list("rule", flat=True)) == {"house_number", "duplicate_order"}
    status = dict(Return.objects.values_list("order__number", "status"))
    wanted = {
        "exchange_waits": "approved",
        "exchange_sent": "closed",
        "withdrawal": "approved",
        "return_damaged": "received",
        "return_kept": "kept",
        "unannounced": "received",
        "refund_failed": "received",
    }
    assert {name: status[order[name].number] for name in wanted} == wanted
    assert Return.objects.get(order=order["withdrawal"]).refund_due_at > now
    stages = {row.return_case.order.number: row.status for row in Exchange.objects.all()}
    assert stages == {order["exchange_waits"].number: "reserved", order["exchange_sent"].number: "released"}
    assert Refund.objects.get(order=order["refund_failed"]).status == Refund.Status.FAILED

    disputes = {row.order.number: row for row in Dispute.objects.all()}
    assert disputes[order["dispute_damaged"].number].photos.count() == 2
    assert disputes[order["dispute_offer"].number].status == Dispute.Status.OFFERED
    assert disputes[order["dispute_escalated"].number].escalated_at
    assert disputes[order["dispute_replaced"].number].resolution == "replacement"
    assert set(Confirmation.objects.values_list("answer", flat=True)) == {"has_it", "not_here"}
    assert Proposal.objects.get().order.number == order["late"].number

    parts = Order.objects.get(pk=order["left_in_part"].pk)
    assert parts.status == Order.Status.PARTLY_SHIPPED
    assert ParcelLine.objects.filter(order_line__order=parts).exists()

    talks = {row.order.number: row for row in Conversation.objects.all()}
    assert talks[order["talk_open"].number].reply_missed_at
    assert talks[order["talk_waiting"].number].status == Conversation.Status.WAITING
    assert talks[order["talk_solved"].number].rating == Conversation.Rating.GOOD
    assert set(InboundMessage.objects.values_list("meaning", flat=True)) == {"where", "other"}
    assert Delegate.objects.get().order.openings.exists()
    assert Reorder.objects.get().order.number == order["reorder"].number
    assert DemoDelivery.objects.filter(text__startswith="Moin").exists()


@pytest.mark.django_db
def test_logins_open_what_they_should(client: object) -> None:
    build_world()
    logins = new_logins()
    login = logins["warehouse"]
    assert client.login(username=login["username"], password=login["password"])
    assert client.get("/warehouse/").status_code == 200
    assert client.get("/admin/tracking/carrieraccount/").status_code == 403
    assert set(logins["webhook_secrets"]) == set(CODES)


@pytest.mark.parametrize(
    ("setting", "value", "complaint"),
    [
        ("IS_PRODUCTION", True, "production"),
        ("TWILIO_ACCOUNT_SID", "AC1", "SMS or mail"),
        ("SMTP_URL", "smtp://mail", "SMS or mail"),
        ("DEMO_INBOX", False, "PORTAL_ENV=demo"),
    ],
)
def test_sample_data_stay_where_they_can_do_no_harm(
    settings: object, setting: str, value: object, complaint: str
) -> None:
    settings.DEMO_INBOX = True
    setattr(settings, setting, value)
    with pytest.raises(CommandError, match=complaint):
        call_command("load_demo")
