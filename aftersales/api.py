"""After-sales for merchants: ``/api/v1/returns``, ``/api/v1/refunds``, ``/api/v1/disputes``."""

from django_filters import rest_framework as filters
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.mixins import ListModelMixin, RetrieveModelMixin
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.routers import SimpleRouter

from merchants.door import MerchantViewSet

from . import services
from .models import Dispute, Refund, Return, ReturnLine


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


class RefundOutput(serializers.ModelSerializer):
    order_number = serializers.CharField(source="order.number")

    class Meta:
        model = Refund
        fields = (
            *("id", "order", "order_number", "return_case", "dispute", "status", "amount", "currency"),
            *("reference", "started_at", "paid_at"),
        )


class DisputeOutput(serializers.ModelSerializer):
    order_number = serializers.CharField(source="order.number")

    class Meta:
        model = Dispute
        fields = (
            *("id", "order", "order_number", "shipment", "kind", "status", "statement", "opened_at"),
            *("decided_at", "decision_note"),
        )


class SendReturnInput(serializers.Serializer):
    carrier = serializers.CharField(max_length=30)
    tracking_number = serializers.CharField(max_length=64)


class PayInput(serializers.Serializer):
    reference = serializers.CharField(max_length=120, help_text="The payment provider's number of the refund")


class StatusFilter(filters.FilterSet):
    order_number = filters.CharFilter("order__number")
    status = filters.CharFilter("status")


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


@extend_schema(tags=["after-sales"])
class DisputeViewSet(ListModelMixin, RetrieveModelMixin, MerchantViewSet):
    serializer_class = DisputeOutput
    filterset_class = StatusFilter
    queryset = Dispute.objects.none()

    def get_queryset(self):
        return Dispute.objects.for_merchant(self.merchant).select_related("order")


def register(router: SimpleRouter) -> None:
    router.register("returns", ReturnViewSet, basename="return")
    router.register("refunds", RefundViewSet, basename="refund")
    router.register("disputes", DisputeViewSet, basename="dispute")
