"""Webhooks and events for merchants: ``/api/v1/webhooks``, ``/api/v1/webhook-calls``, ``/api/v1/events``."""

from collections.abc import Callable
from typing import Any

from django.conf import settings
from django_filters import rest_framework as filters
from drf_spectacular.utils import OpenApiParameter, extend_schema, extend_schema_field
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.mixins import ListModelMixin, RetrieveModelMixin
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.routers import SimpleRouter

from logistics_portal.kernel.api import NewestFirst
from logistics_portal.kernel.events import TYPES
from logistics_portal.kernel.models import Event
from merchants.door import MerchantViewSet

from .hooks import endpoints
from .hooks.addresses import URL_MAX, UnsafeAddress
from .hooks.envelope import data, timestamp
from .hooks.feed import settled_events
from .hooks.resolving import resolve_public
from .models import WebhookAttempt, WebhookCall, WebhookEndpoint

IDEMPOTENCY = OpenApiParameter(
    "Idempotency-Key", str, OpenApiParameter.HEADER, description="A repetition with the same key gets the same answer."
)
TYPES_MOST = 100


class EndpointChange(serializers.Serializer):
    """What is left out stays as it is."""

    url = serializers.CharField(max_length=URL_MAX, required=False, help_text="https://, on the public internet")
    description = serializers.CharField(max_length=200, required=False, allow_blank=True)
    event_types = serializers.ListField(
        child=serializers.CharField(max_length=60),
        required=False,
        max_length=TYPES_MOST,
        help_text="Names from docs/events.md; none for all",
    )

    def validate_url(self, url: str) -> str:
        try:
            resolve_public(url, may_call_loopback=settings.WEBHOOKS_TO_LOOPBACK)
        except UnsafeAddress as error:
            raise serializers.ValidationError(str(error)) from error
        return url

    def validate_description(self, text: str) -> str:
        if not text.isprintable():
            raise serializers.ValidationError("Control characters are not allowed.")
        return text

    def validate_event_types(self, names: list[str]) -> list[str]:
        unknown = sorted(set(names) - set(TYPES))
        if unknown:
            raise serializers.ValidationError(f"There is no such event: {', '.join(unknown)}.")
        return names


class EndpointInput(EndpointChange):
    """Where to tell of events from now on."""

    url = serializers.CharField(max_length=URL_MAX, help_text="https://, on the public internet")


class ReplayInput(serializers.Serializer):
    since = serializers.DateTimeField(help_text="Events published from then on; at most 31 days ago")
    with_delivered = serializers.BooleanField(default=False, help_text="Those that arrived, too")


class EndpointOutput(serializers.ModelSerializer):
    class Meta:
        model = WebhookEndpoint
        fields: tuple[str, ...] = (
            *("id", "url", "description", "event_types", "status", "disabled_reason", "disabled_at"),
            *("consecutive_failures", "failing_since", "rests_until", "last_success_at"),
            *("secret_made_at", "previous_secret_until", "created_at"),
        )


class EndpointWithSecret(EndpointOutput):
    """The secret is shown this once, and to repetitions with the same Idempotency-Key."""

    secret = serializers.CharField()

    class Meta(EndpointOutput.Meta):
        fields = (*EndpointOutput.Meta.fields, "secret")


class ReplayOutput(serializers.Serializer):
    count = serializers.IntegerField(help_text="Calls that are made again")


class AttemptOutput(serializers.ModelSerializer):
    class Meta:
        model = WebhookAttempt
        fields = ("at", "headers", "body_digest", "status", "answer", "error", "duration_ms")


class CallOutput(serializers.ModelSerializer):
    """One event for one endpoint, with every request that was made for it."""

    event_type = serializers.CharField(source="event.name")
    due_at = serializers.DateTimeField(help_text="When it is tried next; null when it is not", allow_null=True)
    attempts = AttemptOutput(source="tried", many=True)

    class Meta:
        model = WebhookCall
        fields = (*("id", "endpoint", "event", "event_type", "outcome", "tries", "created_at", "due_at"), "attempts")


class PublishedOutput(serializers.ModelSerializer):
    """As in the body of a webhook; ``id`` is its ``webhook-id``."""

    type = serializers.CharField(source="name")
    timestamp = serializers.SerializerMethodField()
    data = serializers.SerializerMethodField()  # type: ignore[assignment] # the name of the field; the class loses it

    class Meta:
        model = Event
        fields = ("id", "type", "timestamp", "data")

    @extend_schema_field(serializers.DateTimeField)
    def get_timestamp(self, event: Event) -> str:
        return timestamp(event.published_at)

    def get_data(self, event: Event) -> dict[str, Any]:
        return data(subject_id=event.subject_id, payload=event.payload)


