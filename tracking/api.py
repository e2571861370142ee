"""Shipments for merchants: ``/api/v1/shipments``."""

from django_filters import rest_framework as filters
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.mixins import ListModelMixin, RetrieveModelMixin
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.routers import SimpleRouter

from merchants.door import MerchantViewSet
from orders.models import Order

from . import services
from .models import Parcel, Shipment, TrackingEvent

PARCELS_MAX = 100
IDEMPOTENCY = OpenApiParameter(
    "Idempotency-Key", str, OpenApiParameter.HEADER, description="A repetition with the same key gets the same answer."
)


class ParcelInput(serializers.Serializer):
    tracking_number = serializers.CharField(max_length=64)
    weight_g = serializers.IntegerField(
        min_value=0, max_value=100_000_000, required=False, allow_null=True, default=None
    )
    sscc = serializers.RegexField(r"^[0-9]{18}$", required=False, allow_blank=True, default="")


class ShipmentInput(serializers.Serializer):
    """Goods that leave. ``tracking_number`` is short for one parcel."""

    order = serializers.UUIDField(required=False)
    order_number = serializers.CharField(max_length=64, required=False)
    carrier = serializers.CharField(max_length=30, help_text="The carrier's code, like dhl")
    service = serializers.CharField(max_length=80, required=False, allow_blank=True, default="")
    tracking_number = serializers.CharField(max_length=64, required=False)
    parcels = serializers.ListField(child=ParcelInput(), required=False, max_length=PARCELS_MAX)

    def validate(self, given: dict) -> dict:
        if ("tracking_number" in given) == bool(given.get("parcels")):
            raise serializers.ValidationError({"tracking_number": "Send either a tracking_number or parcels."})
        orders = Order.objects.for_merchant(self.context["request"].auth.merchant)
        wanted = {"pk": given["order"]} if "order" in given else {"number": given.get("order_number", "")}
        found = orders.filter(**wanted).first()
        if found is None:
            raise serializers.ValidationError({"order": "There is no such order. Send its id, or order_number."})
        return given | {"order": found}

    def as_arguments(self) -> dict:
        given = self.validated_data
        drafts = given.get("parcels") or [{"tracking_number": given["tracking_number"]}]
        parcels = [services.ParcelDraft(**draft) for draft in drafts]
        return {name: given[name] for name in ("order", "carrier", "service")} | {"parcels": parcels}


class EventOutput(serializers.ModelSerializer):
    class Meta:
        model = TrackingEvent
        fields = (
            *("status", "reason", "code", "description", "place", "country", "occurred_at", "utc_offset_min"),
            *("offset_source", "recorded_at", "signed_by", "source"),
        )


class ParcelOutput(serializers.ModelSerializer):
    events = EventOutput(many=True)

    class Meta:
        model = Parcel
        fields = ("id", "tracking_number", "sscc", "weight_g", "status", "reason", "delivered_at", "events")


class ShipmentOutput(serializers.ModelSerializer):
    order_number = serializers.CharField(source="order.number")
    parcels = ParcelOutput(many=True)

    class Meta:
        model = Shipment
        fields = (
            *("id", "order", "order_number", "direction", "carrier", "service", "status", "reason", "version"),
            *("last_event_at", "last_place", "carrier_eta", "eta_from", "eta_to", "delivered_at", "signed_by"),
            *("created_at", "parcels"),
        )


class ShipmentFilter(filters.FilterSet):
    tracking_number = filters.CharFilter("parcels__tracking_number")
    order_number = filters.CharFilter("order__number")

    class Meta:
        model = Shipment
        fields = ("status", "carrier", "direction", "order")


@extend_schema(tags=["shipments"])
class ShipmentViewSet(ListModelMixin, RetrieveModelMixin, MerchantViewSet):
    serializer_class = ShipmentOutput
    filterset_class = ShipmentFilter
    queryset = Shipment.objects.none()

    def get_queryset(self):
        return Shipment.objects.for_merchant(self.merchant).select_related("order").with_timeline()

    @extend_schema(request=ShipmentInput, responses={201: ShipmentOutput}, parameters=[IDEMPOTENCY])
    def create(self, request: Request) -> Response:
        """Note that goods left with a carrier. The customer is told the tracking number."""
        serializer = ShipmentInput(data=request.data, context=self.get_serializer_context())
        serializer.is_valid(raise_exception=True)
        arguments = serializer.as_arguments()
        return self.write_once(request, 201, lambda: services.create_shipment(**arguments))


def register(router: SimpleRouter) -> None:
    router.register("shipments", ShipmentViewSet, basename="shipment")
