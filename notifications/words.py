"""Words of messages: ``templates/messages/<kind>/<channel>.<language>.txt``, and ``.html`` where a channel shows it."""

from dataclasses import dataclass
from functools import cache

from django.conf import settings
from django.template import Context, Engine, TemplateDoesNotExist
from django.utils import translation

from .channels.base import Channel

BLACKED_OUT = "••••"
SUBJECT = "Subject:"
DEFAULT_LANGUAGE = "en"


@dataclass(frozen=True, slots=True)
class Words:
    subject: str
    text: str
    html: str = ""


def spoken(language: str) -> str:
    """The language of ours that comes nearest: ``de-AT`` is German, and what we don't speak is English."""
    wanted = language.lower()
    known = [code for code, _ in settings.LANGUAGES]
    same = [code for code in known if code == wanted] or [
        code for code in known if code.partition("-")[0] == wanted.partition("-")[0]
    ]
    return same[0] if same else DEFAULT_LANGUAGE


@cache
def is_told(kind: str, channel: str) -> bool:
    """Whether this kind of message goes out over this channel: it does when there are words for it."""
    try:
        Engine.get_default().get_template(f"messages/{kind}/{channel}.{DEFAULT_LANGUAGE}.txt")
    except TemplateDoesNotExist:
        return False
    return True


def render_both(kind: str, channel: Channel, language: str, facts: dict[str, object]) -> tuple[Words, Words]:
    """The message as it is sent and as it is kept."""
    return render(kind, channel, language, facts), render_for_keeping(kind, channel, language, facts)


def render(kind: str, channel: Channel, language: str, facts: dict[str, object]) -> Words:
    """The message in words, codes included: never store or log what this returns."""
    name = f"messages/{kind}/{channel.code}.{language}"
    with translation.override(language):
        subject, text = _split(_fill(f"{name}.txt", facts, language, autoescape=False))
        html = _fill(f"{name}.html", facts, language, autoescape=True) if channel.has_html else ""
    return Words(subject, text, html)


def render_for_keeping(kind: str, channel: Channel, language: str, facts: dict[str, object]) -> Words:
    """The message as it is kept: without what opens a door, which is a code or the token of a link."""
    kept = dict(facts)
    if kept.get("code"):
        kept["code"] = BLACKED_OUT
    if token := str(kept.get("token") or ""):
        kept["link"] = str(kept["link"]).replace(token, BLACKED_OUT)
    if kept.get("unsubscribe"):
        kept["unsubscribe"] = BLACKED_OUT
    name = f"messages/{kind}/{channel.code}.{language}.txt"
    with translation.override(language):
        return Words(*_split(_fill(name, kept, language, autoescape=False)))


def _fill(name: str, facts: dict[str, object], language: str, *, autoescape: bool) -> str:
    # Escaping follows the medium, not the file: a phone shows “&amp;” as it is written.
    context = Context({**facts, "language": language}, autoescape=autoescape)
    return Engine.get_default().get_template(name).render(context).strip()


def _split(text: str) -> tuple[str, str]:
    """Subject and body: a first line that begins with ``Subject:`` is the subject."""
    if not text.startswith(SUBJECT):
        return "", text
    first, _, body = text.partition("\n")
    return first.removeprefix(SUBJECT).strip(), body.strip()
