"""Who calls the API: a merchant, by bearer key."""

from datetime import timedelta

from django.utils import timezone
from drf_spectacular.extensions import OpenApiAuthenticationExtension
from rest_framework import exceptions
from rest_framework.authentication import BaseAuthentication, get_authorization_header
from rest_framework.request import Request
from rest_framework.throttling import SimpleRateThrottle

from logistics_portal.kernel import tokens

from .models import ApiKey

LAST_USED_PRECISION = timedelta(minutes=10)  # a write at every call would cost more than the call


class KeyHolder:
    """The caller behind a key: no person, yet authenticated."""

    pk = None
    is_authenticated = True


class BearerKey(BaseAuthentication):
    """``Authorization: Bearer lp_…``; ``request.auth`` is the `ApiKey`, ``request.auth.merchant`` the tenant."""

    def authenticate(self, request: Request) -> tuple[KeyHolder, ApiKey] | None:
        scheme, _, key = get_authorization_header(request).decode("latin-1").partition(" ")
        if scheme.lower() != "bearer" or not key:
            return None
        found = ApiKey.objects.live().select_related("merchant").filter(digest=tokens.digest(key.strip())).first()
        if found is None:
            raise exceptions.AuthenticationFailed("This API key is not known or was revoked.")
        now = timezone.now()
        if found.last_used_at is None or found.last_used_at < now - LAST_USED_PRECISION:
            ApiKey.objects.filter(pk=found.pk).update(last_used_at=now)
        return KeyHolder(), found

    def authenticate_header(self, request: Request) -> str:
        return 'Bearer realm="api"'


class KeyThrottle(SimpleRateThrottle):
    """Limits calls by key; without one, by the socket's address."""

    scope = "key"

    def get_cache_key(self, request: Request, view: object) -> str:
        return f"api:{request.auth.pk if request.auth else self.get_ident(request)}"


class BearerKeyScheme(OpenApiAuthenticationExtension):
    target_class = BearerKey
    name = "bearerKey"

    def get_security_definition(self, auto_schema: object) -> dict[str, str]:
        return {"type": "http", "scheme": "bearer", "description": "A merchant's API key"}
