"""Orders for merchants: ``/api/v1/orders``."""

from collections.abc import Callable
from datetime import date
from decimal import Decimal
from functools import partial
from typing import Any
from uuid import UUID

from django.utils import timezone
from django_filters import rest_framework as filters
from drf_spectacular.types import OpenApiTypes
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
from .models import MONEY, By, Delegate, Order, OrderLine

LINES_MAX = 200
LANGUAGES = ["en", "de", "zh-hans"]
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


class ReceiverInput(serializers.Serializer):
    """Somebody who receives an order in its customer's place."""

    name = PlainText(max_length=services.NAME_MAX, help_text="Without digits or addresses")
    phone = PhoneField(help_text="Their own phone; they are sent a link")
    email = serializers.EmailField(required=False, allow_blank=True, default="")
    language = serializers.ChoiceField(LANGUAGES, required=False, default="", help_text="The order's, if left out")
    gets_code = serializers.BooleanField(
        required=False, default=True, help_text="Whether they take the parcel, and so get the code for the courier"
    )
    sees_items = serializers.BooleanField(
        required=False, default=False, help_text="Whether they see what is inside; they never see prices"
    )


class OrderInput(serializers.Serializer):
    """An order to place."""

    number = PlainText(max_length=64, help_text="The merchant's own order number")
    phone = PhoneField(help_text="The customer's phone, E.164 or as written in the merchant's country")
    phone_expires_at = serializers.DateTimeField(
        required=False,
        default=None,
        allow_null=True,
        validators=[is_of_our_time],
        help_text="When a virtual number stops working; its extension is written after it, as 13212345774-1234",
    )
    email = serializers.EmailField(required=False, allow_blank=True, default="")
    language = serializers.ChoiceField(LANGUAGES, required=False)
    receiver = ReceiverInput(
        required=False, default=None, allow_null=True, help_text="Who receives it, where that is not the customer"
    )
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
        receiver = given.pop("receiver")
        given["receiver"] = services.DelegateDraft(**receiver) if receiver else None
        lines = [services.LineDraft(**line) for line in given.pop("lines")]
        given.setdefault("language", merchant.language)
        consignee = address.pop("name")
        return services.OrderDraft(**given, **address, consignee=consignee, lines=lines)


class LineOutput(serializers.ModelSerializer):
    class Meta:
        model = OrderLine
        fields = ("id", "sku", "name", "quantity", "unit_price", "picked_quantity", "shipped_quantity")


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
        return order.merchant_url


class DelegateOutput(serializers.ModelSerializer):
    """A receiver; their link opens a page without prices."""

    phone = serializers.CharField()
    url = serializers.CharField(help_text="Their link; it opens nothing once the delegation is over")
    is_following = serializers.SerializerMethodField()
    added_by = serializers.CharField(help_text="customer or merchant")
    ended_by = serializers.CharField(
        help_text="customer, merchant or delegate; empty while it lasts, or ended by itself"
    )
    answer = serializers.CharField(help_text="has_it or missing; empty until they said")
    ends_at = serializers.DateTimeField(help_text="When the delegation ends by itself, as things stand")

    class Meta:
        model = Delegate
        fields = (
            *("id", "name", "phone", "email", "language", "gets_code", "sees_items", "url", "is_following"),
            *("added_by", "added_at", "ends_at", "ended_by", "ended_at", "answer", "answered_at"),
        )

    def get_is_following(self, delegate: Delegate) -> bool:
        return delegate.is_following(timezone.now())


class LinkOutput(serializers.Serializer):
    """A link that opens an order, or did."""

    name = serializers.CharField()
    kind = serializers.ChoiceField(["customer", "merchant", "delegate"])
    delegate_id = serializers.UUIDField(source="delegate.pk", allow_null=True, default=None)
    made_at = serializers.DateTimeField(allow_null=True)
    revoked_at = serializers.DateTimeField(allow_null=True)
    openings = serializers.IntegerField(help_text="Once a visitor and hour")
    last_opened_at = serializers.DateTimeField(source="last.opened_at", allow_null=True, default=None)
    last_device = serializers.CharField(source="last.device", default="")


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

    def get_serializer_class(self) -> type[serializers.BaseSerializer]:
        return DelegateOutput if self.action in ("add_delegate", "end_delegate") else OrderOutput

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

    @extend_schema(request=None, responses=OrderOutput)
    @action(detail=True, methods=["post"])
    def call_off_rest(self, request: Request, pk: str) -> Response:
        """What has not left of a partly shipped order will not come. Pay its money back with a refund."""
        return self._move(request, services.call_off_rest)

    @extend_schema(responses=DelegateOutput(many=True))
    @action(detail=True, methods=["get"], pagination_class=None, filterset_class=None)
    def delegates(self, request: Request, pk: str) -> Response:
        """Who receives the order in its customer's place, past receivers included."""
        order = self.get_object()
        rows = order.delegates.select_related("order").order_by("added_at", "pk")
        return Response(DelegateOutput(rows, many=True).data)

    @extend_schema(request=ReceiverInput, responses={201: DelegateOutput}, parameters=[IDEMPOTENCY])
    @delegates.mapping.post
    def add_delegate(self, request: Request, pk: str) -> Response:
        """Have somebody else receive the order: they are sent a link to a page without prices."""
        order, draft = self.get_object(), services.DelegateDraft(**self.read_input(ReceiverInput))
        return self.write_once(request, 201, lambda: services.add_delegate(order=order, draft=draft, by=By.MERCHANT))

    @extend_schema(
        request=None,
        responses=DelegateOutput,
        parameters=[OpenApiParameter("delegate_id", OpenApiTypes.UUID, OpenApiParameter.PATH)],
    )
    @action(
        detail=True, methods=["post"], url_path=f"delegates/(?P<delegate_id>{MerchantViewSet.lookup_value_regex})/end"
    )
    def end_delegate(self, request: Request, pk: str, delegate_id: str) -> Response:
        """Take a receiver away: their link opens nothing any more and they get no more messages."""
        delegate = services.delegate_of(self.get_object(), UUID(delegate_id))

        def act() -> Delegate:
            services.end_delegation(delegate=delegate, by=By.MERCHANT)
            delegate.refresh_from_db(fields=["ended_at", "ended_by"])
            return delegate

        return self.write_once(request, 200, act)

    @extend_schema(responses=LinkOutput(many=True))
    @action(detail=True, methods=["get"], pagination_class=None, filterset_class=None)
    def links(self, request: Request, pk: str) -> Response:
        """The links that open the order, and those that did, each with how often it was opened."""
        return Response(LinkOutput(services.links_of(self.get_object()), many=True).data)

    @extend_schema(request=None, responses=OrderOutput)
    @action(detail=True, methods=["post"], url_path="links/(?P<link>customer|merchant)/revoke")
    def revoke_link(self, request: Request, pk: str, link: str) -> Response:
        """Close the customer's or the merchant's link; ``tracking_url`` is a new one then."""
        return self._move(request, partial(services.revoke_link, link=link, by=By.MERCHANT))

    def _move(self, request: Request, service: Callable[..., None]) -> Response:
        order = self.get_object()

        def act() -> Order:
            service(order=order)
            return order

        return self.write_once(request, 200, act)


def register(router: SimpleRouter) -> None:
    router.register("orders", OrderViewSet, basename="order")
