"""The door at which payment providers tell what became of refunds: signed, or refused."""

from uuid import UUID

from django.core.exceptions import RequestDataTooBig
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from logistics_portal.kernel.api import problem_response
from logistics_portal.kernel.errors import DomainError

from .. import services
from ..gateways.base import BadSignature


@csrf_exempt  # a payment provider has no session; its signature is the proof
@require_POST
def refund_news(request: HttpRequest, account_id: UUID) -> HttpResponse:
    """Take a payment provider's news of refunds: 200 when it bears the signature of the account's secret."""
    headers = {name.lower(): value for name, value in request.headers.items()}
    try:
        services.read_news(account_id=account_id, body=request.body, headers=headers, now=timezone.now())
    except BadSignature as error:
        return problem_response(401, "bad_signature", str(error))
    except RequestDataTooBig:
        return problem_response(413, "too_large", "The body is too large.")
    except DomainError as error:
        return problem_response(error.status, error.code, error.message)
    return HttpResponse(status=200)
