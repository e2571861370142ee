"""What every API door stands on: a merchant's key, its rows only, and writes that honor Idempotency-Key."""

import json
from collections.abc import Callable

from rest_framework.exceptions import AuthenticationFailed, NotAuthenticated
from rest_framework.renderers import JSONRenderer
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.serializers import BaseSerializer
from rest_framework.viewsets import GenericViewSet

from logistics_portal.kernel.api import StorableJSONParser

from . import services
from .authentication import count_refusal
from .models import ApiKey, Merchant


class MerchantViewSet(GenericViewSet):
    """Base of the API's viewsets. A subclass's ``get_queryset()`` starts with ``for_merchant(self.merchant)``."""

    parser_classes = [StorableJSONParser]
    lookup_value_regex = "[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}"

    def initial(self, request: Request, *args: object, **kwargs: object) -> None:
        """Who calls, and how often, comes before what they send. Reading it here keeps it for `write_once`, too."""
        try:
            super().initial(request, *args, **kwargs)
        except (NotAuthenticated, AuthenticationFailed):
            count_refusal(request)
            raise
        _ = request._request.body

    @property
    def merchant(self) -> Merchant:
        key: ApiKey = self.request.auth  # type: ignore[assignment]
        return key.merchant

    def read_input(self, serializer_class: type[BaseSerializer]) -> dict:
        """The validated body of the request."""
        serializer = serializer_class(data=self.request.data, context=self.get_serializer_context())
        serializer.is_valid(raise_exception=True)
        return serializer.validated_data

    def write_once(self, request: Request, status: int, act: Callable[[], object]) -> Response:
        """Do ``act``, once if the caller sent an Idempotency-Key, and answer with what it returned, serialized."""

        def do() -> tuple[int, dict]:
            shown = self.get_serializer_class()(act(), context=self.get_serializer_context()).data
            return status, json.loads(JSONRenderer().render(shown))

        key = request.headers.get("Idempotency-Key", "")
        if not key:
            status, answer = do()
        else:
            route = f"{request.method} {request.path}"
            body = request._request.body
            status, answer = services.answer_once(merchant=self.merchant, key=key, route=route, body=body, act=do)
        return Response(answer, status=status)
