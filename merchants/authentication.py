"""Who calls the API: a merchant, by bearer key."""

from datetime import timedelta

from django.utils import timezone
from drf_spectacular.extensions import OpenApiAuthenticationExtension
from rest_framework import exceptions
from rest_framework.authentication import BaseAuthentication, get_authorization_header
from rest_framework.request import Request
from rest_framework.throttling import SimpleRateThrottle

from logistics_portal.kernel import tokens
from logistics_portal.kernel.errors import TooOften
from logistics_portal.kernel.limits import Limit, network_of, spend_often

from .models import ApiKey

# Keys can't be guessed; this keeps one broken or hostile program from costing more than it should.
BAD_KEYS = Limit("bad-key", 60, 60)
LAST_USED_PRECISION = timedelta(minutes=10)  # a write at every call would cost more than the call


class KeyHolder:
    """The caller behind a key: no person, yet authenticated."""

    pk = None
    is_authenticated = True


class BearerKey(BaseAuthentication):
    """``Authorization: Bearer lp_…``; ``request.auth`` is the `ApiKey`, ``request.auth.merchant`` the tenant."""

    def authenticate(self, request: Request) -> tuple[KeyHolder, ApiKey] | None:
        scheme, _, key = get_authorization_header(request).decode("latin-1").partition(" ")
        if scheme.lower() != "bearer" or not key.strip():
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


def count_refusal(request: Request) -> None:
    """Count a call without a good key. Good keys from the same address are not held up by it.

    Raises:
        TooOften: this address called too often without one.
    """
    who = tokens.keyed_digest("caller", network_of(request.META["REMOTE_ADDR"]))
    spend_often(BAD_KEYS, who, message="Too many calls without a good API key from this address. Wait a minute.")


class KeyThrottle(SimpleRateThrottle):
    """Limits calls by key, counted by all processes together."""

    scope = "key"
    num_requests: int | None  # both by `PORTAL_API_RATE`
    duration: int
    refused_for = 0

    def allow_request(self, request: Request, view: object) -> bool:
        if request.auth is None or not self.num_requests:
            return True  # a door without keys, or no rate
        limit = Limit("api-key", self.num_requests, self.duration)
        try:
            spend_often(limit, str(request.auth.pk), message="")
        except TooOften as refusal:
            self.refused_for = refusal.retry_after
            return False
        return True

    def wait(self) -> float:
        return self.refused_for


class BearerKeyScheme(OpenApiAuthenticationExtension):
    target_class = BearerKey
    name = "bearerKey"

    def get_security_definition(self, auto_schema: object) -> dict[str, str]:
        return {"type": "http", "scheme": "bearer", "description": "A merchant's API key"}
