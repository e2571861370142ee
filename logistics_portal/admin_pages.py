"""What every staff page needs beyond other pages: a clock, and a policy that the admin's scripts can live with."""

import zoneinfo
from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.csp import CSP

from merchants.models import Merchant

# The admin's Alpine.js evaluates the expressions in its attributes and sets style attributes, as do its templates.
# Scripts still come from this host's files only: neither inline scripts nor event attributes run, here as elsewhere.
ADMIN_CSP = settings.SECURE_CSP | {
    "script-src": [CSP.SELF, CSP.UNSAFE_EVAL],
    "style-src": [CSP.SELF, CSP.UNSAFE_INLINE],
}


class StaffPagesMiddleware:
    """Scoped to the admin's addresses; every other page keeps the strict policy."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if not request.path_info.startswith(reverse("admin:index")):
            return self.get_response(request)
        with timezone.override(zone_of(request)):
            response = self.get_response(request)
        vars(response)["_csp_config"] = ADMIN_CSP  # where csp_override() puts it, too
        return response


def zone_of(request: HttpRequest) -> zoneinfo.ZoneInfo:
    """The clock of the merchants that the user works for, when it is the same for all; else UTC."""
    zones: list[str] = []
    if request.user.is_staff:
        merchants: Any = Merchant.objects
        zones = list(merchants.for_staff(request.user).values_list("time_zone", flat=True).distinct()[:2])
    name = zones[0] if len(zones) == 1 else settings.TIME_ZONE
    return zoneinfo.ZoneInfo(name if name in zoneinfo.available_timezones() else settings.TIME_ZONE)
