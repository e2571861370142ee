"""API conventions once for all: problem documents (RFC 9457) and cursor pages."""

import json
import re
from http import HTTPStatus
from typing import IO, Any

from django.core.exceptions import PermissionDenied, RequestDataTooBig
from django.core.exceptions import ValidationError as WrongValue
from django.http import Http404, HttpResponse, JsonResponse
from rest_framework import exceptions
from rest_framework.pagination import Cursor, CursorPagination
from rest_framework.parsers import JSONParser
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import exception_handler

from .errors import DomainError

PROBLEM_TYPE = "application/problem+json"
JSON_DEPTH_MAX = 20
_UNSTORABLE = re.compile(r"[\x00\ud800-\udfff]")
_WRONG_CURSOR = "This cursor can't be used. Take it from the last page's links, or leave it out."


class NewestFirst(CursorPagination):
    """Pages by key, newest first: keys are time-ordered, so the page is stable while rows are added."""

    ordering = "-id"
    page_size = 50
    max_page_size = 200
    page_size_query_param = "limit"

    def decode_cursor(self, request: Request) -> Cursor | None:
        try:
            return super().decode_cursor(request)
        except exceptions.NotFound as error:
            raise exceptions.ValidationError({"cursor": [_WRONG_CURSOR]}) from error

    def paginate_queryset(self, queryset: Any, request: Request, view: Any = None) -> list | None:
        try:
            return super().paginate_queryset(queryset, request, view)
        except (ValueError, WrongValue) as error:  # a cursor that decodes, to something that is no key
            raise exceptions.ValidationError({"cursor": [_WRONG_CURSOR]}) from error


class StorableJSONParser(JSONParser):
    """JSON in UTF-8, of a sane depth, whose texts PostgreSQL can hold: no NUL, no halves of surrogate pairs."""

    def parse(self, stream: IO[bytes], media_type: str | None = None, parser_context: Any = None) -> Any:
        try:
            found = json.loads(stream.read().decode(), parse_constant=_refuse_constant)
        except RecursionError as error:
            raise exceptions.ParseError("The JSON is nested too deep.") from error
        except ValueError as error:
            raise exceptions.ParseError(f"The body is not JSON in UTF-8: {error}.") from error
        _check_storable(found)
        return found


def _refuse_constant(name: str) -> object:
    raise ValueError(f"{name} is not JSON")


def _check_storable(document: object) -> None:
    """Walk without recursion: what the parser could read may be deeper than Python can call."""
    waiting = [(document, 1)]
    while waiting:
        value, depth = waiting.pop()
        if isinstance(value, str):
            if _UNSTORABLE.search(value):
                raise exceptions.ParseError("Texts may not hold NUL or halves of surrogate pairs.")
        elif isinstance(value, dict | list):
            if depth > JSON_DEPTH_MAX:
                raise exceptions.ParseError("The JSON is nested too deep.")
            children = (*value, *value.values()) if isinstance(value, dict) else value
            waiting.extend((child, depth + 1) for child in children)


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
    if isinstance(error, RequestDataTooBig):
        return _typed(Response(problem(413, "too_large", "The body is too large."), status=413))
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
