"""``/api/v1/disputes``."""

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.mixins import ListModelMixin, RetrieveModelMixin

from merchants.door import MerchantViewSet

from ..models import Dispute
from .filters import StatusFilter


class DisputeOutput(serializers.ModelSerializer):
    order_number = serializers.CharField(source="order.number")

    class Meta:
        model = Dispute
        fields = (
            *("id", "order", "order_number", "shipment", "kind", "status", "statement", "opened_at"),
            *("decided_at", "decision_note"),
        )


@extend_schema(tags=["after-sales"])
class DisputeViewSet(ListModelMixin, RetrieveModelMixin, MerchantViewSet):
    serializer_class = DisputeOutput
    filterset_class = StatusFilter
    queryset = Dispute.objects.none()

    def get_queryset(self):
        return Dispute.objects.for_merchant(self.merchant).select_related("order")
