"""A merchant with one of everything that staff pages show."""

from dataclasses import dataclass
from datetime import timedelta

import pytest
from django.contrib.auth.models import Permission, User
from django.test import Client
from django.utils import timezone

import aftersales.services
import notifications.hooks.endpoints
import orders.services
import tracking.services
from aftersales.models import (
    Decision,
    Dispute,
    GatewayAccount,
    Macro,
    OrderCheck,
    Proposal,
    Refund,
    RefundSending,
    Return,
    ReturnClock,
)
from customers.models import Device, PhonePolicy
from logistics_portal.kernel.models import Event
from merchants.models import ApiKey, Merchant
from notifications.models import (
    ClosedAddress,
    InboundMessage,
    Message,
    MessagePolicy,
    Receipt,
    SmsSender,
    Subscription,
    Trigger,
    WebhookAttempt,
    WeChatAccount,
    WeChatConsent,
    WeChatTemplate,
)
from orders.models import ImportProblem, ImportRun, Order
from tests import build
from tracking.models import CarrierAccount, CarrierPayload, Incident, Poll, Shipment


@dataclass(frozen=True)
class World:
    """Everything of one merchant that a page may show."""

    merchant: Merchant
    order: Order
    shipment: Shipment
    return_case: Return
    refund: Refund
    dispute: Dispute
    message: Message
    payload: CarrierPayload
    account: CarrierAccount
    key: ApiKey
    event: Event
    incident: Incident


def world_of(merchant: Merchant, *, mark: str) -> World:
    """``mark`` stands in every text of this world, so that a page that shows it shows this world."""
    staff_member = build.staff(merchant, name=f"{mark}-clerk")
    build.stock(merchant, sku="SKU-1", on_hand=50)
    order = build.order(merchant=merchant, consignee=f"{mark} person", number=f"{mark}-1")
    shipment = build.shipment(order, number=f"{mark.upper()}00000001")
    parcel = shipment.parcels.get()
    now = timezone.now()
    build.scan(parcel, "in_transit", at=now - timedelta(days=2), place=f"{mark} depot")
    build.scan(parcel, "out_for_delivery", at=now - timedelta(hours=3), place=f"{mark} depot")
    shipment.refresh_from_db()
    tracking.services.prove_delivery(
        shipment=shipment, received_by=f"{mark} person", signature_svg="M10 10 L200 100", courier=staff_member
    )
    shipment.refresh_from_db()
    order.refresh_from_db()
    line = order.lines.order_by("pk").first()
    returned = aftersales.services.request_return(
        order=order, reason="too_small", comment=f"{mark} comment", quantities={line.pk: 1}
    )
    dispute = aftersales.services.open_dispute(shipment=shipment, statement=f"{mark} statement")
    refund = Refund.objects.create(merchant=merchant, order=order, return_case=returned, amount="19.90", currency="EUR")
    message = Message.objects.create(
        merchant=merchant,
        order=order,
        kind="out_for_delivery",
        subject_id=shipment.pk,
        fact=f"{mark}:1",
        channel="sms",
        address="+4915112345678",
        body=f"{mark} words",
        status=Message.Status.DELIVERED,
        sent_at=now,
        delivered_at=now,
        done_at=now,
    )
    Receipt.objects.create(message=message, status="delivered")
    Poll.objects.create(parcel=parcel, asked_at=now)
    account = build.carrier_account("dhl", merchant=merchant, secret=f"{mark}-secret")
    payload = CarrierPayload.objects.create(
        carrier="dhl",
        account=account,
        body=f'{{"mark": "{mark}"}}'.encode(),
        tracking_numbers=[f"{mark.upper()}00000001"],
        unknown_codes=[f"{mark}-code"],
        outcome=CarrierPayload.Outcome.UNREADABLE,
        due_at=None,
        attempts=9,
        last_error=f"{mark} error",
    )
    incident = Incident.objects.create(
        merchant=merchant,
        shipment=shipment,
        rule="damaged",
        occasion="scan 1",
        blame=Incident.Blame.CARRIER,
        evidence={"place": f"{mark} depot"},
        due_at=now + timedelta(hours=5),
    )
    tracking.services.add_carrier_contact(
        incident=incident, by=staff_member, channel="phone", reference=f"{mark}-case", note=f"{mark} answer"
    )
    aftersales.services.write_message(order=order, text=f"{mark} question")
    Macro.objects.create(merchant=merchant, name=f"{mark} macro", text=f"{mark} macro text")
    wish = orders.services.order_today(order)
    orders.services.request_reorder(order=order, form_id=mark, seen=wish.seen)
    endpoint = notifications.hooks.endpoints.create_endpoint(
        merchant=merchant, url=f"https://1.1.1.1/{mark}", description=f"{mark} receiver"
    )
    call = notifications.hooks.endpoints.send_test(endpoint=endpoint)
    WebhookAttempt.objects.create(
        call=call, at=now, headers={"webhook-id": mark}, body_digest="0" * 64, status=500, answer=mark, duration_ms=12
    )
    _told_by_push_and_wechat(merchant, mark)
    _told_otherwise(merchant, order, mark)
    _checked_and_paid(order, refund, returned, mark)
    build.api_key(merchant)
    PhonePolicy.objects.create(merchant=merchant)
    run = ImportRun.objects.create(
        merchant=merchant, digest=f"{mark}-digest", source=f"{mark}.csv", mapping="plain", rows_reported=1
    )
    ImportProblem.objects.create(run=run, line=3, reason=f"{mark} reason", row={"id": f"{mark}-99", "price": "?"})
    event = Event.objects.filter(merchant_id=merchant.pk).order_by("-pk").first()
    key = merchant.api_keys.get()
    return World(merchant, order, shipment, returned, refund, dispute, message, payload, account, key, event, incident)


