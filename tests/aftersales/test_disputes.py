"""Disputes: what may be said when, whose turn it is until when, and how they are settled."""

from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from io import BytesIO
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.utils import timezone
from PIL import Image

import aftersales.services
import tracking.services
from aftersales.models import (
    DISPUTE_TRANSITIONS,
    DISPUTE_TURNS,
    Decision,
    Dispute,
    DisputeClock,
    DisputePhoto,
    DisputeStep,
    Refund,
    Turn,
)
from aftersales.pictures import Photo, read_photo
from aftersales.services import UnableToDispute
from logistics_portal.kernel import work
from logistics_portal.kernel.models import Event
from logistics_portal.kernel.state import UnableToTransition
from merchants.models import Merchant, Policy
from orders.models import Order
from tests import build
from tests.visitors import holder, text_of
from tracking.models import Shipment

pytestmark = pytest.mark.django_db
KINDS = list(Dispute.Kind.values)
LATER_KINDS = [kind for kind in KINDS if kind != "not_received"]


def photo(color: str = "red") -> Photo:
    file = BytesIO()
    Image.new("RGB", (60, 40), color).save(file, "JPEG")
    return read_photo(file.getvalue())


def arrived(merchant: Merchant, *, days_ago: float = 1, **changes: Any) -> Shipment:
    order = build.order(merchant=merchant, placed_at=timezone.now() - timedelta(days=days_ago + 5), **changes)
    build.delivered(order, at=timezone.now() - timedelta(days=days_ago))
    return Shipment.objects.select_related("order__merchant__policy").get(order=order)


def opened(merchant: Merchant, kind: str = "not_received", **told: Any) -> Dispute:
    shipment = arrived(merchant)
    if kind != "not_received":
        line = shipment.order.lines.order_by("pk").first()
        told.setdefault("quantities", {line.pk: 1})
    return aftersales.services.open_dispute(shipment=shipment, statement="Look at this.", kind=kind, **told)


def let_pass(dispute: Dispute, days: int = 4) -> None:
    """Move the deadline into the past, and let the clock run."""
    past = timezone.now() - timedelta(days=days)
    Dispute.objects.filter(pk=dispute.pk).update(answer_by=past)
    DisputeClock.objects.filter(dispute=dispute).update(due_at=past, done_at=None)
    work.drain()
    dispute.refresh_from_db()


def steps(dispute: Dispute) -> list[str]:
    return list(dispute.steps.order_by("pk").values_list("kind", flat=True))


def events() -> list[str]:
    told = Event.objects.filter(name__startswith="aftersales.dispute").order_by("pk")
    return [name.removeprefix("aftersales.dispute_") for name in told.values_list("name", flat=True)]


# The tables.


def test_every_status_has_a_turn_and_ends_are_nobodys() -> None:
    assert set(DISPUTE_TURNS) == set(DISPUTE_TRANSITIONS) == set(Dispute.Status.values)
    for status, ways in DISPUTE_TRANSITIONS.items():
        assert (DISPUTE_TURNS[status] == Turn.NOBODY) or ways, "somebody whose turn it is can act"


# Opening.


@pytest.mark.parametrize("kind", KINDS)
def test_each_kind_opens_with_its_lines_and_photos(acme: Merchant, kind: str) -> None:
    dispute = opened(acme, kind, photos=[photo("red"), photo("blue"), photo("red")], wish="replacement")
    assert (dispute.status, dispute.kind, dispute.turn) == ("open", kind, Turn.MERCHANT)
    assert dispute.photos.count() == 2, "the same picture is kept once"
    assert dispute.lines.count() == (kind != "not_received")
    assert timedelta(days=2.9) < dispute.answer_by - timezone.now() <= timedelta(days=3)
    assert steps(dispute) == ["opened"]
    assert dispute.clock.due_at == dispute.answer_by


@pytest.mark.parametrize("kind", LATER_KINDS)
def test_what_is_in_a_parcel_is_told_of_when_it_arrived(order: Order, kind: str) -> None:
    shipment = build.shipment(order)
    line = order.lines.first()
    with pytest.raises(UnableToDispute, match="once the parcel has arrived"):
        aftersales.services.open_dispute(shipment=shipment, kind=kind, statement="", quantities={line.pk: 1})


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_has_its_time(acme: Merchant, kind: str) -> None:
    assert aftersales.services.dispute_refusal(arrived(acme, days_ago=59), kind) == ""
    assert "more than 60 days ago" in aftersales.services.dispute_refusal(arrived(acme, days_ago=61), kind)


