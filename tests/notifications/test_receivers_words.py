"""Who receives a parcel for somebody else is never told of "your order": it is not theirs."""

import re

import pytest

from notifications import words
from notifications.delegates import TOLD
from notifications.facts import GOING_BACK, TROUBLES
from notifications.services import CHANNELS
from notifications.variables import sample_facts

LANGUAGES = ("en", "de", "zh-hans")
ORDERS = re.compile(r"ZZ-77|\border|Bestellung|订单|send something back|zurückgeb|退货", re.IGNORECASE)
VARIANTS = [
    {"count": 1},
    {"count": 3},
    *({"trouble": one} for one in sorted({*TROUBLES.values(), *GOING_BACK.values()})),
]


@pytest.mark.parametrize("kind", sorted(TOLD))
@pytest.mark.parametrize("channel", sorted(CHANNELS))
@pytest.mark.parametrize("language", LANGUAGES)
def test_news_speak_of_a_parcel_for_you(kind: str, channel: str, language: str) -> None:
    for variant in ({"trouble": ""}, *VARIANTS):
        facts = sample_facts(language, merchant="Acme") | {"order": "ZZ-77", "is_delegate": True} | variant
        said = words.render(kind, CHANNELS[channel], language, facts)
        body = said.text.partition("\n-- \n")[0]  # the foot of a letter says why it came
        assert not ORDERS.search(f"{said.subject}\n{body}"), f"{said.subject}\n{body}"
        to_buyer = words.render(kind, CHANNELS[channel], language, facts | {"is_delegate": False})
        assert to_buyer.text
        if channel == "email" and kind != "incident":
            assert "ZZ-77" in to_buyer.text
