"""``/api/v1/refunds``."""

from uuid import UUID

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.mixins import ListModelMixin, RetrieveModelMixin
from rest_framework.request import Request
from rest_framework.response import Response

from logistics_portal.kernel.errors import Invalid
from merchants.door import MerchantViewSet
from merchants.models import Merchant
from orders.models import MONEY, Order

from .. import services
from ..models import Payment, Refund
from .filters import StatusFilter


class RefundOutput(serializers.ModelSerializer):
    order_number = serializers.CharField(source="order.number")

    class Meta:
        model = Refund
        fields = (
            *("id", "order", "order_number", "return_case", "dispute", "cause", "note", "status", "amount"),
            *("shipping_amount", "currency", "gateway", "reference", "failure", "started_at", "sent_at", "paid_at"),
        )


class PayInput(serializers.Serializer):
    reference = serializers.CharField(max_length=120, help_text="The payment provider's number of the refund")


class FailInput(serializers.Serializer):
    failure = serializers.CharField(max_length=300, help_text="Why it did not go through")


class StartRefundInput(serializers.Serializer):
    order = serializers.UUIDField()
    amount = serializers.DecimalField(**MONEY, help_text="In the order's currency")
    cause = serializers.SlugField(
        max_length=60, help_text="Your name for what it is paid for: one refund an order and cause"
    )
    note = serializers.CharField(max_length=2000, help_text="Why, for staff")


class PaymentInput(serializers.Serializer):
    order = serializers.UUIDField()
    gateway = serializers.CharField(max_length=30, help_text="For example stripe")
    reference = serializers.CharField(max_length=120, help_text="The payment provider's number of the payment")


class PaymentOutput(serializers.ModelSerializer):
    class Meta:
        model = Payment
        fields = ("id", "order", "gateway", "reference", "noted_at")


def _order(merchant: Merchant, key: UUID) -> Order:
    order = Order.objects.for_merchant(merchant).filter(pk=key).first()
    if order is None:
        raise Invalid("There is no such order.", fields={"order": ["There is no such order."]})
    return order


@extend_schema(tags=["after-sales"])
class RefundViewSet(ListModelMixin, RetrieveModelMixin, MerchantViewSet):
    serializer_class = RefundOutput
    filterset_class = StatusFilter
    queryset = Refund.objects.none()

    def get_queryset(self):
        return Refund.objects.for_merchant(self.merchant).select_related("order", "return_case")

    @extend_schema(request=StartRefundInput, responses={201: RefundOutput})
    def create(self, request: Request) -> Response:
        """Pay back a part of an order for a reason of your own, within what is left of its payment."""
        given = self.read_input(StartRefundInput)

        def act() -> Refund:
            order = _order(self.merchant, given["order"])
            cause = f"merchant:{given['cause']}"
            return services.refund_amount(order=order, amount=given["amount"], cause=cause, note=given["note"])

        return self.write_once(request, 201, act)

    @extend_schema(request=PayInput, responses=RefundOutput)
    @action(detail=True, methods=["post"])
    def pay(self, request: Request, pk: str) -> Response:
        """Note that the refund was paid; the customer is told."""
        refund, given = self.get_object(), self.read_input(PayInput)

        def act() -> Refund:
            services.pay_refund(refund=refund, **given)
            return refund

        return self.write_once(request, 200, act)

    @extend_schema(request=FailInput, responses=RefundOutput)
    @action(detail=True, methods=["post"])
    def fail(self, request: Request, pk: str) -> Response:
        """Note that the refund did not go through; the money is still owed."""
        refund, given = self.get_object(), self.read_input(FailInput)

        def act() -> Refund:
            services.fail_refund(refund=refund, why=given["failure"])
            return refund

        return self.write_once(request, 200, act)

    @extend_schema(request=None, responses=RefundOutput)
    @action(detail=True, methods=["post"])
    def retry(self, request: Request, pk: str) -> Response:
        """Try a failed refund again on its way."""
        refund = self.get_object()

        def act() -> Refund:
            services.retry_refund(refund=refund)
            return refund

        return self.write_once(request, 200, act)


@extend_schema(tags=["after-sales"])
class PaymentViewSet(ListModelMixin, MerchantViewSet):
    """How orders were paid, so that refunds find their way back."""

    serializer_class = PaymentOutput
    queryset = Payment.objects.none()

    def get_queryset(self):
        return Payment.objects.for_merchant(self.merchant)

    @extend_schema(request=PaymentInput, responses={201: PaymentOutput})
    def create(self, request: Request) -> Response:
        """Note how an order was paid; a second call corrects it as long as nothing was refunded."""
        given = self.read_input(PaymentInput)

        def act() -> Payment:
            order = _order(self.merchant, given["order"])
            return services.note_payment(
                merchant=self.merchant, order=order, gateway=given["gateway"], reference=given["reference"]
            )

        return self.write_once(request, 201, act)