def test_a_merchant_may_have_people_wait_before_a_parcel_counts_as_missing(acme: Merchant) -> None:
    Policy.objects.update(dispute_after_days=2)
    assert "2 days after the delivery" in aftersales.services.dispute_refusal(arrived(acme, days_ago=1))
    assert aftersales.services.dispute_refusal(arrived(acme, days_ago=1), "damaged") == ""
    assert aftersales.services.dispute_refusal(arrived(acme, days_ago=3)) == ""


def test_one_running_dispute_a_kind_and_others_beside_it(acme: Merchant) -> None:
    dispute = opened(acme, "damaged")
    shipment = Shipment.objects.select_related("order__merchant__policy").get(pk=dispute.shipment_id)
    assert set(aftersales.services.disputable_kinds(shipment)) == set(KINDS) - {"damaged"}
    with pytest.raises(UnableToDispute, match="already"):
        aftersales.services.open_dispute(shipment=shipment, kind="damaged", statement="")


@pytest.mark.parametrize("quantity", [0, -1, 3])
def test_lines_are_chosen_within_what_was_bought(acme: Merchant, quantity: int) -> None:
    shipment = arrived(acme)
    line = shipment.order.lines.first()
    with pytest.raises(UnableToDispute):
        aftersales.services.open_dispute(
            shipment=shipment, kind="missing_item", statement="", quantities={line.pk: quantity}
        )
    assert not Dispute.objects.exists()


def test_lines_of_another_order_are_refused(acme: Merchant) -> None:
    shipment, other = arrived(acme), arrived(acme)
    with pytest.raises(UnableToDispute):
        aftersales.services.open_dispute(
            shipment=shipment, kind="damaged", statement="", quantities={other.order.lines.first().pk: 1}
        )


def test_the_only_piece_needs_no_choice(acme: Merchant) -> None:
    shipment = arrived(acme, lines=[build.line(1, quantity=1)])
    dispute = aftersales.services.open_dispute(shipment=shipment, kind="damaged", statement="Broken.")
    assert [line.quantity for line in dispute.lines.all()] == [1]


def test_a_case_holds_so_many_photos(acme: Merchant) -> None:
    many = [Photo(b"jpeg", 20, 20, f"{number:064d}") for number in range(25)]
    with pytest.raises(UnableToDispute, match="too many photos"):
        opened(acme, "damaged", photos=many)
    assert not DisputePhoto.objects.exists()


# Question and answer.


def test_a_question_turns_the_clock_and_the_answer_turns_it_back(acme: Merchant, staff: User) -> None:
    dispute = opened(acme)
    aftersales.services.ask_customer(dispute=dispute, question="Did you look in the garage?", by=staff)
    assert (dispute.status, dispute.turn) == ("asked", Turn.CUSTOMER)
    aftersales.services.answer_question(dispute=dispute, text="Yes.", photos=[photo()])
    dispute.refresh_from_db()
    assert (dispute.status, dispute.turn, dispute.photos.count()) == ("open", Turn.MERCHANT, 1)
    assert steps(dispute) == ["opened", "question", "answer"]
    assert events() == ["opened", "question_asked", "answered"]


def test_empty_words_are_refused_on_both_sides(acme: Merchant, staff: User) -> None:
    dispute = opened(acme)
    with pytest.raises(UnableToDispute):
        aftersales.services.ask_customer(dispute=dispute, question="  ", by=staff)
    aftersales.services.ask_customer(dispute=dispute, question="Where?", by=staff)
    with pytest.raises(UnableToDispute):
        aftersales.services.answer_question(dispute=dispute, text=" ")
    assert Dispute.objects.get().status == "asked"


def test_nobody_declines_while_it_is_the_customers_turn(acme: Merchant, staff: User) -> None:
    dispute = opened(acme)
    aftersales.services.ask_customer(dispute=dispute, question="Where?", by=staff)
    with pytest.raises(UnableToTransition):
        aftersales.services.decide_dispute(dispute=dispute, accept=False, note="Too slow.", by=staff)
    assert not Decision.objects.filter(dispute=dispute, decided_by=staff).exists()
    aftersales.services.decide_dispute(dispute=dispute, accept=True, note="Found the fault.", by=staff)


# Offers.


