"""Shipments for merchants: ``/api/v1/shipments``."""

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from django.shortcuts import get_object_or_404
from django.utils import timezone
from django_filters import rest_framework as filters
from drf_spectacular.utils import OpenApiParameter, extend_schema, extend_schema_serializer
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.mixins import ListModelMixin, RetrieveModelMixin
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.routers import SimpleRouter

from merchants.door import MerchantViewSet
from orders.models import Order

from . import services
from .models import Parcel, ParcelLine, Shipment, TrackingEvent
from .services.as_of import shipment_as_of

PARCELS_MAX = 100
IDEMPOTENCY = OpenApiParameter(
    "Idempotency-Key", str, OpenApiParameter.HEADER, description="A repetition with the same key gets the same answer."
)


class ContentsInput(serializers.Serializer):
    sku = serializers.CharField(max_length=64)
    quantity = serializers.IntegerField(min_value=1, max_value=1_000_000)


class ParcelInput(serializers.Serializer):
    tracking_number = serializers.CharField(max_length=64)
    weight_g = serializers.IntegerField(
        min_value=0, max_value=100_000_000, required=False, allow_null=True, default=None
    )
    sscc = serializers.RegexField(r"^[0-9]{18}$", required=False, allow_blank=True, default="")
    lines = ContentsInput(many=True, required=False, help_text="What lies in it: of each parcel, or of none")


class ShipmentInput(serializers.Serializer):
    """Goods that leave. ``tracking_number`` is short for one parcel."""

    order = serializers.UUIDField(required=False)
    order_number = serializers.CharField(max_length=64, required=False)
    carrier = serializers.CharField(max_length=30, help_text="The carrier's code, like dhl")
    service = serializers.CharField(max_length=80, required=False, allow_blank=True, default="")
    tracking_number = serializers.CharField(max_length=64, required=False)
    lines = ContentsInput(many=True, required=False, help_text="What lies in the parcel of tracking_number")
    parcels = serializers.ListField(child=ParcelInput(), required=False, max_length=PARCELS_MAX)

    def validate(self, given: dict) -> dict:
        if ("tracking_number" in given) == bool(given.get("parcels")):
            raise serializers.ValidationError({"tracking_number": "Send either a tracking_number or parcels."})
        if "lines" in given and "tracking_number" not in given:
            raise serializers.ValidationError({"lines": "Send the lines of each parcel inside it."})
        orders = Order.objects.for_merchant(self.context["request"].auth.merchant)
        wanted = {"pk": given["order"]} if "order" in given else {"number": given.get("order_number", "")}
        found = orders.filter(**wanted).first()
        if found is None:
            raise serializers.ValidationError({"order": "There is no such order. Send its id, or order_number."})
        return given | {"order": found}

    def as_arguments(self) -> dict:
        given = self.validated_data
        one = {name: given[name] for name in ("tracking_number", "lines") if name in given}
        parcels = [_draft(**draft) for draft in given.get("parcels") or [one]]
        return {name: given[name] for name in ("order", "carrier", "service")} | {"parcels": parcels}


def _draft(*, lines: Sequence[Mapping[str, Any]] = (), **given: Any) -> services.ParcelDraft:
    contents = Counter[str]()
    for line in lines:
        contents[line["sku"]] += line["quantity"]
    return services.ParcelDraft(**given, contents=contents)


class CarrierNameField(serializers.CharField):
    """The name of the carrier whose code stands in ``source``."""

    def __init__(self, **kwargs: Any) -> None:
        told = "The carrier's name in the language of the request (`Accept-Language`): for people, never to compare"
        super().__init__(source="carrier", read_only=True, help_text=told, **kwargs)

    def to_representation(self, value: str) -> str:
        return services.carrier_label(value)


class EventOutput(serializers.ModelSerializer):
    class Meta:
        model = TrackingEvent
        fields: tuple[str, ...] = (
            *("status", "reason", "code", "description", "place", "country", "occurred_at", "utc_offset_min"),
            *("offset_source", "recorded_at", "signed_by", "source"),
        )


