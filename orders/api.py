"""Orders for merchants: ``/api/v1/orders``."""

from collections.abc import Callable
from datetime import date
from decimal import Decimal
from typing import Any

from django_filters import rest_framework as filters
from drf_spectacular.utils import OpenApiParameter, extend_schema, extend_schema_field
from phonenumber_field.phonenumber import PhoneNumber as Number
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.mixins import ListModelMixin, RetrieveModelMixin
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.routers import SimpleRouter

import customers.services
from logistics_portal.kernel.errors import Invalid
from merchants.door import MerchantViewSet
from merchants.models import Merchant

from . import services
from .models import MONEY, Order, OrderLine

LINES_MAX = 200
FIRST_YEAR, LAST_YEAR = 1990, 2100
IDEMPOTENCY = OpenApiParameter(
    "Idempotency-Key", str, OpenApiParameter.HEADER, description="A repetition with the same key gets the same answer."
)


@extend_schema_field(serializers.CharField)
class PhoneField(serializers.Field[Number, object, str, object]):
    """A phone number as people write it; without a country code it is read as one of the merchant's country."""

    def to_internal_value(self, given: object) -> Number:
        if not isinstance(given, str) or not given.strip():
            raise serializers.ValidationError("Send the phone number as text, like +4915123456789.")
        try:
            return customers.services.parse_phone(given, region=self.context["request"].auth.merchant.country)
        except Invalid as error:
            raise serializers.ValidationError(error.message) from error

    def to_representation(self, number: Number) -> str:
        return str(number)


class PlainText(serializers.CharField):
    """Text without control characters, which PostgreSQL or a label printer would choke on."""

    def to_internal_value(self, given: Any) -> str:
        text = super().to_internal_value(given)
        if not text.replace("\n", " ").isprintable():
            raise serializers.ValidationError("Control characters are not allowed.")
        return text


def is_of_our_time(given: date) -> None:
    """Refuse years that are a slip of the pen; no clock can show the first and the last ones in every time zone."""
    if not FIRST_YEAR <= given.year <= LAST_YEAR:
        raise serializers.ValidationError(f"Send a year from {FIRST_YEAR} to {LAST_YEAR}.")


class AddressInput(serializers.Serializer):
    name = PlainText(max_length=120, help_text="The consignee")
    line1 = PlainText(max_length=200)
    line2 = PlainText(max_length=200, required=False, allow_blank=True, default="")
    city = PlainText(max_length=100)
    region = PlainText(max_length=100, required=False, allow_blank=True, default="")
    postal_code = PlainText(max_length=20, required=False, allow_blank=True, default="")
    country = serializers.RegexField(r"^[A-Z]{2}$", help_text="ISO 3166-1 alpha-2")


class LineInput(serializers.Serializer):
    sku = PlainText(max_length=64)
    name = PlainText(max_length=200)
    quantity = serializers.IntegerField(min_value=1, max_value=100_000)
    unit_price = serializers.DecimalField(**MONEY, min_value=0)
    gtin = serializers.RegexField(r"^[0-9]{8,14}$", required=False, allow_blank=True, default="")
    weight_g = serializers.IntegerField(
        min_value=0, max_value=10_000_000, required=False, allow_null=True, default=None
    )


