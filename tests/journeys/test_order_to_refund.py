"""From an order to a refund, through the services."""

from decimal import Decimal

import pytest

import aftersales.services
from aftersales.models import Refund, Return
from logistics_portal.kernel import work
from logistics_portal.kernel.models import Event
from merchants.models import Merchant
from orders.models import Order
from tests import build
from tracking.models import Shipment, TrackingStatus

pytestmark = pytest.mark.django_db(transaction=True)


def test_a_returned_parcel_that_arrives_starts_the_refund(acme: Merchant) -> None:
    order = build.order(merchant=acme, lines=2)
    shipment = build.delivered(order)
    assert shipment.status == TrackingStatus.DELIVERED
    assert order.status == Order.Status.COMPLETED
    line = order.lines.first()
    return_case = aftersales.services.request_return(
        order=order, reason="too_small", comment="", quantities={line.pk: 1}
    )
    assert return_case.status == Return.Status.APPROVED
    back = aftersales.services.send_return(return_case=return_case, carrier="dhl", tracking_number="RET123456789")
    assert back.direction == Shipment.Direction.RETURN
    build.scan(back.parcels.get(), "delivered")
    work.drain()
    return_case.refresh_from_db()
    assert return_case.status == Return.Status.RECEIVED
    refund = Refund.objects.get()
    assert refund.amount == Decimal("19.90")
    aftersales.services.pay_refund(refund=refund, reference="re_1")
    return_case.refresh_from_db()
    assert return_case.status == Return.Status.CLOSED
    work.drain()
    assert not Event.objects.open().exists()