class ContentsOutput(serializers.ModelSerializer):
    sku = serializers.CharField(source="order_line.sku")
    name = serializers.CharField(source="order_line.name")

    class Meta:
        model = ParcelLine
        fields = ("sku", "name", "quantity")


class ParcelOutput(serializers.ModelSerializer):
    carrier_name = CarrierNameField()
    lines = ContentsOutput(source="contents", many=True, help_text="What lies in it; empty where nobody told")
    events = EventOutput(many=True)

    class Meta:
        model = Parcel
        fields: tuple[str, ...] = (
            *("id", "tracking_number", "carrier", "carrier_name", "stated_carrier", "sscc", "weight_g", "status"),
            *("reason", "delivered_at", "lines", "events"),
        )


class ShipmentOutput(serializers.ModelSerializer):
    order_number = serializers.CharField(source="order.number")
    carrier_name = CarrierNameField()
    parcels = ParcelOutput(many=True)

    class Meta:
        model = Shipment
        fields: tuple[str, ...] = (
            *("id", "order", "order_number", "direction", "carrier", "carrier_name", "service", "status", "reason"),
            *(
                "version",
                "last_event_at",
                "last_place",
                "carrier_eta",
                "eta_from",
                "eta_to",
                "delivered_at",
                "signed_by",
            ),
            *("created_at", "parcels"),
        )


class NewShipmentOutput(ShipmentOutput):
    """A shipment as it is answered once, when it is made: with what looks wrong about its numbers."""

    warnings = serializers.SerializerMethodField(help_text="Doubts about the tracking numbers. They refuse nothing.")

    class Meta(ShipmentOutput.Meta):
        fields = (*ShipmentOutput.Meta.fields, "warnings")

    def get_warnings(self, shipment: Shipment) -> list[str]:
        parcels = shipment.parcels.all()
        found = [services.number_warnings(carrier=parcel.carrier, number=parcel.tracking_number) for parcel in parcels]
        return [warning for warnings in found for warning in warnings]


class SeenEventOutput(EventOutput):
    is_struck = serializers.BooleanField(help_text="The carrier had taken it back by then")

    class Meta(EventOutput.Meta):
        fields = (*EventOutput.Meta.fields, "is_struck")


class SeenParcelOutput(serializers.Serializer):
    id = serializers.UUIDField(source="parcel.id")
    tracking_number = serializers.CharField(source="parcel.tracking_number")
    status = serializers.CharField(source="parcel.status")
    reason = serializers.CharField(source="parcel.reason")
    delivered_at = serializers.DateTimeField(source="parcel.delivered_at", allow_null=True)
    events = SeenEventOutput(many=True, help_text="What was known then, newest first")


class TimelineOutput(serializers.Serializer):
    """A shipment as the portal showed it at a moment: told by then, struck by then, computed by today's rules."""

    as_of = serializers.DateTimeField()
    shipment = serializers.UUIDField(source="seen.shipment.id")
    status = serializers.CharField(source="seen.shipment.status")
    reason = serializers.CharField(source="seen.shipment.reason")
    last_event_at = serializers.DateTimeField(source="seen.shipment.last_event_at", allow_null=True)
    last_place = serializers.CharField(source="seen.shipment.last_place")
    out_for_delivery_at = serializers.DateTimeField(source="seen.shipment.out_for_delivery_at", allow_null=True)
    delivered_at = serializers.DateTimeField(source="seen.shipment.delivered_at", allow_null=True)
    signed_by = serializers.CharField(source="seen.shipment.signed_by")
    carrier_eta = serializers.DateField(
        source="seen.shipment.carrier_eta", allow_null=True, help_text="The day that the carrier promised then"
    )
    is_eta_kept = serializers.BooleanField(
        source="seen.is_eta_kept", help_text="False where it is not kept since when the carrier promised its day"
    )
    parcels = SeenParcelOutput(source="seen.parcels", many=True)


