"""Two people at once: one wins, the other is told; and money and goods are given once."""

from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal

import pytest
from django.contrib.auth.models import User
from django.db.models import Sum
from django.utils import timezone

import aftersales.services
import customers.services
import inventory.services
import orders.services
import tracking.services
from aftersales.models import Decision, Dispute, Evidence, Refund, Return
from aftersales.services import UnableToReturn
from customers.models import PhoneVerification
from inventory.models import Reservation, StockLevel, StockMovement
from logistics_portal.kernel.errors import DomainError
from logistics_portal.kernel.models import Event
from logistics_portal.kernel.state import UnableToTransition
from merchants.models import Merchant
from orders.models import Order
from tests import build
from tests.races.at_once import at_once
from tracking.models import ProofOfDelivery, Shipment, TrackingStatus

pytestmark = [pytest.mark.race, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def picky(db: None) -> Merchant:
    """A merchant whose every return is decided by a person."""
    return build.merchant(slug="picky", auto_approve_returns=False)


def won(outcomes: list[object], loses_with: type[Exception] = UnableToTransition) -> int:
    """How many acts went well; each other must have been refused."""
    refused = [outcome for outcome in outcomes if isinstance(outcome, Exception)]
    assert all(isinstance(outcome, loses_with) for outcome in refused), refused
    return len(outcomes) - len(refused)


def ask_return(order: Order, quantity: int = 1, reason: str = "too_small") -> Return:
    line = order.lines.order_by("pk").first()
    return aftersales.services.request_return(order=order, reason=reason, comment="", quantities={line.pk: quantity})


def open_dispute(merchant: Merchant) -> Dispute:
    shipment = build.delivered(build.order(merchant=merchant))
    return aftersales.services.open_dispute(shipment=shipment, statement="It is not here.")


def copies(row: object, count: int) -> list:
    return [type(row).objects.get(pk=row.pk) for _ in range(count)]


def test_one_dispute_is_decided_once(acme: Merchant, staff: User) -> None:
    dispute = open_dispute(acme)
    acts = [
        lambda row=row, accept=accept: aftersales.services.decide_dispute(
            dispute=row, accept=accept, note="Because.", by=staff
        )
        for row, accept in zip(copies(dispute, 6), [True, False] * 3, strict=True)
    ]
    assert won(at_once(acts)) == 1
    dispute.refresh_from_db()
    assert Decision.objects.get(decided_by=staff).verdict == dispute.status
    assert Evidence.objects.filter(kind=Evidence.Kind.DECISION).count() == 1
    assert Refund.objects.count() == (dispute.status == Dispute.Status.ACCEPTED)
    assert Event.objects.filter(name="aftersales.dispute_decided").count() == 1


def test_one_parcel_is_disputed_once(acme: Merchant) -> None:
    shipment = build.delivered(build.order(merchant=acme))
    acts = [
        lambda row=row: aftersales.services.open_dispute(shipment=row, statement="Gone.") for row in copies(shipment, 5)
    ]
    assert won(at_once(acts), aftersales.services.UnableToDispute) == 1
    kinds = Evidence.objects.values_list("kind", flat=True)
    assert (Dispute.objects.count(), len(kinds)) == (1, len(set(kinds)))


def test_one_return_is_decided_once(picky: Merchant) -> None:
    staff = build.staff(picky)
    return_case = ask_return(_arrived(picky))
    approve = [
        lambda row=row: aftersales.services.approve_return(return_case=row, by=staff) for row in copies(return_case, 3)
    ]
    reject = [
        lambda row=row: aftersales.services.reject_return(return_case=row, by=staff, note="Worn.")
        for row in copies(return_case, 3)
    ]
    assert won(at_once([*approve, *reject])) == 1
    return_case.refresh_from_db()
    assert return_case.status in (Return.Status.APPROVED, Return.Status.REJECTED)
    assert Decision.objects.filter(decided_by__isnull=False).count() == 1


def _arrived(merchant: Merchant) -> Order:
    order = build.order(merchant=merchant)
    build.delivered(order)
    return Order.objects.select_related("merchant__policy").get(pk=order.pk)


def test_one_item_is_sent_back_once(acme: Merchant) -> None:
    """The line has two pieces; of four who ask for two each, one gets the return."""
    order = _arrived(acme)
    outcomes = at_once([lambda row=row: ask_return(row, quantity=2) for row in copies(order, 4)])
    assert won(outcomes, UnableToReturn) == 1
    assert Return.objects.count() == 1


def test_a_return_is_called_off_or_sent_and_never_both(acme: Merchant) -> None:
    for number in range(4):
        return_case = ask_return(_arrived(acme))
        one, two = copies(return_case, 2)
        send = {"carrier": "dhl", "tracking_number": f"RET000{number}"}
        outcomes = at_once(
            [
                lambda one=one: aftersales.services.cancel_return(return_case=one),
                lambda two=two, send=send: aftersales.services.send_return(return_case=two, **send),
            ]
        )
        assert won(outcomes, DomainError) == 1
        return_case.refresh_from_db()
        is_sent = return_case.shipment_id is not None
        assert return_case.status == (Return.Status.APPROVED if is_sent else Return.Status.CANCELED)
        assert Shipment.objects.filter(direction=Shipment.Direction.RETURN, order=return_case.order).count() == is_sent


def test_a_parcel_that_was_given_keeps_a_return_from_being_called_off(acme: Merchant) -> None:
    """Also for somebody whose page still shows the return without its parcel."""
    return_case = ask_return(_arrived(acme))
    [as_shown_before] = copies(return_case, 1)
    aftersales.services.send_return(return_case=return_case, carrier="dhl", tracking_number="RET1")
    with pytest.raises(UnableToReturn):
        aftersales.services.cancel_return(return_case=as_shown_before)


def test_goods_are_received_and_put_back_once(acme: Merchant) -> None:
    level = build.stock(acme, sku="SKU-1", on_hand=10)
    order = _arrived(acme)
    return_case = ask_return(order)
    acts = [lambda row=row: aftersales.services.receive_return(return_case=row) for row in copies(return_case, 5)]
    assert won(at_once(acts)) == 1
    assert Refund.objects.count() == 1
    level.refresh_from_db()
    assert level.on_hand == 10 - 2 + 1
    assert StockMovement.objects.filter(kind=StockMovement.Kind.RETURNED).count() == 1


def test_a_refund_is_paid_once(acme: Merchant) -> None:
    return_case = ask_return(_arrived(acme))
    aftersales.services.receive_return(return_case=return_case)
    refund = Refund.objects.get()
    acts = [
        lambda row=row, number=number: aftersales.services.pay_refund(refund=row, reference=f"re_{number}")
        for number, row in enumerate(copies(refund, 5))
    ]
    outcomes = at_once(acts)
    assert won(outcomes) == 1
    refund.refresh_from_db()
    assert refund.reference == f"re_{outcomes.index(None)}"
    assert Event.objects.filter(name="aftersales.refund_paid").count() == 1


def test_a_return_and_a_dispute_together_pay_back_at_most_what_was_paid(acme: Merchant, staff: User) -> None:
    order = build.order(merchant=acme)
    shipment = build.delivered(order)
    returns = [ask_return(Order.objects.get(pk=order.pk)) for _ in range(2)]
    dispute = aftersales.services.open_dispute(shipment=shipment, statement="The rest is not here.")
    acts: list[Callable[[], object]] = [
        lambda row=row: aftersales.services.receive_return(return_case=row) for row in returns
    ]
    acts.append(lambda: aftersales.services.decide_dispute(dispute=dispute, accept=True, note="Yes.", by=staff))
    assert won(at_once(acts)) == 3
    paid_back = Refund.objects.aggregate(sum=Sum("amount"))["sum"]
    order.refresh_from_db()
    assert Decimal(0) < paid_back <= order.total
    assert Event.objects.filter(name="aftersales.refund_started").count() == Refund.objects.count()


def test_the_last_piece_is_promised_once(acme: Merchant) -> None:
    levels = [build.stock(acme, sku=f"SKU-{number}", on_hand=5) for number in (1, 2)]
    forward = [build.line(1, quantity=1), build.line(2, quantity=1)]
    lines = [forward, forward[::-1]] * 6
    acts = [
        lambda number=number, wanted=wanted: build.order(
            merchant=acme, phone=f"+49151123456{70 + number}", lines=wanted
        )
        for number, wanted in enumerate(lines)
    ]
    assert won(at_once(acts)) == 12
    for level in levels:
        level.refresh_from_db()
        assert (level.on_hand, level.reserved) == (5, 5)
    for item in {level.item_id for level in levels}:
        promised = Reservation.objects.filter(item=item).aggregate(held=Sum("quantity"), short=Sum("short"))
        assert promised == {"held": 5, "short": 7}


def test_stock_that_is_shipped_and_released_at_once_is_counted_once(acme: Merchant) -> None:
    build.stock(acme, sku="SKU-1", on_hand=10)
    order = build.order(merchant=acme, lines=[build.line(1, quantity=4)])
    pieces = dict(order.lines.values_list("pk", "quantity"))
    acts = [
        *[lambda: inventory.services.release(references=pieces)] * 3,
        *[lambda: inventory.services.ship_reserved(pieces=pieces)] * 3,
    ]
    assert won(at_once(acts)) == 6
    level = StockLevel.objects.get()
    assert level.reserved == 0
    assert level.on_hand == 10 - 4 * StockMovement.objects.filter(kind=StockMovement.Kind.SHIPPED).count()
    assert level.on_hand in (6, 10)


def test_an_order_is_canceled_or_shipped_and_never_both(acme: Merchant) -> None:
    for number in range(4):
        order = build.order(merchant=acme)
        one, two = copies(order, 2)
        outcomes = at_once(
            [
                lambda one=one: orders.services.cancel_order(order=one),
                lambda two=two, number=number: build.shipment(two, number=f"JD000400{number}"),
            ]
        )
        assert won(outcomes, DomainError) == 1
        order.refresh_from_db()
        assert (order.status == Order.Status.SHIPPED) == order.shipments.exists()


def test_a_parcel_is_handed_over_once(acme: Merchant) -> None:
    shipment = build.shipment(build.order(merchant=acme))
    build.scan(shipment.parcels.get(), "out_for_delivery", at=timezone.now() - timedelta(hours=1))
    shipment.refresh_from_db()
    code = tracking.services.handover_code(shipment)
    acts = [lambda: tracking.services.prove_delivery(shipment=shipment, code=code)] * 4
    assert won(at_once(acts), DomainError) == 1
    assert ProofOfDelivery.objects.count() == 1
    shipment.refresh_from_db()
    assert shipment.status == TrackingStatus.DELIVERED


def test_parallel_guesses_of_a_code_get_no_more_tries(db: None) -> None:
    number = build.draft().phone
    sent = customers.services.request_verification(number=number, purpose="sign_in", language="en", caller="::1")
    code = customers.services.verification_code(sent)
    wrong = f"{(int(code) + 1) % 10**6:06d}"
    ask = {"number": number, "purpose": "sign_in"}
    outcomes = at_once([lambda: customers.services.confirm_verification(code=wrong, **ask)] * 9)
    assert won(outcomes, customers.services.WrongCode) == 0
    assert PhoneVerification.objects.get().tries == customers.services.TRIES_A_CODE
    with pytest.raises(customers.services.WrongCode):
        customers.services.confirm_verification(code=code, **ask)


def test_a_right_code_proves_once(db: None) -> None:
    number = build.draft().phone
    sent = customers.services.request_verification(number=number, purpose="sign_in", language="en", caller="::1")
    code = customers.services.verification_code(sent)
    ask = {"number": number, "purpose": "sign_in", "code": code}
    outcomes = at_once([lambda: customers.services.confirm_verification(**ask)] * 4)
    assert won(outcomes, customers.services.WrongCode) == 1


def test_parallel_requests_send_one_code_a_minute(db: None) -> None:
    number = build.draft().phone
    ask = {"number": number, "purpose": "sign_in", "language": "en"}
    acts = [
        lambda caller=caller: customers.services.request_verification(caller=f"10.0.0.{caller}", **ask)
        for caller in range(6)
    ]
    assert won(at_once(acts), DomainError) == 1
    assert PhoneVerification.objects.count() == 1
