"""Refunds through payment providers: once, whatever is repeated; failures are told; and their signed news."""

import json
import time
import urllib.request
from collections.abc import Iterator
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
import stripe
from django.conf import LazySettings
from django.contrib.auth.models import User
from django.db import Error, IntegrityError, transaction
from django.test import Client
from django.utils import timezone

import aftersales.services
from aftersales.gateways.stripe import minor_units
from aftersales.models import GatewayAccount, Payment, Refund, RefundSending, Return
from logistics_portal.kernel import work
from logistics_portal.kernel.errors import Invalid
from logistics_portal.kernel.models import Event
from logistics_portal.kernel.state import UnableToTransition
from merchants.models import Merchant
from orders.models import Order
from tests import build
from tests.servers.processes import Running, running


@pytest.fixture
def account(acme: Merchant) -> GatewayAccount:
    return GatewayAccount.objects.create(
        merchant=acme,
        gateway="stripe",
        label="tests",
        credentials={"api_key": "sk_test_1"},
        webhook_secret="whsec_test",
    )


@pytest.fixture
def bank(settings: LazySettings, tmp_path: Path, live_server: Any, account: GatewayAccount) -> Iterator[Running]:
    door = f"{live_server.url}/webhooks/refunds/{account.pk}"
    with running("stripe_server", tmp_path / "stripe", "--webhook", door) as server:
        settings.GATEWAY_BASE_URLS = {"stripe": server.url}
        yield server


def returned(merchant: Merchant, payment: str = "pi_10000") -> Return:
    order = build.order(merchant=merchant)
    build.delivered(order, at=timezone.now() - timedelta(days=1))
    order = Order.objects.select_related("merchant__policy").get(pk=order.pk)
    if payment:
        aftersales.services.note_payment(merchant=merchant, order=order, gateway="stripe", reference=payment)
    line = order.lines.first()
    case = aftersales.services.request_return(order=order, reason="too_small", quantities={line.pk: 1})
    aftersales.services.receive_return(return_case=case)
    return case


def refund_of(case: Return) -> Refund:
    return Refund.objects.get(return_case=case)


@pytest.mark.django_db(transaction=True)
def test_a_return_is_paid_through_stripe_and_ends(acme: Merchant, bank: Running) -> None:
    case = returned(acme)
    work.drain()
    [call] = bank.told()
    refund = refund_of(case)
    assert (call["key"], call["form"]["amount"], call["form"]["payment_intent"]) == (str(refund.pk), "1990", "pi_10000")
    assert (refund.status, refund.gateway, refund.reference) == ("paid", "stripe", call["answer"]["id"])
    case.refresh_from_db()
    assert case.status == Return.Status.CLOSED
    assert Event.objects.filter(name="aftersales.refund_paid").count() == 1


@pytest.mark.django_db(transaction=True)
def test_a_repetition_after_a_lost_answer_pays_once(acme: Merchant, bank: Running) -> None:
    case = returned(acme)
    refund = refund_of(case)
    work.drain()
    Refund.objects.update(status="pending", reference="", paid_at=None)
    RefundSending.objects.update(done_at=None, due_at=timezone.now(), attempts=0)
    work.drain()
    keys = [call["key"] for call in bank.told()]
    assert keys == [str(refund.pk)] * 2
    assert len({call["answer"]["id"] for call in bank.told()}) == 1
    assert refund_of(case).status == "paid"


@pytest.mark.django_db(transaction=True)
def test_an_error_of_the_provider_is_tried_again(acme: Merchant, bank: Running) -> None:
    case = returned(acme, "pi_broken_10000")
    work.drain()
    assert refund_of(case).status == "pending"
    assert "Stripe" in RefundSending.objects.get().last_error
    work.try_again(RefundSending.objects.all())
    work.drain()
    assert refund_of(case).status == "paid"


