"""Reading the codes of one payload, remembering those that no table has."""

from collections.abc import Mapping

from tracking.carriers.base import Reading, Status


class CodeReader:
    """Reads codes by a table; ``unknown`` lists, once each, the codes it couldn't read."""

    def __init__(self, statuses: Mapping[str, Reading]) -> None:
        self._statuses = statuses
        self._unknown: dict[str, None] = {}

    def read(self, code: str, *keys: str) -> Reading:
        """The reading of the first of ``keys`` (or of ``code`` itself) that the table has, else `Status.UNKNOWN`."""
        for key in keys or (code,):
            if key in self._statuses:
                return self._statuses[key]
        if code:
            self._unknown[code] = None
        return Reading(Status.UNKNOWN)

    @property
    def unknown(self) -> tuple[str, ...]:
        """The codes met so far that no table has."""
        return tuple(self._unknown)
