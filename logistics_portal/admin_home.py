"""The home page of staff: what today holds and what waits for whom, each number a link into its list."""

from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from aftersales.models import Dispute, Refund, Return
from logistics_portal.kernel.models import Event
from logistics_portal.kernel.parts import COUNTERS, HOME, counts, gather_panels
from notifications.models import InboundMessage, Message
from tracking.models import CarrierPayload

ORDER_OF_GROUPS = (
    "orders",
    "incidents",
    "parcels",
    "checks",
    "aftersales",
    "texts",
    "messages",
    "carriers",
    "work",
    "stock",
)


def dashboard(request: HttpRequest, context: dict[str, Any]) -> dict[str, Any]:
    """The groups of numbers that the user may see, and the apps' own parts of the page."""
    names = [name for name in ORDER_OF_GROUPS if name in COUNTERS]
    names += [name for name in COUNTERS if name not in names]
    groups = [{"title": COUNTERS[name][0], "counts": counts(request, name)} for name in names]
    return context | {
        "title": _("Today"),
        "groups": [group for group in groups if group["counts"]],
        "panels": [part for part in gather_panels(request, HOME, None) if part["given"]],
        "now": timezone.localtime(),
        "zone": timezone.get_current_timezone_name(),
    }


def _badge(group: str, model: type) -> Callable[[HttpRequest], str]:
    """A number beside a link of the navigation; nothing when there is nothing to do."""

    def badge(request: HttpRequest) -> str:
        number = sum(count.number for count in counts(request, group) if count.model is model)
        return str(number) if number else ""

    return badge


texts_badge = _badge("texts", InboundMessage)
returns_badge = _badge("aftersales", Return)
disputes_badge = _badge("aftersales", Dispute)
refunds_badge = _badge("aftersales", Refund)
stuck_events_badge = _badge("work", Event)
stuck_payloads_badge = _badge("work", CarrierPayload)
stuck_messages_badge = _badge("work", Message)


def incidents_badge(request: HttpRequest) -> str:
    """The open ones; the group's other numbers count some of them again."""
    numbers = [count.number for count in counts(request, "incidents")]
    return str(numbers[0]) if any(numbers) else ""


def account_links(request: HttpRequest) -> list[dict[str, str]]:
    """The menu of the user: languages, and the password."""
    links = [{"title": str(name), "link": f"?lang={code}"} for code, name in settings.LANGUAGES]
    return [*links, {"title": _("Change password"), "link": reverse("admin:password_change")}]