@pytest.mark.django_db(transaction=True)
def test_a_refusal_fails_the_refund_and_staff_pay_another_way(acme: Merchant, bank: Running) -> None:
    case = returned(acme, "pi_declined")
    work.drain()
    refund = refund_of(case)
    assert refund.status == "failed"
    assert "The card is closed." in refund.failure
    aftersales.services.retry_refund(refund=refund)
    work.drain()
    assert [call["key"] for call in bank.told()] == [str(refund.pk), f"{refund.pk}-2"]
    refund.refresh_from_db()
    aftersales.services.retry_refund(refund=refund, by_hand=True)
    work.drain()
    refund.refresh_from_db()
    assert (refund.status, refund.gateway) == ("pending", "by_hand")
    aftersales.services.pay_refund(refund=refund, reference="bank transfer 7")
    case.refresh_from_db()
    assert case.status == Return.Status.CLOSED


@pytest.mark.django_db(transaction=True)
def test_what_the_provider_tells_later_moves_the_refund_and_its_return(acme: Merchant, bank: Running) -> None:
    case = returned(acme, "pi_slow_10000")
    work.drain()
    refund = refund_of(case)
    assert refund.status == "sent"
    for status, expected, of_return in (
        ("succeeded", "paid", "closed"),
        ("succeeded", "paid", "closed"),
        ("failed", "failed", "received"),
    ):
        move(bank, refund.reference, status)
        refund.refresh_from_db()
        case.refresh_from_db()
        assert (refund.status, case.status) == (expected, of_return)
    assert refund.failure == "lost_or_stolen_card"
    assert Event.objects.filter(name="aftersales.refund_failed").count() == 1


def move(bank: Running, reference: str, status: str) -> None:
    request = urllib.request.Request(f"{bank.url}/move/{reference}/{status}", data=b"")
    with urllib.request.urlopen(request, timeout=10) as answer:
        assert json.loads(answer.read()) == {"door": 200}


@pytest.mark.django_db
@pytest.mark.parametrize("spoilt", ["secret", "old", "body", "none", "garbage", "utf-8"])
def test_news_that_nobody_signed_change_nothing(account: GatewayAccount, spoilt: str) -> None:
    body, at = json.dumps({"type": "refund.updated", "data": {"object": {"object": "refund"}}}), int(time.time())
    secret = "whsec_other" if spoilt == "secret" else "whsec_test"
    header = stripe.WebhookSignature.generate_signature_header(body, secret, at - 600 if spoilt == "old" else at)
    header = {"none": "", "garbage": "t=x,v1"}.get(spoilt, header)
    sent = {"body": f"{body} ", "utf-8": b"\xff\xfe"}.get(spoilt, body)
    answer = Client().post(
        f"/webhooks/refunds/{account.pk}", sent, content_type="application/json", headers={"stripe-signature": header}
    )
    assert (answer.status_code, answer.json()["code"]) == (401, "bad_signature")


@pytest.mark.django_db
def test_news_of_another_merchants_refund_change_nothing(account: GatewayAccount, rival: Merchant) -> None:
    GatewayAccount.objects.create(merchant=rival, gateway="stripe", label="r", credentials={"api_key": "sk"})
    case = returned(rival)
    told = {"id": "re_1", "object": "refund", "status": "succeeded", "metadata": {"refund": str(refund_of(case).pk)}}
    body = json.dumps({"type": "refund.updated", "data": {"object": told}})
    header = stripe.WebhookSignature.generate_signature_header(body, "whsec_test")
    answer = Client().post(
        f"/webhooks/refunds/{account.pk}", body, content_type="application/json", headers={"stripe-signature": header}
    )
    assert answer.status_code == 200
    assert refund_of(case).status == "pending"
    assert Client().post(f"/webhooks/refunds/{case.pk}", body, content_type="application/json").status_code == 404
    assert Client().get(f"/webhooks/refunds/{account.pk}").status_code == 405