class MomentField(serializers.CharField):
    """A moment with its offset: without one it would be another moment for each reader."""

    default_error_messages = dict.fromkeys(
        ("moment", "blank"), "Send a moment with its offset, like 2026-11-20T10:00:00Z or 2026-11-20T11:00:00%2B01:00."
    )

    def to_internal_value(self, data: Any) -> Any:
        text = re.sub(r" (?=\d\d:?\d\d$)", "+", super().to_internal_value(data))  # a plus that was not encoded
        try:
            moment = datetime.fromisoformat(text)
        except ValueError:
            self.fail("moment")
        if moment.tzinfo is None or not 1970 < moment.year < 2200:
            self.fail("moment")
        return moment


class TimelineInput(serializers.Serializer):
    as_of = MomentField(required=False, help_text="A moment with its offset; left out, or to come: now")


class RecognizeInput(serializers.Serializer):
    number = serializers.CharField(max_length=10_000, help_text="A tracking number as people write it")


class CandidateOutput(serializers.Serializer):
    """A carrier whose number it may be. Candidates that fit equally well share a rank."""

    rank = serializers.IntegerField(help_text="1 fits best")
    carrier = serializers.CharField(help_text="The carrier's code, as shipments take it")
    carrier_name = CarrierNameField()
    format = serializers.CharField()
    check = serializers.CharField(help_text="What the check digit says: passed, failed, or none when there is none")
    service = serializers.CharField()
    country = serializers.CharField(help_text="Country of origin, where the number states one")
    reasons = serializers.ListField(child=serializers.CharField())
    tracking_url = serializers.CharField()


@extend_schema_serializer(many=False)
class RecognizeOutput(serializers.Serializer):
    number = serializers.CharField()
    is_suspicious = serializers.BooleanField(help_text="Every form that fits says that the check digit is wrong")
    candidates = CandidateOutput(many=True)


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

    def get_serializer_class(self) -> type[ShipmentOutput]:
        return NewShipmentOutput if self.action == "create" else ShipmentOutput

    @extend_schema(request=ShipmentInput, responses={201: NewShipmentOutput}, parameters=[IDEMPOTENCY])
    def create(self, request: Request) -> Response:
        """Note that goods left with a carrier. The customer is told the tracking number."""
        serializer = ShipmentInput(data=request.data, context=self.get_serializer_context())
        serializer.is_valid(raise_exception=True)
        arguments = serializer.as_arguments()
        return self.write_once(request, 201, lambda: services.create_shipment(**arguments))

    @extend_schema(
        parameters=[OpenApiParameter("as_of", datetime, description="A moment with its offset. Left out: now.")],
        responses=TimelineOutput,
    )
    @action(detail=True, filter_backends=[], pagination_class=None)
    def timeline(self, request: Request, pk: str) -> Response:
        """Tell what the portal showed of a shipment at a moment: scans by when they were learned of, not happened."""
        asked = TimelineInput(data=request.query_params.dict())
        asked.is_valid(raise_exception=True)
        now = timezone.now()
        moment = min(asked.validated_data.get("as_of", now), now)
        shipment = get_object_or_404(Shipment.objects.for_merchant(self.merchant), pk=pk)
        seen = shipment_as_of(shipment=shipment, moment=moment)
        return Response(TimelineOutput({"as_of": moment, "seen": seen}).data)


@extend_schema(tags=["shipments"])
class RecognizeViewSet(MerchantViewSet):
    pagination_class = None
    filter_backends = []
    serializer_class = RecognizeOutput

    @extend_schema(parameters=[RecognizeInput], responses=RecognizeOutput)
    def list(self, request: Request) -> Response:
        """Tell whose number a tracking number may be, best first, and whether its check digit holds."""
        asked = RecognizeInput(data=request.query_params)
        asked.is_valid(raise_exception=True)
        number = asked.validated_data["number"]
        candidates = services.recognize(number)
        found = {"number": number, "is_suspicious": services.is_suspicious(candidates), "candidates": candidates}
        return Response(RecognizeOutput(found).data)


def register(router: SimpleRouter) -> None:
    router.register("shipments", ShipmentViewSet, basename="shipment")
    router.register("recognize", RecognizeViewSet, basename="recognize")
