"""Words of messages: ``templates/messages/<kind>/<channel>.<language>.txt``, and ``.html`` where a channel shows it."""

from dataclasses import dataclass
from functools import cache

from django.conf import settings
from django.template import Context, Engine, Template, TemplateDoesNotExist
from django.utils import translation

from .channels.base import Channel
from .own_words import Own, fill, in_letter

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


def render_both(
    kind: str, channel: Channel, language: str, facts: dict[str, object], own: Own | None = None
) -> tuple[Words, Words]:
    """The message as it is sent and as it is kept, in the merchant's own words where there are any."""
    return render(kind, channel, language, facts, own), render_for_keeping(kind, channel, language, facts, own)


def render(kind: str, channel: Channel, language: str, facts: dict[str, object], own: Own | None = None) -> Words:
    """The message in words, codes included: never store or log what this returns."""
    if own:
        return _render_own(own, own.kind or kind, channel, language, facts)
    name = f"messages/{kind}/{channel.code}.{language}"
    with translation.override(language):
        subject, text = _split(_fill(f"{name}.txt", facts, language, autoescape=False))
        shown = facts | {"opening": _opening(text)}
        html = _fill(f"{name}.html", shown, language, autoescape=True) if channel.has_html else ""
    return Words(subject, text, html)


def render_for_keeping(
    kind: str, channel: Channel, language: str, facts: dict[str, object], own: Own | None = None
) -> Words:
    """The message as it is kept: without what opens a door, which is a code or the token of a link."""
    kept = dict(facts)
    if kept.get("code"):
        kept["code"] = BLACKED_OUT
    if token := str(kept.get("token") or ""):
        kept["link"] = str(kept["link"]).replace(token, BLACKED_OUT)
    if kept.get("unsubscribe"):
        kept["unsubscribe"] = BLACKED_OUT
    if own:
        said = _render_own(own, own.kind or kind, channel, language, kept)
        return Words(said.subject, said.text)
    name = f"messages/{kind}/{channel.code}.{language}.txt"
    with translation.override(language):
        return Words(*_split(_fill(name, kept, language, autoescape=False)))


def _render_own(own: Own, kind: str, channel: Channel, language: str, facts: dict[str, object]) -> Words:
    with translation.override(language):
        if not channel.has_html:
            return Words(" ".join(fill(own.subject, facts).split()), fill(own.text, facts))
        letter = facts | in_letter(own, facts)
        subject, text = _split(
            _letter(kind, channel.code, language, "txt").render(_context(letter, language, False)).strip()
        )
        shown = letter | {"opening": _opening(text)}
        html = _letter(kind, channel.code, language, "html").render(_context(shown, language, True)).strip()
    return Words(subject, text, html)


@cache
def _letter(kind: str, channel: str, language: str, form: str) -> Template:
    """The shipped letter with a merchant's own sentence in the place of ours."""
    words = "own_html" if form == "html" else "own_text"
    return Engine.get_default().from_string(
        f'{{% extends "messages/{kind}/{channel}.{language}.{form}" %}}'
        "{% block subject %}{{ own_subject }}{% endblock %}"
        f"{{% block words %}}{{{{ {words} }}}}{{% endblock %}}"
    )


def _fill(name: str, facts: dict[str, object], language: str, *, autoescape: bool) -> str:
    # Escaping follows the medium, not the file: a phone shows “&amp;” as it is written.
    return Engine.get_default().get_template(name).render(_context(facts, language, autoescape)).strip()


def _context(facts: dict[str, object], language: str, autoescape: bool) -> Context:
    return Context({**facts, "language": language}, autoescape=autoescape)


def _opening(letter: str) -> str:
    """What a letter says after its greeting: the line that mail programs show beside the subject."""
    paragraphs = [" ".join(part.split()) for part in letter.split("\n\n") if part.strip()]
    said = paragraphs[1] if len(paragraphs) > 1 else ""
    return said[:1].upper() + said[1:]


def _split(text: str) -> tuple[str, str]:
    """Subject and body: a first line that begins with ``Subject:`` is the subject."""
    if not text.startswith(SUBJECT):
        return "", text
    first, _, body = text.partition("\n")
    return first.removeprefix(SUBJECT).strip(), body.strip()
