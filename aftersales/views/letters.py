"""The door for letters: a mail server, or a provider's worker, brings them as they are."""

from django.http import HttpRequest, HttpResponse
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from logistics_portal.kernel.errors import DomainError

from .. import services
from ..letters import LETTER_MAX


@csrf_exempt
@require_POST
def letter_door(request: HttpRequest) -> HttpResponse:
    """Body: one letter (message/rfc822). Header ``Portal-Signature: t=seconds,v1=hex`` of its HMAC-SHA256."""
    raw = request.read(LETTER_MAX + 1)  # its own limit: letters with photos are larger than forms
    if len(raw) > LETTER_MAX:
        return HttpResponse(status=413)
    try:
        services.receive_signed_letter(raw=raw, signature=request.headers.get("Portal-Signature", ""))
    except DomainError as error:
        return HttpResponse(error.message, status=error.status, content_type="text/plain")
    return HttpResponse(status=204)
