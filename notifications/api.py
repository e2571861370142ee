"""Messages for merchants, to read: ``/api/v1/messages``."""

from django_filters import rest_framework as filters
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.mixins import ListModelMixin, RetrieveModelMixin
from rest_framework.routers import SimpleRouter

from merchants.door import MerchantViewSet

from .models import Message


class MessageOutput(serializers.ModelSerializer):
    """A message to one person over one channel. ``body`` is what was sent, with codes and links blacked out."""

    why = serializers.CharField(source="last_error", help_text="Why it failed, waits or was withdrawn")

    class Meta:
        model = Message
        fields = (
            *("id", "order", "kind", "channel", "address", "language", "subject", "body", "status", "queued_at"),
            *("sent_at", "delivered_at", "failed_at", "error_code", "why"),
        )


class MessageFilter(filters.FilterSet):
    queued_after = filters.IsoDateTimeFilter("queued_at", "gte")
    order = filters.UUIDFilter("order_id")
    kind = filters.CharFilter("kind", max_length=40)
    channel = filters.CharFilter("channel", max_length=20)

    class Meta:
        model = Message
        fields = ("status",)


@extend_schema(tags=["messages"])
class MessageViewSet(ListModelMixin, RetrieveModelMixin, MerchantViewSet):
    """What customers were told, and whether it arrived."""

    serializer_class = MessageOutput
    filterset_class = MessageFilter
    queryset = Message.objects.none()

    def get_queryset(self):
        return Message.objects.for_merchant(self.merchant)


def register(router: SimpleRouter) -> None:
    router.register("messages", MessageViewSet, basename="message")
