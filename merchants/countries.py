"""Countries by the names that people read."""

from babel import Locale
from django.utils import translation


def country_name(code: str) -> str:
    """A country's name in the reader's language; a code that nobody knows stays one, and nothing is nothing.

    Args:
        code: two letters of ISO 3166, however they are written.
    """
    if not code:
        return ""
    locale = Locale.parse(translation.to_locale(translation.get_language() or "en"))
    name: str = locale.territories.get(code.upper(), code)
    return name
