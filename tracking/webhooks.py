"""The carriers' door: verify, keep, 202. Nothing is parsed here.

Carriers push by the thousand, and programs have no session, language or page. So the web server's entry hands their
requests to `answer_carrier` at once; where Django is asked instead, `receive_payload` gives the same answers.
"""

import logging
import re
from collections.abc import Iterable, Mapping
from http import HTTPStatus
from typing import Any
from uuid import UUID

from django.conf import settings
from django.core.exceptions import RequestDataTooBig
from django.db import DatabaseError
from django.http import HttpRequest, HttpResponse
from django.urls import path
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from logistics_portal.kernel.api import problem_response

from . import services

logger = logging.getLogger(__name__)

PREFIX = "/webhooks/carriers/"
_ADDRESS = re.compile(rf"{PREFIX}([-a-zA-Z0-9_]+)(?:/([0-9a-f]{{8}}(?:-[0-9a-f]{{4}}){{3}}-[0-9a-f]{{12}}))?")
_ACCEPTED = "202 Accepted"


def answer_carrier(environ: dict[str, Any], start_response: Any) -> Iterable[bytes] | None:
    """Answer a carrier's POST by WSGI; None for a request that is Django's to answer."""
    address = _ADDRESS.fullmatch(environ["PATH_INFO"])
    length = environ.get("CONTENT_LENGTH") or "0"
    if address is None or environ["REQUEST_METHOD"] != "POST" or not (length.isascii() and length.isdigit()):
        return None
    code, account_id = address.groups()
    if int(length) > settings.DATA_UPLOAD_MAX_MEMORY_SIZE:
        return _send(_too_large(), start_response)
    headers = {name[5:].replace("_", "-").lower(): value for name, value in environ.items() if name.startswith("HTTP_")}
    body = environ["wsgi.input"].read(int(length))
    refusal = _receive(code, UUID(account_id) if account_id else None, headers, body, environ.get("CONTENT_TYPE", ""))
    if refusal is not None:
        logger.warning("carrier refused carrier=%s status=%d", code, refusal.status_code)
        return _send(refusal, start_response)
    content, content_type = _acknowledgement(code)
    start_response(_ACCEPTED, [("Content-Type", content_type), ("Content-Length", str(len(content)))])
    return [content]


@csrf_exempt  # a carrier has no session; its signature is the proof
@require_POST
def receive_payload(request: HttpRequest, code: str, account_id: UUID | None = None) -> HttpResponse:
    """Take a carrier's payload: 202 when it bears the signature of one of the carrier's accounts and was kept."""
    try:
        body = request.body
    except RequestDataTooBig:
        return _too_large()
    headers = {name.lower(): value for name, value in request.headers.items()}
    refusal = _receive(code, account_id, headers, body, request.META.get("CONTENT_TYPE", ""))
    if refusal is not None:
        return refusal
    content, content_type = _acknowledgement(code)
    return HttpResponse(content, content_type=content_type, status=202)


def _receive(
    code: str, account_id: UUID | None, headers: Mapping[str, str], body: bytes, content_type: str
) -> HttpResponse | None:
    """Keep a payload; returns the refusal of one that was not kept."""
    adapter = services.carrier(code)
    if adapter is None:
        return problem_response(404, "unknown_carrier", f"There is no carrier “{code}” here.")
    if not body:
        return problem_response(400, "empty", "The body is empty.")
    try:
        services.take_payload(
            adapter=adapter, body=body, headers=headers, content_type=content_type, account_id=account_id
        )
    except services.BadSignature as error:
        return problem_response(error.status, error.code, error.message)
    except DatabaseError:
        logger.exception("carrier not kept carrier=%s", code)
        refusal = problem_response(503, "not_kept", "The payload could not be kept. Send it again.")
        refusal["Retry-After"] = "30"
        return refusal
    return None


def _acknowledgement(code: str) -> tuple[bytes, str]:
    text, content_type = services.CARRIERS[code].acknowledge()
    return text.encode(), content_type


def _too_large() -> HttpResponse:
    limit = settings.DATA_UPLOAD_MAX_MEMORY_SIZE
    return problem_response(413, "too_large", f"A payload may have {limit} bytes at most.")


def _send(response: HttpResponse, start_response: Any) -> Iterable[bytes]:
    headers = [*response.items(), ("Content-Length", str(len(response.content)))]
    start_response(f"{response.status_code} {HTTPStatus(response.status_code).phrase}", headers)
    return [response.content]


urlpatterns = [
    path("<slug:code>", receive_payload, name="carrier_webhook"),
    path("<slug:code>/<uuid:account_id>", receive_payload, name="carrier_account_webhook"),
]