class OrderInput(serializers.Serializer):
    """An order to place."""

    number = PlainText(max_length=64, help_text="The merchant's own order number")
    phone = PhoneField(help_text="The receiver's phone, E.164 or as written in the merchant's country")
    phone_expires_at = serializers.DateTimeField(
        required=False,
        default=None,
        allow_null=True,
        validators=[is_of_our_time],
        help_text="When a virtual number stops working; its extension is written after it, as 13212345774-1234",
    )
    email = serializers.EmailField(required=False, allow_blank=True, default="")
    language = serializers.ChoiceField(["en", "de", "zh-hans"], required=False)
    address = AddressInput()
    currency = serializers.RegexField(r"^[A-Z]{3}$", help_text="ISO 4217")
    lines = serializers.ListField(child=LineInput(), min_length=1, max_length=LINES_MAX)
    shipping_total = serializers.DecimalField(**MONEY, min_value=0, required=False, default=Decimal(0))
    discount_total = serializers.DecimalField(**MONEY, min_value=0, required=False, default=Decimal(0))
    placed_at = serializers.DateTimeField(
        required=False, default=None, allow_null=True, validators=[is_of_our_time], help_text="Now, if left out"
    )
    promised_on = serializers.DateField(
        required=False, default=None, allow_null=True, validators=[is_of_our_time], help_text="The promised day"
    )

    def as_draft(self, merchant: Merchant) -> services.OrderDraft:
        given = dict(self.validated_data)
        address = dict(given.pop("address"))
        lines = [services.LineDraft(**line) for line in given.pop("lines")]
        given.setdefault("language", merchant.language)
        consignee = address.pop("name")
        return services.OrderDraft(**given, **address, consignee=consignee, lines=lines)


class LineOutput(serializers.ModelSerializer):
    class Meta:
        model = OrderLine
        fields = ("id", "sku", "name", "quantity", "unit_price", "picked_quantity")


class OrderOutput(serializers.ModelSerializer):
    phone = serializers.CharField()
    address = serializers.SerializerMethodField()
    lines = LineOutput(many=True)
    tracking_url = serializers.SerializerMethodField()

    class Meta:
        model = Order
        fields = (
            *(
                "id",
                "number",
                "status",
                "phone",
                "phone_extension",
                "phone_expires_at",
                "email",
                "language",
                "address",
                "currency",
                "lines",
            ),
            *("shipping_total", "discount_total", "total", "placed_at", "promised_on", "packed_at", "shipped_at"),
            *("completed_at", "canceled_at", "tracking_url"),
        )

    @extend_schema_field(AddressInput)
    def get_address(self, order: Order) -> dict[str, str]:
        names = ("line1", "line2", "city", "region", "postal_code", "country")
        return {"name": order.consignee, **{name: getattr(order, name) for name in names}}

    @extend_schema_field(serializers.URLField)
    def get_tracking_url(self, order: Order) -> str:
        return order.tracking_url


class OrderFilter(filters.FilterSet):
    placed_after = filters.IsoDateTimeFilter("placed_at", "gte")
    placed_before = filters.IsoDateTimeFilter("placed_at", "lt")

    class Meta:
        model = Order
        fields = ("status", "number")


@extend_schema(tags=["orders"])
class OrderViewSet(ListModelMixin, RetrieveModelMixin, MerchantViewSet):
    serializer_class = OrderOutput
    filterset_class = OrderFilter
    queryset = Order.objects.none()

    def get_queryset(self):
        return Order.objects.for_merchant(self.merchant).prefetch_related("lines")

    @extend_schema(request=OrderInput, responses={201: OrderOutput}, parameters=[IDEMPOTENCY])
    def create(self, request: Request) -> Response:
        """Place an order. The customer is told by SMS and email, with a tracking link."""
        serializer = OrderInput(data=request.data, context=self.get_serializer_context())
        serializer.is_valid(raise_exception=True)
        draft = serializer.as_draft(self.merchant)
        return self.write_once(request, 201, lambda: services.place_order(merchant=self.merchant, draft=draft))

    @extend_schema(request=None, responses=OrderOutput)
    @action(detail=True, methods=["post"])
    def pack(self, request: Request, pk: str) -> Response:
        """The goods are in the box."""
        return self._move(request, services.pack_order)

    @extend_schema(request=None, responses=OrderOutput)
    @action(detail=True, methods=["post"])
    def cancel(self, request: Request, pk: str) -> Response:
        """Call the order off before it leaves."""
        return self._move(request, services.cancel_order)

    def _move(self, request: Request, service: Callable[..., None]) -> Response:
        order = self.get_object()

        def act() -> Order:
            service(order=order)
            return order

        return self.write_once(request, 200, act)


def register(router: SimpleRouter) -> None:
    router.register("orders", OrderViewSet, basename="order")