@pytest.mark.parametrize(
    ("resolution", "amount", "owed"),
    [("partial_refund", "10.005", "10.00"), ("refund", None, "84.50"), ("replacement", None, None)],
)
def test_an_offer_that_is_taken_settles_it(
    acme: Merchant, staff: User, resolution: str, amount: str | None, owed: str | None
) -> None:
    dispute = opened(acme)
    given = {"resolution": resolution, "amount": Decimal(amount) if amount else None, "note": "We are sorry."}
    aftersales.services.make_offer(dispute=dispute, by=staff, **given)
    assert (dispute.status, dispute.turn) == ("offered", Turn.CUSTOMER)
    assert not Refund.objects.exists(), "an offer is no promise until it is taken"
    aftersales.services.answer_offer(dispute=dispute, accept=True)
    dispute.refresh_from_db()
    assert (dispute.status, dispute.resolution) == ("accepted", resolution)
    assert [refund.amount for refund in Refund.objects.all()] == ([Decimal(owed)] if owed else [])
    assert dispute.awarded == (Decimal(owed) if owed else None)
    assert steps(dispute)[-1] == "offer_accepted"


def test_a_declined_offer_is_the_merchants_turn_again(acme: Merchant, staff: User) -> None:
    dispute = opened(acme)
    aftersales.services.make_offer(dispute=dispute, resolution="partial_refund", amount=Decimal(5), by=staff)
    aftersales.services.answer_offer(dispute=dispute, accept=False, text="Not enough.")
    dispute.refresh_from_db()
    assert (dispute.status, steps(dispute)[-1]) == ("open", "offer_declined")
    with pytest.raises(UnableToDispute):
        aftersales.services.answer_offer(dispute=dispute, accept=True)
    assert not Refund.objects.exists()


@pytest.mark.parametrize("amount", [None, "0", "-1", "84.51", "1000"])
def test_offers_of_money_are_within_the_payment(acme: Merchant, staff: User, amount: str | None) -> None:
    dispute = opened(acme)
    with pytest.raises(UnableToDispute) as refused:
        aftersales.services.make_offer(
            dispute=dispute, resolution="partial_refund", amount=Decimal(amount) if amount else None, by=staff
        )
    assert "amount" in refused.value.fields
    assert Dispute.objects.get().status == "open"


def test_an_old_offer_pays_at_most_what_is_left(acme: Merchant, staff: User) -> None:
    first = opened(acme, "damaged")
    aftersales.services.make_offer(dispute=first, resolution="partial_refund", amount=Decimal("80.00"), by=staff)
    shipment = Shipment.objects.select_related("order__merchant__policy").get(pk=first.shipment_id)
    second = aftersales.services.open_dispute(shipment=shipment, statement="Nothing is here.")
    aftersales.services.decide_dispute(dispute=second, accept=True, note="A part.", by=staff, amount=Decimal("60.00"))
    aftersales.services.answer_offer(dispute=first, accept=True)
    first.refresh_from_db()
    assert (first.awarded, first.refund.amount) == (Decimal("24.50"), Decimal("24.50"))


# Decisions.


def test_a_claim_for_some_goods_pays_for_these(acme: Merchant, staff: User) -> None:
    dispute = opened(acme, "missing_item")
    aftersales.services.decide_dispute(dispute=dispute, accept=True, note="It was never packed.", by=staff)
    assert Refund.objects.get().amount == Decimal("19.90")


def test_a_part_may_be_granted(acme: Merchant, staff: User) -> None:
    dispute = opened(acme)
    aftersales.services.decide_dispute(
        dispute=dispute, accept=True, note="Half of it.", by=staff, amount=Decimal("42.00")
    )
    dispute.refresh_from_db()
    assert (dispute.resolution, dispute.awarded) == ("partial_refund", Decimal("42.00"))
    assert Refund.objects.get().amount == Decimal("42.00")


def test_what_the_carrier_lost_is_paid_at_once_by_a_rule(acme: Merchant) -> None:
    order = build.order(merchant=acme, placed_at=timezone.now() - timedelta(days=12))
    shipment = build.shipment(order)
    parcel = shipment.parcels.get()
    build.scan(parcel, "in_transit", at=timezone.now() - timedelta(days=10))
    build.scan(parcel, "exception", at=timezone.now() - timedelta(days=1), reason="carrier_parcel_lost")
    shipment = Shipment.objects.select_related("order__merchant__policy").get(pk=shipment.pk)
    dispute = aftersales.services.open_dispute(shipment=shipment, statement="It is lost.")
    dispute.refresh_from_db()
    assert (dispute.status, dispute.refund.amount) == ("accepted", order.total)
    assert steps(dispute) == ["opened", "accepted"]
    assert dispute.steps.last().party == DisputeStep.Party.PORTAL
    assert dispute.decisions.get().rule


