"""What waits for staff, and what an order's page tells of the time after the sale."""

from typing import Any

from django.db.models import Count as Tally
from django.db.models import Q
from django.http import HttpRequest
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from logistics_portal.kernel.parts import Count, counter, panel, seen_by
from orders.models import Order

from ..models import Dispute, Refund, Return

BEFORE_SHIPPED = (Order.Status.PLACED, Order.Status.PICKING, Order.Status.PACKED)


@panel(Order, gettext_lazy("After the sale"), "admin/panels/aftersales.html")
def aftersales_of(request: HttpRequest, order: Order) -> dict[str, Any]:
    return {
        "order": order,
        "may_act": order.status not in BEFORE_SHIPPED and request.user.has_perm("aftersales.change_return"),
        "returns": order.returns.prefetch_related("lines__order_line").order_by("-pk"),
        "refunds": order.refunds.order_by("-pk"),
        "disputes": order.disputes.order_by("-pk"),
    }


@counter("aftersales", gettext_lazy("After-sales"))
def count_cases(request: HttpRequest) -> list[Count]:
    returns = seen_by(request, Return).filter(status=Return.Status.REQUESTED).count()
    disputes = (
        seen_by(request, Dispute)
        .filter(status=Dispute.Status.OPEN)
        .aggregate(all=Tally("pk"), urgent=Tally("pk", filter=Q(escalated_at__isnull=False)))
    )
    refunds = seen_by(request, Refund).filter(status=Refund.Status.PENDING).count()
    return [
        Count(_("Returns to decide"), returns, Return, "status__exact=requested", "warn"),
        Count(_("Open disputes"), disputes["all"], Dispute, "status__exact=open", "bad"),
        Count(_("Urgent disputes"), disputes["urgent"], Dispute, "turn=urgent", "bad"),
        Count(_("Refunds to pay"), refunds, Refund, "status__exact=pending", "warn"),
    ]
