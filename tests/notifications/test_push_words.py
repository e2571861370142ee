"""Words of pushes and WeChat messages: complete in every language, short enough for where they are shown."""

import re
from itertools import product
from types import SimpleNamespace

import pytest
from django.conf import settings

from notifications import kinds, words
from notifications.channels.push import LINE_MAX, TITLE_MAX
from notifications.channels.wechat import fit
from notifications.facts import TROUBLES
from notifications.facts.shipments import GOING_BACK

BEFORE_A_PROOF = {"receiver_added"}  # who receives for somebody has proved nothing yet, so no device can be theirs
LANGUAGES = [code for code, _ in settings.LANGUAGES]
PLAIN: dict[str, object] = {
    "merchant": "Nordwind Outfitters",
    "order": "A-100123",
    "name": "Ann",
    "link": "https://track.example/t/x/",
    "carrier": "Deutsche Post",
    "number": "JD014600000001",
    "place": "Packstation 145, Leipzig",
    "code": "7421",
    "case": "R-1001",
    "day": "Mon, 23 Nov",
    "amount": "12.00 €",
    "count": 1,
    "days": 2,
    "happened": "Nothing was heard of your parcel for two days.",
    "note": "",
    "question": "Did you look in the garage?",
    "offer": "A part of the money back",
    "until": "Mon, 23 Nov",
    "accepted": False,
    "trouble": "",
}
MANY = {"count": 3, "is_today": True, "accepted": True, "is_delegate": True, "code": "", "place": ""}
FACTS = [
    PLAIN,
    {**PLAIN, **MANY},
    *({**PLAIN, "trouble": trouble} for trouble in sorted({*TROUBLES.values(), *GOING_BACK.values()})),
]


def told_over(channel: str) -> list[str]:
    return [code for code in kinds.KINDS if words.is_told(code, channel)]


def say(kind: str, channel: str, language: str, facts: dict[str, object]) -> words.Words:
    return words.render(kind, SimpleNamespace(code=channel, has_html=False), language, dict(facts))  # type: ignore[arg-type]


def test_what_a_number_must_prove_is_never_told_on_a_screen() -> None:
    necessary = {code for code, kind in kinds.KINDS.items() if kind.is_necessary}
    assert necessary & {*told_over("push"), *told_over("wechat")} == set()


def test_every_kind_of_news_of_a_parcel_has_words_for_both() -> None:
    by_all = {code for code, kind in kinds.KINDS.items() if {"push", "wechat"} <= set(kind.channels)} - BEFORE_A_PROOF
    assert by_all - set(told_over("push")) == set()
    assert by_all - set(told_over("wechat")) == set()


@pytest.mark.parametrize(("kind", "language"), list(product(told_over("push"), LANGUAGES)))
def test_a_push_is_a_title_and_a_line(kind: str, language: str) -> None:
    for facts in FACTS:
        said = say(kind, "push", language, facts)
        assert 0 < len(said.subject) <= TITLE_MAX
        assert 0 < len(said.text) <= LINE_MAX
        assert "\n" not in said.text
        assert "Nordwind Outfitters" in said.text, "the browser names the portal, not the merchant"
        assert not re.search(r"{[{%]|\s[.,!?]|\(\)|None|7421", f"{said.subject} {said.text}"), said


@pytest.mark.parametrize(("kind", "language"), list(product(told_over("wechat"), LANGUAGES)))
def test_wechat_s_fields_take_the_words_whole(kind: str, language: str) -> None:
    for facts in FACTS:
        said = say(kind, "wechat", language, facts)
        assert said.subject == fit("thing1", said.subject)
        assert said.text == fit("thing2", said.text)
        assert not re.search(r"{[{%]|None|7421", f"{said.subject} {said.text}"), said
        if language == "zh-hans":
            assert said.subject == fit("phrase1", said.subject), "a phrase is five Chinese characters at most"
