"""Refuses to start when something dangerous is on."""

from django.conf import settings
from django.core.checks import Error, Tags, register


@register(Tags.security)
def webhooks_stay_outside(app_configs: object, **kwargs: object) -> list[Error]:
    """Who may have this machine called reaches whatever listens on it."""
    if settings.IS_PRODUCTION and settings.WEBHOOKS_TO_LOOPBACK:
        return [Error("PORTAL_WEBHOOKS_TO_LOOPBACK lets merchants call this machine; turn it off.", id="portal.E020")]
    return []
