"""A dispute that grants goods sends an order of them, which the case follows."""

from decimal import Decimal

import pytest
from django.contrib.auth.models import User

import aftersales.services
import tracking.services
from aftersales.models import Dispute, OrderCheck, Refund
from aftersales.services.amounts import paying_order
from inventory.models import StockLevel
from logistics_portal.kernel import work
from merchants.models import Merchant
from orders.models import Order
from tests import build
from tests.visitors import holder, text_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def damaged(acme: Merchant) -> Dispute:
    """One of two things on the first line of an order broke."""
    build.stock(acme, sku="SKU-1", on_hand=5)
    order = build.order(merchant=acme)
    shipment = build.delivered(order)
    line = order.lines.order_by("pk").first()
    return aftersales.services.open_dispute(
        shipment=shipment, kind=Dispute.Kind.DAMAGED, statement="It is in two.", quantities={line.pk: 1}
    )


def granted(dispute: Dispute, staff: User) -> Order:
    aftersales.services.decide_dispute(
        dispute=dispute, accept=True, note="You get a new one.", by=staff, resolution="replacement"
    )
    return Dispute.objects.get(pk=dispute.pk).replacement


def test_what_was_claimed_becomes_an_order_that_costs_nothing(damaged: Dispute, staff: User) -> None:
    before = StockLevel.objects.get(item__sku="SKU-1").reserved
    order = granted(damaged, staff)
    assert order.number == f"R-{damaged.order.number}"
    assert list(order.lines.values_list("sku", "quantity")) == [("SKU-1", 1)]
    assert (order.total, order.line1, order.phone) == (0, damaged.order.line1, damaged.order.phone)
    assert order in Order.objects.to_pack()
    assert StockLevel.objects.get(item__sku="SKU-1").reserved == before + 1
    assert not Refund.objects.exists()
    assert damaged.evidence.get(kind="decision").content["replacement"] == order.number


def test_a_lost_parcel_is_sent_anew_as_a_whole_and_no_twin_is_asked_of(acme: Merchant, staff: User) -> None:
    order = build.order(merchant=acme)
    dispute = aftersales.services.open_dispute(shipment=build.delivered(order), statement="Nothing is here.")
    anew = granted(dispute, staff)
    assert sorted(anew.lines.values_list("sku", "quantity")) == sorted(order.lines.values_list("sku", "quantity"))
    work.drain()
    assert not OrderCheck.objects.filter(order=anew, rule="duplicate_order").exists()


def test_a_taken_offer_sends_it_and_an_offer_alone_does_not(damaged: Dispute, staff: User) -> None:
    aftersales.services.make_offer(dispute=damaged, resolution="replacement", by=staff)
    assert Order.objects.count() == 1
    aftersales.services.answer_offer(dispute=damaged, accept=True)
    assert Order.objects.filter(granted_by=damaged).count() == 1


def test_a_replacement_that_breaks_too_is_paid_from_the_first_payment(damaged: Dispute, staff: User) -> None:
    first = granted(damaged, staff)
    again = aftersales.services.open_dispute(
        shipment=build.delivered(first),
        kind=Dispute.Kind.DAMAGED,
        statement="Again.",
        quantities={first.lines.get().pk: 1},
    )
    assert paying_order(first) == damaged.order
    assert aftersales.services.claimed_amount(again) == Decimal("19.90")
    assert granted(again, staff).number == f"R-{first.number}"


def test_two_replacements_of_one_order_have_two_numbers(damaged: Dispute, staff: User) -> None:
    granted(damaged, staff)
    lost = aftersales.services.open_dispute(shipment=damaged.shipment, statement="The rest is not here.")
    assert granted(lost, staff).number == f"R-{damaged.order.number}-2"


def test_the_case_follows_the_replacement_s_parcel(damaged: Dispute, staff: User) -> None:
    order = granted(damaged, staff)
    case = f"/t/{damaged.order.token}/disputes/{damaged.pk}/"
    visitor = holder()
    said = text_of(visitor.get(case))
    assert f"Replacement {order.number}" in said and "In preparation" not in said
    parcel = tracking.services.ParcelDraft("NEW4711")
    shipment = tracking.services.create_shipment(order=order, carrier="dhl", parcels=[parcel])
    build.scan(shipment.parcels.get(), "out_for_delivery")
    assert "DHL · Out for delivery" in text_of(visitor.get(case))
    assert f"Replacement {order.number}" in text_of(visitor.get(f"/t/{damaged.order.token}/"))
