"""Every event becomes a call to each endpoint that wants it."""

from collections import defaultdict
from uuid import UUID

from django.utils import timezone

from logistics_portal.kernel.bulk import insert_rows
from logistics_portal.kernel.events import subscribe
from logistics_portal.kernel.models import Event
from logistics_portal.kernel.work import ring

from ..events import WEBHOOK_TESTED
from ..models import WebhookCall, WebhookEndpoint
from .endpoints import new_call


@subscribe()
def write_calls(events: list[Event]) -> None:
    """One call an event and endpoint. What happened before an endpoint was there is not told to it by itself."""
    told = [event for event in events if event.merchant_id and event.name != WEBHOOK_TESTED.name]
    endpoints: dict[UUID, list[WebhookEndpoint]] = defaultdict(list)
    for endpoint in WebhookEndpoint.objects.told().filter(merchant_id__in={event.merchant_id for event in told}):
        endpoints[endpoint.merchant_id].append(endpoint)
    now = timezone.now()
    calls = [
        new_call(endpoint, event.pk, now=now)
        for event in told
        for endpoint in endpoints[event.merchant_id]  # type: ignore[index]
        if endpoint.wants(event.name) and event.published_at >= endpoint.created_at
    ]
    if insert_rows(WebhookCall, calls, ignore_conflicts=True):
        ring(WebhookCall)
