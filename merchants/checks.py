"""Refuses to start when something dangerous is on."""

from django.conf import settings
from django.core.checks import Error, Tags, register


@register(Tags.security)
def demo_is_off_in_production(app_configs: object, **kwargs: object) -> list[Error]:
    """The demo's inbox shows every message and code to anybody: never in production."""
    if settings.IS_PRODUCTION and settings.DEMO_INBOX:
        return [Error("PORTAL_DEMO_INBOX shows customers' codes to anybody; turn it off.", id="portal.E001")]
    return []


@register(Tags.security)
def sms_can_be_sent(app_configs: object, **kwargs: object) -> list[Error]:
    """Without SMS nobody could prove a number, so nobody could sign in."""
    if not settings.IS_PRODUCTION:
        return []
    names = ("TWILIO_ACCOUNT_SID", "TWILIO_AUTH_TOKEN", "TWILIO_FROM")
    missing = [name for name in names if not getattr(settings, name)]
    if missing:
        return [Error(f"SMS needs {', '.join(missing)}.", id="portal.E002")]
    return []


@register(Tags.security)
def mail_leaves_the_house(app_configs: object, **kwargs: object) -> list[Error]:
    if settings.IS_PRODUCTION and not settings.SMTP_URL:
        return [Error("Email needs PORTAL_SMTP_URL.", id="portal.E003")]
    return []


@register(Tags.security)
def debug_is_off_in_production(app_configs: object, **kwargs: object) -> list[Error]:
    if settings.IS_PRODUCTION and settings.DEBUG:
        return [Error("PORTAL_DEBUG shows settings and code to anybody; turn it off.", id="portal.E004")]
    return []