@extend_schema(tags=["webhooks"])
class EndpointViewSet(ListModelMixin, RetrieveModelMixin, MerchantViewSet):
    """Where a merchant is told of events."""

    serializer_class = EndpointOutput
    queryset = WebhookEndpoint.objects.none()

    def get_queryset(self):
        return WebhookEndpoint.objects.for_merchant(self.merchant)

    def get_serializer_class(self) -> type[serializers.BaseSerializer]:
        return ANSWERS.get(self.action, EndpointOutput)

    @extend_schema(request=EndpointInput, responses={201: EndpointWithSecret}, parameters=[IDEMPOTENCY])
    def create(self, request: Request) -> Response:
        """Add an endpoint. The answer holds the secret, which is not shown again."""
        given = self.read_input(EndpointInput)
        answer = self.write_once(request, 201, lambda: endpoints.create_endpoint(merchant=self.merchant, **given))
        return self._with_secret(answer)

    @extend_schema(request=EndpointChange, responses=EndpointOutput, parameters=[IDEMPOTENCY])
    def partial_update(self, request: Request, pk: str) -> Response:
        endpoint = self.get_object()
        given = self.read_input(EndpointChange)
        return self.write_once(request, 200, lambda: endpoints.change_endpoint(endpoint=endpoint, **given))

    @extend_schema(responses={204: None})
    def destroy(self, request: Request, pk: str) -> Response:
        endpoints.delete_endpoint(endpoint=self.get_object())
        return Response(status=204)

    @extend_schema(request=None, responses=EndpointOutput, parameters=[IDEMPOTENCY])
    @action(detail=True, methods=["post"])
    def pause(self, request: Request, pk: str) -> Response:
        """Hold back what is to be sent until the endpoint is resumed."""
        return self._do(request, endpoints.pause_endpoint)

    @extend_schema(request=None, responses=EndpointOutput, parameters=[IDEMPOTENCY])
    @action(detail=True, methods=["post"])
    def resume(self, request: Request, pk: str) -> Response:
        """Send again, what was held back first."""
        return self._do(request, endpoints.resume_endpoint)

    @extend_schema(request=None, responses=EndpointWithSecret, parameters=[IDEMPOTENCY])
    @action(detail=True, methods=["post"], url_path="rotate-secret")
    def rotate_secret(self, request: Request, pk: str) -> Response:
        """Make a new secret; for 24 hours calls are signed with the old one, too."""
        return self._with_secret(self._do(request, endpoints.rotate_secret))

    @extend_schema(request=None, responses={202: CallOutput}, parameters=[IDEMPOTENCY])
    @action(detail=True, methods=["post"])
    def test(self, request: Request, pk: str) -> Response:
        """Send a test event to this endpoint; read its call to see what came of it."""
        return self._do(request, endpoints.send_test, status=202)

    @extend_schema(request=ReplayInput, responses={202: ReplayOutput}, parameters=[IDEMPOTENCY])
    @action(detail=True, methods=["post"])
    def replay(self, request: Request, pk: str) -> Response:
        """Send again what was not delivered since a moment, or everything since then."""
        endpoint = self.get_object()
        given = self.read_input(ReplayInput)
        return self.write_once(request, 202, lambda: {"count": endpoints.replay_calls(endpoint=endpoint, **given)})

    def _do(self, request: Request, service: Callable[..., object], *, status: int = 200) -> Response:
        endpoint = self.get_object()
        return self.write_once(request, status, lambda: service(endpoint=endpoint))

    def _with_secret(self, answer: Response) -> Response:
        """Kept answers hold no secret; it is put in while it is the one that the answer was about."""
        made = {"pk": answer.data["id"], "secret_made_at": answer.data["secret_made_at"]}
        found = self.get_queryset().filter(**made).first()
        answer.data["secret"] = found.secret if found else ""
        return answer


ANSWERS: dict[str, type[serializers.BaseSerializer]] = {"test": CallOutput, "replay": ReplayOutput}


class CallFilter(filters.FilterSet):
    endpoint = filters.UUIDFilter("endpoint_id")
    event = filters.UUIDFilter("event_id")
    created_after = filters.IsoDateTimeFilter("created_at", "gte")

    class Meta:
        model = WebhookCall
        fields = ("outcome",)


@extend_schema(tags=["webhooks"])
class CallViewSet(ListModelMixin, RetrieveModelMixin, MerchantViewSet):
    """What was sent to endpoints, and what they answered."""

    serializer_class = CallOutput
    filterset_class = CallFilter
    queryset = WebhookCall.objects.none()

    def get_queryset(self):
        return WebhookCall.objects.for_merchant(self.merchant).select_related("event", "endpoint").with_attempts()

    @extend_schema(request=None, responses={202: CallOutput}, parameters=[IDEMPOTENCY])
    @action(detail=True, methods=["post"])
    def replay(self, request: Request, pk: str) -> Response:
        """Send it again, under the same webhook-id."""
        call = self.get_object()
        return self.write_once(request, 202, lambda: endpoints.replay_call(call=call))


class OldestFirst(NewestFirst):
    """Pages by key, oldest first: whoever comes back begins after the last one that it read."""

    ordering = "id"


class NamesFilter(filters.BaseInFilter, filters.CharFilter):
    """Any of several names, with commas between."""


class EventFilter(filters.FilterSet):
    type = NamesFilter("name", help_text="Names from docs/events.md, with commas between")
    since = filters.IsoDateTimeFilter("published_at", "gte")
    after = filters.UUIDFilter("id", "gt", help_text="The id of the last event that was read")

    class Meta:
        model = Event
        fields: tuple[str, ...] = ()


@extend_schema(tags=["webhooks"])
class EventViewSet(ListModelMixin, RetrieveModelMixin, MerchantViewSet):
    """The events that webhooks tell of, oldest first, for those who would rather ask.

    An event appears about a second after it happened; then none that is older appears any more. So read to the end,
    remember the last ``id``, and come back with ``after``.
    """

    serializer_class = PublishedOutput
    filterset_class = EventFilter
    pagination_class = OldestFirst
    queryset = Event.objects.none()

    def get_queryset(self):
        return settled_events(self.merchant)


def register(router: SimpleRouter) -> None:
    router.register("webhooks", EndpointViewSet, basename="webhook")
    router.register("webhook-calls", CallViewSet, basename="webhook-call")
    router.register("events", EventViewSet, basename="event")
