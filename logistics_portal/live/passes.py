"""Who may listen to what: a pass names its topic, is signed, and runs out, so that a page's address never travels."""

import time
from uuid import UUID

from logistics_portal.kernel import tokens

_PURPOSE = "live"
_DAY = 24 * 3600
_DAYS = 2  # a page that stays open for longer asks for a new pass


def make_pass(topic: UUID) -> str:
    """A URL-safe pass to the news of ``topic``, good for today and tomorrow."""
    return tokens.make_token(_PURPOSE, topic, version=_today())


def topic_of(given: str) -> str | None:
    """The topic of a pass in hex, or None when the pass is forged or has run out."""
    topic = tokens.read_token(given)
    if topic is None:
        return None
    days = (_today() - age for age in range(_DAYS))
    return topic.hex if any(tokens.token_holds(_PURPOSE, given, topic, version=day) for day in days) else None


def _today() -> int:
    return int(time.time()) // _DAY
