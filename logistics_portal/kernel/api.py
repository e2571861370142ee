"""API conventions once for all: problem documents (RFC 9457) and cursor pages."""

from http import HTTPStatus
from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpResponse, JsonResponse
from rest_framework import exceptions
from rest_framework.pagination import CursorPagination
from rest_framework.response import Response
from rest_framework.views import exception_handler

from .errors import DomainError

PROBLEM_TYPE = "application/problem+json"


class NewestFirst(CursorPagination):
    """Pages by key, newest first: keys are time-ordered, so the page is stable while rows are added."""

    ordering = "-id"
    page_size = 50
    max_page_size = 200
    page_size_query_param = "limit"


def problem(status: int, code: str, detail: str, **more: Any) -> dict[str, Any]:
    """The body of a problem document."""
    return {"type": f"urn:logistics-portal:problem:{code}", "title": HTTPStatus(status).phrase} | {
        "status": status,
        "code": code,
        "detail": detail,
        **{key: value for key, value in more.items() if value},
    }


def problem_response(status: int, code: str, detail: str, **more: Any) -> HttpResponse:
    """A problem document from a plain Django view."""
    return JsonResponse(problem(status, code, detail, **more), status=status, content_type=PROBLEM_TYPE)


def answer_problem(error: Exception, context: dict[str, Any]) -> Response | None:
    """DRF's exception handler: every refusal becomes a problem document."""
    if isinstance(error, DomainError):
        refused = Response(problem(error.status, error.code, error.message, errors=error.fields), status=error.status)
        if retry_after := getattr(error, "retry_after", None):
            refused["Retry-After"] = str(retry_after)
        return _typed(refused)
    response = exception_handler(error, context)
    if response is None:
        return None
    if isinstance(error, exceptions.ValidationError):
        response.data = problem(400, "invalid", "Some fields can't be used; see errors.", errors=response.data)
    elif isinstance(error, Http404 | exceptions.NotFound):
        response.data = problem(404, "not_found", "There is no such thing here.")
    elif isinstance(error, PermissionDenied):
        response.data = problem(403, "forbidden", "This is not allowed with this key.")
    else:
        code = getattr(error, "default_code", "error")
        response.data = problem(response.status_code, code, str(getattr(error, "detail", error)))
    return _typed(response)


def _typed(response: Response) -> Response:
    response.content_type = PROBLEM_TYPE
    return response
