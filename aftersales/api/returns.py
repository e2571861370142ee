"""``/api/v1/returns``."""

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.mixins import ListModelMixin, RetrieveModelMixin
from rest_framework.request import Request
from rest_framework.response import Response

from merchants.door import MerchantViewSet

from .. import services
from ..models import Return, ReturnLine
from .filters import StatusFilter


class ReturnLineOutput(serializers.ModelSerializer):
    sku = serializers.CharField(source="order_line.sku")

    class Meta:
        model = ReturnLine
        fields = ("order_line", "sku", "quantity")


class ReturnOutput(serializers.ModelSerializer):
    order_number = serializers.CharField(source="order.number")
    lines = ReturnLineOutput(many=True)

    class Meta:
        model = Return
        fields = (
            *("id", "number", "order", "order_number", "status", "reason", "comment", "lines", "shipment"),
            *("requested_at", "decided_at", "decision_note", "received_at", "closed_at"),
        )


class SendReturnInput(serializers.Serializer):
    carrier = serializers.CharField(max_length=30)
    tracking_number = serializers.CharField(max_length=64)


@extend_schema(tags=["after-sales"])
class ReturnViewSet(ListModelMixin, RetrieveModelMixin, MerchantViewSet):
    serializer_class = ReturnOutput
    filterset_class = StatusFilter
    queryset = Return.objects.none()

    def get_queryset(self):
        return Return.objects.for_merchant(self.merchant).select_related("order").prefetch_related("lines__order_line")

    @extend_schema(request=SendReturnInput, responses=ReturnOutput)
    @action(detail=True, methods=["post"])
    def send(self, request: Request, pk: str) -> Response:
        """Give the return its parcel: the carrier and tracking number of the label."""
        return_case, given = self.get_object(), self.read_input(SendReturnInput)

        def act() -> Return:
            services.send_return(return_case=return_case, **given)
            return_case.refresh_from_db()
            return return_case

        return self.write_once(request, 200, act)

    @extend_schema(request=None, responses=ReturnOutput)
    @action(detail=True, methods=["post"])
    def receive(self, request: Request, pk: str) -> Response:
        """The goods are back at the warehouse; the refund starts."""
        return_case = self.get_object()

        def act() -> Return:
            services.receive_return(return_case=return_case)
            return return_case

        return self.write_once(request, 200, act)
