"""What every template may use."""

from django.conf import settings
from django.http import HttpRequest


def portal(request: HttpRequest) -> dict[str, object]:
    return {"languages": settings.LANGUAGES, "is_demo": settings.DEMO_INBOX, "portal_env": settings.PORTAL_ENV}