@pytest.fixture
def own(db: None) -> World:
    return world_of(build.merchant(slug="acme", auto_approve_returns=False), mark="acme")


@pytest.fixture
def foreign(db: None) -> World:
    return world_of(build.merchant(slug="rival", auto_approve_returns=False), mark="rival")


@pytest.fixture
def boss(client: Client) -> Client:
    """A superuser at the staff pages."""
    client.force_login(build.staff(superuser=True, name="boss"))
    return client


@pytest.fixture
def support(own: World) -> Client:
    """Somebody who may do everything with acme's rows, and nothing with others'."""
    return client_of(clerk(own.merchant))


def clerk(*merchants: Merchant, name: str = "support") -> User:
    user = build.staff(*merchants, name=name)
    user.user_permissions.set(Permission.objects.all())
    return user


def client_of(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def _told_otherwise(merchant: Merchant, order: Order, mark: str) -> None:
    """What a merchant wants told in another way, and what people wrote back."""
    Trigger.objects.create(merchant=merchant, kind="shipped", is_on=False)
    MessagePolicy.objects.create(merchant=merchant, monthly_budget=5)
    ClosedAddress.objects.create(channel="email", address=f"{mark}@example.com", reason=ClosedAddress.Reason.DEAD)
    SmsSender.objects.create(merchant=merchant, sends_as=mark.upper()[:11])
    InboundMessage.objects.create(
        merchant=merchant, order=order, number=build.ANNS_PHONE, text=f"{mark} asks", meaning="other", provider_id=mark
    )


def _checked_and_paid(order: Order, refund: Refund, returned: Return, mark: str) -> None:
    """What rules asked and proposed, and how money goes back."""
    asked, proposed = (
        Decision.objects.create(order=order, case=case, rule=rule, rule_version=1, verdict=verdict)
        for case, rule, verdict in (
            (Decision.Case.ORDER, "house_number", "ask"),
            (Decision.Case.DELAY, "delayed", "propose"),
        )
    )
    merchant = order.merchant
    OrderCheck.objects.create(
        merchant=merchant,
        order=order,
        rule="house_number",
        occasion=mark,
        decision=asked,
        asked_of="customer",
        is_blocking=True,
    )
    Proposal.objects.create(merchant=merchant, order=order, decision=proposed, amount="4.90", currency="EUR")
    GatewayAccount.objects.create(merchant=merchant, gateway="stripe", label=f"{mark} bank")
    RefundSending.objects.create(refund=refund)
    ReturnClock.objects.get_or_create(return_case=returned)


def _told_by_push_and_wechat(merchant: Merchant, mark: str) -> None:
    device = Device.objects.create(number=build.ANNS_PHONE, label=mark)
    Subscription.objects.create(
        merchant=merchant, number=build.ANNS_PHONE, device=device, endpoint=f"https://push.example.com/{mark}"
    )
    account = WeChatAccount.objects.create(merchant=merchant, app_id=mark, app_secret="secret", report_secret="whsec_")
    WeChatTemplate.objects.create(account=account, kind="shipped", template_id=mark)
    WeChatConsent.objects.create(account=account, number=build.ANNS_PHONE, openid=mark, template_id=mark, report=mark)