def test_a_code_at_the_door_makes_it_a_persons_case(acme: Merchant) -> None:
    shipment = build.shipment(build.order(merchant=acme))
    build.scan(shipment.parcels.get(), "out_for_delivery", at=timezone.now() - timedelta(hours=1))
    shipment.refresh_from_db()
    tracking.services.prove_delivery(shipment=shipment, code=tracking.services.handover_code(shipment))
    shipment = Shipment.objects.select_related("order__merchant__policy").get(pk=shipment.pk)
    dispute = aftersales.services.open_dispute(shipment=shipment, statement="I never got it.")
    assert dispute.status == "open"
    assert not Refund.objects.exists()


# Clocks.


def test_a_silent_merchant_makes_it_urgent_once(acme: Merchant) -> None:
    dispute = opened(acme)
    let_pass(dispute)
    assert (dispute.status, dispute.escalated_at is not None) == ("open", True)
    let_pass(dispute)
    assert steps(dispute) == ["opened", "escalated"]
    assert events() == ["opened", "escalated"]
    assert dispute.clock.due_at is None


def test_a_customer_who_was_asked_and_is_silent_closes_it_with_a_record(acme: Merchant, staff: User) -> None:
    dispute = opened(acme)
    aftersales.services.ask_customer(dispute=dispute, question="Where?", by=staff)
    let_pass(dispute)
    assert (dispute.status, dispute.turn, dispute.answer_by) == ("closed", Turn.NOBODY, None)
    assert (steps(dispute)[-1], events()[-1]) == ("closed", "closed")
    with pytest.raises(UnableToDispute):
        aftersales.services.answer_question(dispute=dispute, text="Here I am.")
    aftersales.services.reopen_dispute(dispute=dispute, text="Here I am.")
    assert dispute.status == "open"


def test_silence_after_an_offer_is_no_consent(acme: Merchant, staff: User) -> None:
    dispute = opened(acme)
    aftersales.services.make_offer(dispute=dispute, resolution="partial_refund", amount=Decimal(5), by=staff)
    let_pass(dispute)
    assert (dispute.status, steps(dispute)[-1]) == ("open", "offer_lapsed")
    assert dispute.answer_by > timezone.now()
    assert dispute.clock.due_at == dispute.answer_by
    assert not Refund.objects.exists()


def test_the_clock_leaves_alone_what_is_in_time_or_over(acme: Merchant, staff: User) -> None:
    running, over = opened(acme), opened(acme)
    aftersales.services.decide_dispute(dispute=over, accept=False, note="No.", by=staff)
    DisputeClock.objects.update(due_at=timezone.now() - timedelta(minutes=1), done_at=None)
    work.drain()
    running.refresh_from_db()
    assert (running.status, running.escalated_at, running.clock.due_at) == ("open", None, running.answer_by)
    assert steps(over)[-1] == "rejected"


# Once more, and never mind.


def test_new_evidence_opens_it_again_once(acme: Merchant, staff: User) -> None:
    dispute = opened(acme)
    aftersales.services.decide_dispute(dispute=dispute, accept=False, note="It was signed for.", by=staff)
    with pytest.raises(UnableToDispute):
        aftersales.services.reopen_dispute(dispute=dispute, text="")
    aftersales.services.reopen_dispute(dispute=dispute, text="This is not my signature.", photos=[photo()])
    assert (dispute.status, dispute.decision_note, dispute.decided_at) == ("open", "", None)
    aftersales.services.decide_dispute(dispute=dispute, accept=False, note="It is.", by=staff)
    with pytest.raises(UnableToDispute):
        aftersales.services.reopen_dispute(dispute=dispute, text="No!")
    assert dispute.evidence.filter(kind="decision").count() == 2


def test_what_runs_is_not_opened_again(acme: Merchant, staff: User) -> None:
    dispute = opened(acme)
    for act in (
        lambda: aftersales.services.ask_customer(dispute=dispute, question="Where?", by=staff),
        lambda: aftersales.services.make_offer(dispute=dispute, resolution="replacement", by=staff),
    ):
        act()
        assert not dispute.can_reopen
        with pytest.raises(UnableToDispute):
            aftersales.services.reopen_dispute(dispute=dispute, text="But!")


def test_what_was_decided_is_not_opened_anew(acme: Merchant, staff: User) -> None:
    dispute = opened(acme)
    aftersales.services.decide_dispute(dispute=dispute, accept=False, note="No.", by=staff)
    shipment = Shipment.objects.select_related("order__merchant__policy").get(pk=dispute.shipment_id)
    with pytest.raises(UnableToDispute, match="new evidence"):
        aftersales.services.open_dispute(shipment=shipment, statement="Once more.")


