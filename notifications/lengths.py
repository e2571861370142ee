"""How many parts a text takes as an SMS, which is what is billed; pure (3GPP TS 23.038)."""

from math import ceil

GSM = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?"
    "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
GSM_EXTENDED = frozenset("^{}\\[~]|€\f")  # each takes two places
GSM_ONE, GSM_EACH = 160, 153
UCS2_ONE, UCS2_EACH = 70, 67


def sms_parts(text: str) -> int:
    """160 characters of the GSM alphabet fit into one part, 70 of any other; less into each of several."""
    if set(text) <= GSM | GSM_EXTENDED:
        length, one, each = sum(2 if mark in GSM_EXTENDED else 1 for mark in text), GSM_ONE, GSM_EACH
    else:
        length, one, each = len(text.encode("utf-16-be")) // 2, UCS2_ONE, UCS2_EACH
    return 1 if length <= one else ceil(length / each)
