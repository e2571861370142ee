"""Items and their stock for merchants: ``/api/v1/items``, ``/api/v1/stock``."""

from django_filters import rest_framework as filters
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.mixins import ListModelMixin, RetrieveModelMixin
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.routers import SimpleRouter

from merchants.door import MerchantViewSet

from . import services
from .models import Item, Location, StockLevel


class ItemOutput(serializers.ModelSerializer):
    class Meta:
        model = Item
        fields = ("id", "sku", "gtin", "name", "weight_g", "is_stock_kept", "is_returnable", "low_stock_at")


class StockOutput(serializers.ModelSerializer):
    sku = serializers.CharField(source="item.sku")
    location = serializers.CharField(source="location.code")
    free = serializers.SerializerMethodField()

    class Meta:
        model = StockLevel
        fields = ("sku", "location", "on_hand", "reserved", "free")

    def get_free(self, level: StockLevel) -> int:
        return level.on_hand - level.reserved


class CountInput(serializers.Serializer):
    """What was counted at a place."""

    sku = serializers.SlugRelatedField("sku", queryset=Item.objects.none())
    location = serializers.SlugRelatedField("code", queryset=Location.objects.none())
    on_hand = serializers.IntegerField(min_value=0, max_value=2_000_000_000)

    def get_fields(self) -> dict[str, serializers.Field]:
        fields = super().get_fields()
        auth = getattr(self.context.get("request"), "auth", None)
        if auth:
            fields["sku"] = serializers.SlugRelatedField("sku", queryset=Item.objects.for_merchant(auth.merchant))
            places = Location.objects.filter(merchant=auth.merchant)
            fields["location"] = serializers.SlugRelatedField("code", queryset=places)
        return fields


class ItemFilter(filters.FilterSet):
    class Meta:
        model = Item
        fields = ("sku", "gtin")


@extend_schema(tags=["stock"])
class ItemViewSet(ListModelMixin, RetrieveModelMixin, MerchantViewSet):
    serializer_class = ItemOutput
    filterset_class = ItemFilter
    queryset = Item.objects.none()

    def get_queryset(self):
        return Item.objects.for_merchant(self.merchant)


@extend_schema(tags=["stock"])
class StockViewSet(ListModelMixin, MerchantViewSet):
    serializer_class = StockOutput
    queryset = StockLevel.objects.none()

    def get_queryset(self):
        return StockLevel.objects.for_merchant(self.merchant).select_related("item", "location")

    @extend_schema(request=CountInput, responses=StockOutput)
    def create(self, request: Request) -> Response:
        """Set what lies at a place to what was counted there."""
        given = self.read_input(CountInput)
        count = {"item": given["sku"], "location": given["location"], "on_hand": given["on_hand"]}
        return self.write_once(request, 200, lambda: services.count_stock(**count))


def register(router: SimpleRouter) -> None:
    router.register("items", ItemViewSet, basename="item")
    router.register("stock", StockViewSet, basename="stock")