@pytest.mark.parametrize(
    "settle",
    [
        lambda dispute, by: aftersales.services.decide_dispute(dispute=dispute, accept=True, note="Yes.", by=by),
        lambda dispute, by: aftersales.services.withdraw_dispute(dispute=dispute),
    ],
)
def test_what_is_settled_stays_settled(acme: Merchant, staff: User, settle: Callable[[Dispute, User], None]) -> None:
    dispute = opened(acme)
    settle(dispute, staff)
    with pytest.raises(UnableToDispute):
        aftersales.services.reopen_dispute(dispute=dispute, text="But!")
    for act in (
        lambda: aftersales.services.ask_customer(dispute=dispute, question="?", by=staff),
        lambda: aftersales.services.make_offer(dispute=dispute, resolution="replacement", by=staff),
        lambda: aftersales.services.decide_dispute(dispute=dispute, accept=False, note="No.", by=staff),
    ):
        with pytest.raises(UnableToTransition):
            act()


# Parcels that go back.


def going_back(
    merchant: Merchant,
    status: str,
    *,
    days_ago: float = 0,
    was_delivered: bool = False,
    said: tuple[str, str] = ("", ""),
) -> Shipment:
    """A parcel whose last scan, ``days_ago``, says that it goes or went back to the sender."""
    at = timezone.now() - timedelta(days=days_ago)
    order = build.order(merchant=merchant, placed_at=at - timedelta(days=9))
    shipment = build.delivered(order, at=at - timedelta(days=2)) if was_delivered else build.shipment(order)
    Shipment.objects.filter(pk=shipment.pk).update(created_at=at - timedelta(days=8))
    if any(said):
        aftersales.services.confirm_delivery(shipment=shipment, answer=said[0], proof=said[1])
    build.scan(shipment.parcels.get(), status, at=at)
    return Shipment.objects.select_related("order__merchant__policy").get(pk=shipment.pk)


@pytest.mark.parametrize("days_ago", [0, 8])
@pytest.mark.parametrize("was_delivered", [False, True])
def test_what_is_back_at_its_sender_is_not_called_lost(acme: Merchant, days_ago: int, was_delivered: bool) -> None:
    shipment = going_back(acme, "returned", days_ago=days_ago, was_delivered=was_delivered)
    assert "The sender has it" in aftersales.services.dispute_refusal(shipment)
    with pytest.raises(UnableToDispute, match="The sender has it"):
        aftersales.services.open_dispute(shipment=shipment, statement="Where is it?")


def test_damage_is_told_of_even_when_the_parcel_was_sent_back_for_it(acme: Merchant) -> None:
    back = going_back(acme, "returned", was_delivered=True)
    assert set(aftersales.services.disputable_kinds(back)) == set(LATER_KINDS)
    assert aftersales.services.disputable_kinds(going_back(acme, "returned")) == []


@pytest.mark.parametrize("was_delivered", [False, True])
def test_what_gets_lost_on_its_way_back_is_claimed_after_a_week(acme: Merchant, was_delivered: bool) -> None:
    moving = going_back(acme, "returning", days_ago=6, was_delivered=was_delivered)
    assert "is going back to the sender" in aftersales.services.dispute_refusal(moving)
    silent = going_back(acme, "returning", days_ago=8, was_delivered=was_delivered)
    assert aftersales.services.dispute_refusal(silent) == ""


@pytest.mark.parametrize(
    ("answer", "proof", "is_refused"),
    [
        ("has_it", "phone", True),
        ("has_it", "receiver", True),
        ("has_it", "link", False),  # a stranger who has the link takes no right away
        ("not_here", "phone", False),
    ],
)
def test_who_had_it_by_their_own_word_does_not_miss_it(
    acme: Merchant, answer: str, proof: str, is_refused: bool
) -> None:
    shipment = going_back(acme, "returning", days_ago=8, was_delivered=True, said=(answer, proof))
    assert ("You had this parcel" in aftersales.services.dispute_refusal(shipment)) == is_refused


def test_the_pages_of_a_parcel_that_went_back_say_what_follows(acme: Merchant) -> None:
    shipment = going_back(acme, "returned", days_ago=8)
    page = f"/t/{shipment.order.token}/"
    said = text_of(holder().get(page))
    assert "The sender has it, and sends it again or pays you back." in said
    assert "I did not receive it" not in said
    refused = holder().get(f"{page}dispute/{shipment.pk}/")
    assert "Your parcel is back at the sender." in text_of(refused)
    assert f"{page}talk/" in refused.content.decode()
    assert "Not possible now" not in text_of(refused)
