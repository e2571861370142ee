"""What a tracking number says of itself, and what that means for the carrier that someone named."""

from dataclasses import dataclass

from babel.lists import format_list
from django.utils.translation import get_language, to_locale
from django.utils.translation import gettext as _

from ..numbers import Candidate, Check, is_suspicious, knows_carrier, recognize
from ..numbers.formats import ISSUERS
from .carriers import carrier_label

_POSTS = frozenset(ISSUERS.values())
_NAMED_AT_MOST = 4


@dataclass(frozen=True, slots=True)
class CarrierPage:
    """A carrier, and its own page of a number; "" where there is none, or the number can't be right."""

    name: str
    url: str


@dataclass(frozen=True, slots=True)
class NumberHint:
    """What a number tells by itself, without asking whether anybody has such a parcel.

    ``is_mistyped``: every form that it fits says that its check digit is wrong. ``is_sure``: it can hardly be another
    carrier's than those that are named.
    """

    carriers: tuple[CarrierPage, ...]
    is_mistyped: bool
    is_sure: bool

    @property
    def names(self) -> str:
        """The carriers in one phrase, as the reader's language joins alternatives."""
        locale = to_locale(get_language() or "en")
        return format_list([carrier.name for carrier in self.carriers], style="or", locale=locale)

    @property
    def pages(self) -> list[CarrierPage]:
        return [carrier for carrier in self.carriers if carrier.url]


def number_hint(number: str) -> NumberHint | None:
    """What to tell who typed a number; None where it looks like no carrier's, as most order numbers."""
    candidates = recognize(number)
    if not candidates:
        return None
    best = [candidate for candidate in candidates if candidate.rank == 1]
    is_mistyped = is_suspicious(candidates)
    pages = {carrier_label(one.carrier): "" if is_mistyped else one.tracking_url for one in best}
    named = tuple(CarrierPage(name, url) for name, url in pages.items())[:_NAMED_AT_MOST]
    return NumberHint(named, is_mistyped, is_sure=best[0].is_distinctive)


def number_warnings(*, carrier: str, number: str) -> list[str]:
    """What looks wrong about a number for its carrier; nothing for a carrier whose numbers we don't know.

    These are doubts, never refusals: carriers begin new number ranges without telling anyone.
    """
    if not knows_carrier(carrier):
        return []
    candidates = recognize(number)
    own = [candidate for candidate in candidates if candidate.carrier == carrier]
    if own and all(candidate.check is Check.FAILED for candidate in own):
        message = _("The check digit of %(number)s fails: look at the label again.")
        return [message % {"number": number}]
    if not own and candidates and _is_surely_not(carrier, candidates[0]):
        message = _("%(number)s looks like a %(looks_like)s number, not %(carrier)s.")
        names = {"looks_like": carrier_label(candidates[0].carrier), "carrier": carrier_label(carrier)}
        return [message % {"number": number, **names}]
    return []


def _is_surely_not(carrier: str, best: Candidate) -> bool:
    if not best.is_distinctive or carrier in best.partners:
        return False
    return not (best.country and carrier in _POSTS)  # a parcel by post is tracked by the post that delivers it, too
