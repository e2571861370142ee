"""Decisions: kept with what was seen, replayed, overruled by people."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.utils import timezone, translation

import aftersales.services
from aftersales.models import Decision, Dispute, Refund, Return
from aftersales.rules.base import OrderCase, Twin
from aftersales.services.cases import claim_facts, return_facts
from aftersales.services.judging import UnableToReplay, all_rulings, as_decision, is_reproduced, reason_of, replay
from merchants.models import Merchant, Policy
from orders.models import Order
from tests import build

pytestmark = pytest.mark.django_db


def arrived(merchant: Merchant, *, days_ago: int = 1, **changes: Any) -> Order:
    order = build.order(merchant=merchant, placed_at=timezone.now() - timedelta(days=days_ago + 5), **changes)
    build.delivered(order, at=timezone.now() - timedelta(days=days_ago))
    return Order.objects.get(pk=order.pk)


def ask(order: Order) -> Return:
    wanted = {line.pk: 1 for line in order.lines.all()}
    return aftersales.services.request_return(order=order, reason="too_small", comment="", quantities=wanted)


def lost(merchant: Merchant, *, source: str = "carrier", **changes: Any) -> Dispute:
    order = build.order(merchant=merchant, placed_at=timezone.now() - timedelta(days=20), **changes)
    shipment = build.shipment(order)
    before = timezone.now() - timedelta(days=15)
    build.scan(shipment.parcels.get(), "in_transit", at=before)
    build.scan(
        shipment.parcels.get(), "exception", at=before + timedelta(days=1), reason="carrier_parcel_lost", source=source
    )
    shipment.refresh_from_db()
    return aftersales.services.open_dispute(shipment=shipment, statement="Where is it?")


def test_every_return_gets_a_decision_that_can_be_replayed(acme: Merchant) -> None:
    Policy.objects.update(auto_approve_up_to=Decimal("10.00"))
    ask(arrived(acme))
    decision = Decision.objects.get()
    assert (decision.rule, decision.verdict, decision.case) == ("return_to_person", "person", "return")
    assert is_reproduced(decision)


def test_staff_overrule_a_rule_with_a_reason_that_names_its_decision(acme: Merchant, staff: User) -> None:
    Policy.objects.update(auto_approve_up_to=Decimal("10.00"))
    case = ask(arrived(acme))
    aftersales.services.approve_return(return_case=case, by=staff, note="A good customer.")
    by_rule, by_person = Decision.objects.order_by("pk")
    assert by_person.overrules == by_rule
    assert (by_person.decided_by, by_person.why, by_person.rule) == (staff, "A good customer.", "")
    assert by_person.facts["value"] == by_rule.facts["value"]
    with pytest.raises(UnableToReplay, match="A person decided"):
        replay(by_person)


def test_what_the_carrier_says_it_lost_is_paid_at_once(acme: Merchant) -> None:
    dispute = lost(acme)
    assert dispute.status == Dispute.Status.ACCEPTED
    decision = dispute.decisions.get()
    assert (decision.rule, decision.verdict) == ("carrier_lost", "refund")
    assert decision.facts["evidence"], "the digests of what was known"
    assert is_reproduced(decision)
    assert Refund.objects.get().dispute == dispute


def test_a_merchants_own_word_of_a_loss_proves_nothing(acme: Merchant) -> None:
    dispute = lost(acme, source="merchant")
    assert dispute.status == Dispute.Status.OPEN
    assert dispute.decisions.get().rule == "claim_to_person"


def test_who_does_not_want_it_is_asked(acme: Merchant) -> None:
    Policy.objects.update(refund_lost=False)
    assert lost(acme).status == Dispute.Status.OPEN


def test_signed_at_the_address_goes_to_a_person(acme: Merchant) -> None:
    order = arrived(acme)
    dispute = aftersales.services.open_dispute(shipment=order.shipments.get(), statement="Not here.")
    assert dispute.status == Dispute.Status.OPEN
    assert dispute.decisions.get().rule == "handed_over"


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"phone": "+4915198765432"},
        {"line1": "Rosenweg 1", "city": "Köln", "postal_code": "50667"},
    ],
    ids=["customer", "address", "phone"],
)
def test_repeated_claims_go_to_a_person(acme: Merchant, changes: dict[str, str]) -> None:
    for _ in range(2):
        order = arrived(acme, **changes)
        aftersales.services.open_dispute(shipment=order.shipments.get(), statement="Not here.")
    third = arrived(acme)
    dispute = aftersales.services.open_dispute(shipment=third.shipments.get(), statement="Not here.")
    assert dispute.decisions.get().rule == "claimed_often"


def test_claims_at_another_merchant_do_not_count(acme: Merchant, rival: Merchant) -> None:
    for _ in range(2):
        order = arrived(rival)
        aftersales.services.open_dispute(shipment=order.shipments.get(), statement="Not here.")
    order = arrived(acme)
    dispute = aftersales.services.open_dispute(shipment=order.shipments.get(), statement="Not here.")
    assert claim_facts(dispute).earlier == 0


def test_goods_of_little_value_are_kept_and_paid(acme: Merchant) -> None:
    Policy.objects.update(keep_goods_up_to=Decimal(50))
    case = ask(arrived(acme, lines=1))
    assert Decision.objects.get().rule == "keep_goods"
    assert case.status == Return.Status.KEPT
    assert Refund.objects.get().amount == Decimal("19.90")


def test_earlier_kept_goods_are_counted(acme: Merchant) -> None:
    Policy.objects.update(keep_goods_up_to=Decimal(50))
    for _ in range(2):
        ask(arrived(acme, lines=1))
    third = ask(arrived(acme, lines=1))
    assert return_facts(third).earlier_kept == 2
    assert third.status == Return.Status.APPROVED, "the third comes back"


def test_a_rule_that_is_gone_is_told(acme: Merchant) -> None:
    ask(arrived(acme))
    decision = Decision.objects.get()
    for changes, why in (
        ({"rule": "long_gone"}, "no rule long_gone"),
        ({"rule": "in_policy", "rule_version": 9}, "no version 9"),
        ({"rule_version": 1, "facts": {"reason": "damaged"}}, "can't be read"),
    ):
        for name, value in changes.items():
            setattr(decision, name, value)
        with pytest.raises(UnableToReplay, match=why):
            replay(decision)


def test_a_verdict_that_differs_is_seen(acme: Merchant) -> None:
    ask(arrived(acme))
    decision = Decision.objects.get()
    decision.facts = {**decision.facts, "days_since_delivery": 20}
    assert not is_reproduced(decision)


@pytest.mark.parametrize(
    ("hours", "english", "german", "chinese"),
    [
        (0.02, "1 minute before", "1 Minute zuvor", "1 分钟前"),
        (0.2, "12 minutes before", "12 Minuten zuvor", "12 分钟前"),
        (1.1, "1 hour before", "1 Stunde zuvor", "1 小时前"),
        (3.15, "3 hours before", "3 Stunden zuvor", "3 小时前"),
    ],
)
def test_how_long_before_is_told_in_the_readers_language(hours: float, english: str, german: str, chinese: str) -> None:
    order = OrderCase("Lindenstraße 12", "", "Berlin", "10969", "DE", True, twins=(Twin("A-1", hours, True),))
    (ruling,) = all_rulings(order)
    decision = as_decision(ruling)
    assert is_reproduced(decision)
    before = Decision(case="order", rule="duplicate_order", rule_version=1, facts=decision.facts, verdict="ask")
    old = replay(before)
    assert old is not None and f", {round(60 * hours)} minutes before, " in old.why
    before.code, before.parameters, before.why = old.code, old.parameters, old.why
    assert is_reproduced(before)
    for language, words in (("en", english), ("de", german), ("zh-hans", chinese)):
        with translation.override(language):
            assert words in reason_of(decision)
            assert reason_of(before) == reason_of(decision), "what a former version said is told in today's words"


def test_reasons_are_told_in_the_readers_language(acme: Merchant) -> None:
    ask(arrived(acme))
    decision = Decision.objects.get()
    assert reason_of(decision) == decision.why
    with translation.override("de"):
        assert reason_of(decision) == "Tag 1 von 30, Wert innerhalb der Grenze des Händlers."
    decision.rule = "long_gone"
    assert reason_of(decision) == decision.why
