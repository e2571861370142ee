"""Who says no, in Chinese: 驳回 is what an authority does to a petition, and nobody here is one."""

from pathlib import Path

from babel.messages.pofile import read_po
from django.conf import settings

CATALOG = settings.BASE_DIR / "locale" / "zh_Hans" / "LC_MESSAGES" / "django.po"
MESSAGES = settings.BASE_DIR / "templates" / "messages"


def said(words: str, context: str | None = None) -> str:
    with CATALOG.open("rb") as file:
        message = read_po(file).get(words, context)
    assert message is not None
    return str(message.string)


def test_nobody_speaks_as_an_authority() -> None:
    texts: list[Path] = [CATALOG, *MESSAGES.rglob("*zh-hans*")]
    assert len(texts) > 50
    assert [path.name for path in texts if "驳回" in path.read_text()] == []


def test_a_customer_does_not_accept_and_staff_refuse() -> None:
    assert said("Decline", "offer") == "不接受"
    assert said("Offer declined", "dispute") == "方案未被接受"
    assert said("Decline") == "拒绝"
    assert "拒绝" in said("The return is declined; the customer is told why.")
