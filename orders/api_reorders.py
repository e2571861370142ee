"""``/api/v1/reorders`` and ``/api/v1/offers``."""

from decimal import Decimal

from django.db.models import Prefetch
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.mixins import CreateModelMixin, ListModelMixin, RetrieveModelMixin
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.routers import SimpleRouter

from merchants.door import MerchantViewSet

from . import services
from .models import MONEY, Offer, Reorder, ReorderLine


class ReorderLineOutput(serializers.ModelSerializer):
    sku = serializers.CharField(source="item.sku")

    class Meta:
        model = ReorderLine
        fields = ("sku", "name", "quantity", "unit_price", "is_price_sure")


class ReorderOutput(serializers.ModelSerializer):
    """A customer's wish to have an order once more; ``placed`` is the new order."""

    order_number = serializers.CharField(source="order.number")
    lines = ReorderLineOutput(many=True)

    class Meta:
        model = Reorder
        fields = (
            *("id", "order", "order_number", "status", "currency", "total", "lines", "payment_url", "note"),
            *("placed", "requested_at", "ended_at"),
        )


class ReorderPaymentInput(serializers.Serializer):
    payment_url = serializers.URLField(max_length=500, help_text="Where the customer pays; https alone")
    note = serializers.CharField(max_length=2000, required=False, default="", allow_blank=True)


class PlaceInput(serializers.Serializer):
    number = serializers.CharField(max_length=64, help_text="The new order's number")
    shipping_total = serializers.DecimalField(**MONEY, min_value=0, required=False, default=Decimal(0))


class DeclineInput(serializers.Serializer):
    note = serializers.CharField(max_length=2000, help_text="Told to the customer")


@extend_schema(tags=["orders"])
class ReorderViewSet(ListModelMixin, RetrieveModelMixin, MerchantViewSet):
    serializer_class = ReorderOutput
    queryset = Reorder.objects.none()

    def get_queryset(self):
        lines = Prefetch("lines", ReorderLine.objects.select_related("item").order_by("pk"))
        return Reorder.objects.for_merchant(self.merchant).select_related("order").prefetch_related(lines)

    def _fresh(self, row: Reorder) -> Reorder:
        return self.get_queryset().get(pk=row.pk)

    @extend_schema(request=ReorderPaymentInput, responses=ReorderOutput)
    @action(detail=True, methods=["post"])
    def offer(self, request: Request, pk: str) -> Response:
        """Tell the customer where to pay."""
        row, given = self.get_object(), self.read_input(ReorderPaymentInput)

        def act() -> Reorder:
            services.offer_payment(reorder=row, **given)
            return self._fresh(row)

        return self.write_once(request, 200, act)

    @extend_schema(request=PlaceInput, responses=ReorderOutput)
    @action(detail=True, methods=["post"])
    def place(self, request: Request, pk: str) -> Response:
        """It is paid, or needs no payment yet: place the new order and promise its stock."""
        row, given = self.get_object(), self.read_input(PlaceInput)

        def act() -> Reorder:
            services.place_reorder(reorder=row, **given)
            return self._fresh(row)

        return self.write_once(request, 200, act)

    @extend_schema(request=DeclineInput, responses=ReorderOutput)
    @action(detail=True, methods=["post"])
    def decline(self, request: Request, pk: str) -> Response:
        """It can't be sent again; the customer is told why."""
        row, given = self.get_object(), self.read_input(DeclineInput)

        def act() -> Reorder:
            services.decline_reorder(reorder=row, **given)
            return self._fresh(row)

        return self.write_once(request, 200, act)


class ItemOfferOutput(serializers.ModelSerializer):
    sku = serializers.CharField(source="item.sku")

    class Meta:
        model = Offer
        fields = ("id", "sku", "currency", "unit_price", "is_sold", "told_at")


class ItemOfferInput(serializers.Serializer):
    sku = serializers.CharField(max_length=64)
    currency = serializers.RegexField(r"^[A-Z]{3}$", help_text="ISO 4217")
    unit_price = serializers.DecimalField(**MONEY, min_value=0)
    is_sold = serializers.BooleanField(default=True)


@extend_schema(tags=["orders"])
class OfferViewSet(CreateModelMixin, ListModelMixin, MerchantViewSet):
    """What items cost today, for customers who order again; a new price takes the place of the former."""

    serializer_class = ItemOfferOutput
    queryset = Offer.objects.none()

    def get_queryset(self):
        return Offer.objects.filter(merchant=self.merchant).select_related("item")

    @extend_schema(request=ItemOfferInput, responses={200: ItemOfferOutput})
    def create(self, request: Request, *args: object, **kwargs: object) -> Response:
        """Tell what an item costs in a currency, or that it is not sold any more."""
        given = self.read_input(ItemOfferInput)
        return self.write_once(request, 200, lambda: services.set_offer(merchant=self.merchant, **given))


def register(router: SimpleRouter) -> None:
    router.register("reorders", ReorderViewSet, basename="reorder")
    router.register("offers", OfferViewSet, basename="offer")