@pytest.mark.django_db
def test_a_merchants_own_system_pays_and_tells(acme: Merchant) -> None:
    GatewayAccount.objects.create(merchant=acme, gateway="merchant_webhook", label="shop")
    refund = refund_of(returned(acme, payment=""))
    assert (refund.status, refund.gateway) == ("sent", "merchant_webhook")
    assert Event.objects.get(name="aftersales.refund_requested").subject_id == refund.pk
    aftersales.services.fail_refund(refund=refund, why="Card gone")
    aftersales.services.retry_refund(refund=refund)
    assert Event.objects.filter(name="aftersales.refund_requested").count() == 2
    aftersales.services.pay_refund(refund=refund, reference="shop-1")
    assert refund.status == "paid"


@pytest.mark.django_db
def test_without_an_account_hands_pay(acme: Merchant) -> None:
    assert refund_of(returned(acme)).gateway == "by_hand"
    assert not RefundSending.objects.exists()


@pytest.mark.django_db
def test_an_account_that_was_closed_meanwhile_is_told(acme: Merchant, account: GatewayAccount) -> None:
    refund = refund_of(returned(acme))
    GatewayAccount.objects.update(is_active=False)
    work.drain()
    assert RefundSending.objects.get().is_given_up
    assert refund_of(refund.return_case).status == "pending"


@pytest.mark.django_db
def test_a_payment_is_noted_before_money_goes_back(acme: Merchant, account: GatewayAccount) -> None:
    case = returned(acme)
    assert Payment.objects.get().reference == "pi_10000"
    for gateway in ("stripe", "by_hand", "nothing"):
        with pytest.raises(Invalid):
            aftersales.services.note_payment(merchant=acme, order=case.order, gateway=gateway, reference="pi_2")


# Never above what was paid.


@pytest.mark.django_db
def test_the_database_itself_refuses_to_owe_more_than_was_paid(acme: Merchant) -> None:
    case = returned(acme, payment="")
    order = case.order
    with pytest.raises(IntegrityError, match="more than"), transaction.atomic():
        Refund.objects.create(merchant=acme, order=order, amount=order.total, currency="EUR", cause="x")
    with pytest.raises(Error), transaction.atomic():
        Refund.objects.update(amount=order.total + 1)
    left = order.total - Decimal("19.90")
    Refund.objects.create(merchant=acme, order=order, amount=left, currency="EUR", cause="x")


@pytest.mark.django_db
def test_a_part_is_paid_back_once_for_a_cause_and_within_what_is_left(acme: Merchant, staff: User) -> None:
    case = returned(acme, payment="")
    order, pay = case.order, aftersales.services.refund_amount
    first = pay(order=order, amount=Decimal("5.00"), cause="goodwill:1", note="Sorry")
    assert pay(order=order, amount=Decimal("5.00"), cause="goodwill:1", note="Sorry") == first
    with pytest.raises(Invalid):
        pay(order=order, amount=Decimal("5.00"), cause="goodwill:2", note=" ")
    for amount in ("0", "-1", "59.61"):
        with pytest.raises(aftersales.services.UnableToRefund):
            pay(order=order, amount=Decimal(amount), cause="goodwill:2", note="More")
    with pytest.raises(Invalid, match="multiples of"):
        pay(order=order, amount=Decimal("0.005"), cause="goodwill:2", note="Half a cent")
    pay(order=order, amount=Decimal("59.60"), cause="goodwill:2", note="The rest")
    assert aftersales.services.refundable(order) == 0
    aftersales.services.cancel_refund(refund=first, why="A mistake")
    assert aftersales.services.refundable(order) == Decimal("5.00")
    with pytest.raises(UnableToTransition):
        aftersales.services.pay_refund(refund=first, reference="re_1")


@pytest.mark.parametrize(
    ("amount", "currency", "units"),
    [("19.90", "EUR", 1990), ("500.00", "JPY", 500), ("0.01", "USD", 1), ("1.25", "KWD", 1250), ("5", "UGX", 500)],
)
def test_amounts_as_stripe_counts_them(amount: str, currency: str, units: int) -> None:
    assert minor_units(Decimal(amount), currency) == units
