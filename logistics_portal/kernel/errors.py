"""Errors that a person can act on: services raise them, doors translate them."""


class DomainError(Exception):
    """A request that the portal understood and refuses.

    ``status`` is the HTTP status of the answer, ``code`` a stable name for programs, ``fields`` maps an input field to
    what is wrong with it. The message says what was wrong and what to do.
    """

    status = 409
    code = "conflict"

    def __init__(self, message: str, *, fields: dict[str, list[str]] | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.fields = fields or {}


class NotFound(DomainError):
    """The thing does not exist for this caller; whether it exists for another is not told."""

    status = 404
    code = "not_found"


class Invalid(DomainError):
    """The input can't be used as it is; ``fields`` says which part and why."""

    status = 422
    code = "invalid"


class TooOften(DomainError):
    """A limit was reached; ``retry_after`` is the number of seconds until the next try makes sense."""

    status = 429
    code = "too_often"

    def __init__(self, message: str, *, retry_after: int) -> None:
        super().__init__(message)
        self.retry_after = retry_after
