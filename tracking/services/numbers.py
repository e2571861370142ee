"""What a tracking number says of itself, and what that means for the carrier that someone named."""

from django.utils.translation import gettext as _

from ..numbers import Candidate, Check, carrier_name, knows_carrier, recognize
from ..numbers.formats import ISSUERS
from .carriers import carrier_label

_POSTS = frozenset(ISSUERS.values())


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
        names = {"looks_like": candidates[0].carrier_name, "carrier": carrier_name(carrier) or carrier_label(carrier)}
        return [message % {"number": number, **names}]
    return []


def _is_surely_not(carrier: str, best: Candidate) -> bool:
    if not best.is_distinctive or carrier in best.partners:
        return False
    return not (best.country and carrier in _POSTS)  # a parcel by post is tracked by the post that delivers it, too
