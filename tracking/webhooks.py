"""The carriers' door: verify, keep, 202. Nothing is parsed here."""

from uuid import UUID

from django.conf import settings
from django.core.exceptions import RequestDataTooBig
from django.http import HttpRequest, HttpResponse
from django.urls import path
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from logistics_portal.kernel.api import problem_response

from . import services


@csrf_exempt  # a carrier has no session; its signature is the proof
@require_POST
def receive_payload(request: HttpRequest, code: str, account_id: UUID | None = None) -> HttpResponse:
    """Take a carrier's payload: 202 when it bears the signature of one of the carrier's accounts and was kept."""
    adapter = services.carrier(code)
    if adapter is None:
        return problem_response(404, "unknown_carrier", f"There is no carrier “{code}” here.")
    try:
        body = request.body
    except RequestDataTooBig:
        limit = settings.DATA_UPLOAD_MAX_MEMORY_SIZE
        return problem_response(413, "too_large", f"A payload may have {limit} bytes at most.")
    if not body:
        return problem_response(400, "empty", "The body is empty.")
    headers = {name.lower(): value for name, value in request.headers.items()}
    account = services.account_that_signed(adapter=adapter, body=body, headers=headers, account_id=account_id)
    if account is None:
        return problem_response(401, "bad_signature", "The signature is missing or is not that of a known account.")
    services.keep_payload(carrier=code, body=body, content_type=request.content_type or "", account=account)
    answer, content_type = adapter.acknowledge()
    return HttpResponse(answer, content_type=content_type, status=202)


urlpatterns = [
    path("<slug:code>", receive_payload, name="carrier_webhook"),
    path("<slug:code>/<uuid:account_id>", receive_payload, name="carrier_account_webhook"),
]
