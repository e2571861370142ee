"""Messages for merchants, and what their customers want to hear: ``/api/v1/messages``, ``/api/v1/message-choices``."""

from typing import cast

from django_filters import rest_framework as filters
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.mixins import ListModelMixin, RetrieveModelMixin
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.routers import SimpleRouter

from merchants.door import MerchantViewSet
from merchants.models import ApiKey
from orders.models import Order

from . import groups, services
from .models import Message

IDEMPOTENCY = OpenApiParameter(
    "Idempotency-Key", str, OpenApiParameter.HEADER, description="A repetition with the same key gets the same answer."
)


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


class ChoiceInput(serializers.Serializer):
    """A switch of your preference center. What is not named stays as it is."""

    group = serializers.ChoiceField(list(groups.BY_CODE))
    channel = serializers.ChoiceField(sorted(services.CHANNELS))
    is_on = serializers.BooleanField()


class ChoicesInput(serializers.Serializer):
    choices = serializers.ListField(
        child=ChoiceInput(), min_length=1, max_length=len(groups.GROUPS) * len(services.CHANNELS)
    )

    def validate_choices(self, given: list[dict]) -> list[dict]:
        pairs = [(one["group"], one["channel"]) for one in given]
        if twice := sorted(
            {f"{group} over {channel}" for group, channel in pairs if pairs.count((group, channel)) > 1}
        ):
            raise serializers.ValidationError(f"Named more than once: {', '.join(twice)}.")
        return given


class ChannelStateOutput(serializers.Serializer):
    channel = serializers.CharField()
    is_reached = serializers.BooleanField(help_text="Whether the customer has an open address there")
    closed = serializers.ChoiceField(
        ["", "stopped", "dead"],
        help_text="stopped: the customer wants nothing there (STOP, unsubscribe, a complaint); dead: nothing arrives",
    )
    closed_at = serializers.DateTimeField(allow_null=True)


class ChoiceOutput(serializers.Serializer):
    channel = serializers.CharField()
    is_on = serializers.BooleanField()
    set_by = serializers.ChoiceField(
        ["", "customer", "merchant"],
        help_text="customer: on their page, for all merchants; merchant: by you; empty: nobody said anything",
    )
    set_at = serializers.DateTimeField(allow_null=True)
    api_key = serializers.CharField(help_text="The label of your key that set it")
    may_turn_on = serializers.BooleanField(help_text="False where the customer closed it: only they can open it")


class GroupChoicesOutput(serializers.Serializer):
    """A group of kinds with its switches; label and words in the language of the request."""

    group = serializers.CharField(source="group.code")
    label = serializers.CharField(source="group.label")  # type: ignore[assignment] # the field's name
    words = serializers.CharField(source="group.words")
    kinds = serializers.ListField(source="group.kinds", child=serializers.CharField())
    choices = ChoiceOutput(many=True)


class ChoicesOutput(serializers.Serializer):
    """What an order's customer hears from you. Codes, changes of number and what the law asks for always come."""

    order = serializers.UUIDField()
    channels = ChannelStateOutput(many=True)
    groups = GroupChoicesOutput(many=True)


@extend_schema(tags=["messages"])
class MessageChoicesViewSet(MerchantViewSet):
    """A customer's choices with you, by the id of one of their orders."""

    serializer_class = ChoicesOutput
    queryset = Order.objects.none()

    def get_queryset(self):
        return Order.objects.for_merchant(self.merchant).select_related("customer")

    @extend_schema(responses=ChoicesOutput)
    def retrieve(self, request: Request, pk: str) -> Response:
        """Tell what an order's customer wants to hear over which channel, what is closed, and why."""
        return Response(ChoicesOutput(services.choices_of(order=self.get_object())).data)

    @extend_schema(request=ChoicesInput, responses=ChoicesOutput, parameters=[IDEMPOTENCY])
    def partial_update(self, request: Request, pk: str) -> Response:
        """Pass on what a customer chose in a preference center of yours. It holds for your messages alone.

        What the customer closed themselves is refused with 409 and the code `closed_by_customer`; nothing is kept then.
        """
        order, key = self.get_object(), cast(ApiKey, request.auth)
        given = self.read_input(ChoicesInput)["choices"]
        wanted = {(one["group"], one["channel"]): one["is_on"] for one in given}
        return self.write_once(request, 200, lambda: services.pass_on_choices(order=order, wanted=wanted, api_key=key))


def register(router: SimpleRouter) -> None:
    router.register("messages", MessageViewSet, basename="message")
    router.register("message-choices", MessageChoicesViewSet, basename="message-choices")
