"""How many parts a text takes as an SMS, which is what is billed; pure (3GPP TS 23.038)."""

from dataclasses import dataclass
from math import ceil

GSM = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?"
    "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
GSM_EXTENDED = frozenset("^{}\\[~]|€\f")  # each takes two places
GSM_ONE, GSM_EACH = 160, 153
UCS2_ONE, UCS2_EACH = 70, 67


@dataclass(frozen=True, slots=True)
class SmsSize:
    """How long a text is: places taken, in which alphabet, into how many parts it falls, places left in the last."""

    places: int
    is_gsm: bool
    parts: int
    left: int


def sms_size(text: str) -> SmsSize:
    """160 places of the GSM alphabet fit into one part, 70 of any other; less into each of several."""
    is_gsm = set(text) <= GSM | GSM_EXTENDED
    if is_gsm:
        places, one, each = sum(2 if mark in GSM_EXTENDED else 1 for mark in text), GSM_ONE, GSM_EACH
    else:
        places, one, each = len(text.encode("utf-16-be")) // 2, UCS2_ONE, UCS2_EACH
    parts = 1 if places <= one else ceil(places / each)
    return SmsSize(places, is_gsm, parts, (one if parts == 1 else parts * each) - places)


def sms_parts(text: str) -> int:
    """In how many parts a text is sent and billed."""
    return sms_size(text).parts
