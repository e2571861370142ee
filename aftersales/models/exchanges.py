"""Something else for what is sent back."""

from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from inventory.models import Item
from logistics_portal.kernel.models import Row
from orders.models import MONEY, Order

from .returns import Return, ReturnLine


class Exchange(Row):
    """The goods that a customer gets for a return. Released, they become an order that the warehouse packs as any."""

    class Status(models.TextChoices):
        RESERVED = "reserved", _("Put aside for you")  # waits for the return
        RELEASED = "released", _("Being sent")  # the warehouse's turn
        CANCELED = "canceled", _("Called off")  # nobody's turn

    return_case = models.OneToOneField(Return, on_delete=models.CASCADE, related_name="exchange")
    status = models.CharField(max_length=10, choices=Status, default=Status.RESERVED)
    order = models.OneToOneField(
        Order, null=True, on_delete=models.PROTECT, related_name="exchange", help_text="The replacement"
    )
    reserved_at = models.DateTimeField(default=timezone.now)
    released_at = models.DateTimeField(null=True, blank=True)
    canceled_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(status="released", order__isnull=False) | (~Q(status="released") & Q(order__isnull=True)),
                name="released_exchange_has_order",
            )
        ]

    def __str__(self) -> str:
        return f"{self.return_case} → {self.order or self.get_status_display()}"


EXCHANGE_TRANSITIONS: dict[str, frozenset[str]] = {
    Exchange.Status.RESERVED: frozenset({Exchange.Status.RELEASED, Exchange.Status.CANCELED}),
    Exchange.Status.RELEASED: frozenset(),
    Exchange.Status.CANCELED: frozenset({Exchange.Status.RESERVED}),
}


class ExchangeLine(Row):
    """What is given for one line of a return, piece for piece; its key is the reference of the stock put aside."""

    exchange = models.ForeignKey(Exchange, on_delete=models.CASCADE, related_name="lines")
    return_line = models.OneToOneField(ReturnLine, on_delete=models.CASCADE, related_name="exchange_line")
    item = models.ForeignKey(Item, on_delete=models.PROTECT, related_name="+")
    quantity = models.PositiveIntegerField()
    unit_price = models.DecimalField(**MONEY, help_text="What the item costs; at most what was paid for the other one")

    class Meta:
        constraints = [models.CheckConstraint(condition=Q(quantity__gt=0), name="exchange_line_has_quantity")]

    def __str__(self) -> str:
        return f"{self.quantity} × {self.item.name}"
