"""``/api/v1/refunds``."""

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.mixins import ListModelMixin, RetrieveModelMixin
from rest_framework.request import Request
from rest_framework.response import Response

from merchants.door import MerchantViewSet

from .. import services
from ..models import Refund
from .filters import StatusFilter


class RefundOutput(serializers.ModelSerializer):
    order_number = serializers.CharField(source="order.number")

    class Meta:
        model = Refund
        fields = (
            *("id", "order", "order_number", "return_case", "dispute", "status", "amount", "currency"),
            *("reference", "started_at", "paid_at"),
        )


class PayInput(serializers.Serializer):
    reference = serializers.CharField(max_length=120, help_text="The payment provider's number of the refund")


@extend_schema(tags=["after-sales"])
class RefundViewSet(ListModelMixin, RetrieveModelMixin, MerchantViewSet):
    serializer_class = RefundOutput
    filterset_class = StatusFilter
    queryset = Refund.objects.none()

    def get_queryset(self):
        return Refund.objects.for_merchant(self.merchant).select_related("order", "return_case")

    @extend_schema(request=PayInput, responses=RefundOutput)
    @action(detail=True, methods=["post"])
    def pay(self, request: Request, pk: str) -> Response:
        """Note that the refund was paid; the customer is told."""
        refund, given = self.get_object(), self.read_input(PayInput)

        def act() -> Refund:
            services.pay_refund(refund=refund, **given)
            return refund

        return self.write_once(request, 200, act)
