"""A merchant's own words of a message: variables with fallbacks and conditions, and nothing that could do harm.

They are written in a small part of the template language: ``{{ carrier }}``, ``{{ name|default:"there" }}`` and
``{% if code %}…{% endif %}``. In a mail they take the place of the shipped sentence; greeting, button and footer stay.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from django.template import Context, Engine, Template, TemplateDoesNotExist, TemplateSyntaxError, engines
from django.template.base import FilterExpression, Node, VariableNode
from django.template.defaulttags import IfNode, TemplateLiteral
from django.utils.html import linebreaks
from django.utils.safestring import mark_safe
from django.utils.translation import gettext as _

from .variables import VARIABLES

CHANNELS = ("sms", "email", "push")  # WeChat's words are fixed by the templates that it approved
TEXT_MAX, SUBJECT_MAX = 2000, 1000  # as they are written; what is sent of a subject is shorter
FIXED = ("reply", "words_test")  # put together from what was asked; in the words of another kind
ALWAYS = ("merchant", "order", "name", "link", "support", "is_delegate")
# Without these a message misses its purpose; a mail has its link in a button.
NEEDED = {"verification_code": ("code",), "out_for_delivery": ("code",), "receiver_added": ("link",)}
IN_LAYOUT = {"email": ("link",)}
_USED = re.compile(r"{{\s*([a-z_]+)|{%\s*(?:if|elif)\s(.*?)%}", re.DOTALL)
_NAME = re.compile(r"\b(?!(?:and|or|not|in|is)\b)[a-z_]+\b")
_QUOTED = re.compile(r"\"[^\"]*\"|'[^']*'")


class _SmallEngine(Engine):
    default_builtins = ["notifications.own_tags"]


_engine = _SmallEngine(dirs=[], app_dirs=False, loaders=[])


@dataclass(frozen=True, slots=True)
class Own:
    """Words as a merchant wrote them."""

    text: str
    subject: str = ""
    kind: str = ""  # whose words they are, where another kind of message carries them: a test


def known_variables(kind: str) -> tuple[str, ...]:
    """What the words of this kind may name: what its shipped words use, and what every message knows."""
    return tuple(name for name in VARIABLES if name in _shipped_variables(kind) or name in ALWAYS)


@cache
def _shipped_variables(kind: str) -> frozenset[str]:
    from_texts: set[str] = set()
    for channel in CHANNELS:
        from_texts |= _variables_in(shipped_source(kind, channel, "en"))
    return frozenset(from_texts)


def _variables_in(text: str) -> set[str]:
    names: set[str] = set()
    for variable, condition in _USED.findall(text):
        names |= {variable} if variable else set(_NAME.findall(_QUOTED.sub("", condition)))
    return names - {""}


@cache
def shipped_source(kind: str, channel: str, language: str) -> str:
    """The shipped template of a message as it is written; "" where it is not told over this channel."""
    try:
        found = engines["django"].engine.get_template(f"messages/{kind}/{channel}.{language}.txt")  # type: ignore[attr-defined]
    except TemplateDoesNotExist:
        return ""
    return found.source


def shipped_words(kind: str, channel: str, language: str) -> Own:
    """The shipped words in the form in which a merchant may change them."""
    source = shipped_source(kind, channel, language) if channel in CHANNELS else ""
    if channel == "email":
        return Own(_block(source, "words"), _block(source, "subject"))
    if source.startswith("Subject:"):
        first, _rest, text = source.partition("\n")
        return Own(text.strip(), first.removeprefix("Subject:").strip())
    return Own(source.strip())


def _block(source: str, name: str) -> str:
    found = re.search(rf"{{% block {name} %}}(.*?){{% endblock %}}", source, re.DOTALL)
    return found.group(1).strip() if found else ""


def problems(kind: str, channel: str, own: Own) -> dict[str, list[str]]:
    """What is wrong with the words, by field; empty when they can be used."""
    found: dict[str, list[str]] = {}
    wants_subject = channel in ("email", "push")
    for field, text, most in (("text", own.text, TEXT_MAX), ("subject", own.subject, SUBJECT_MAX)):
        said = _problems_in(text, kind)
        if len(text) > most:
            said.append(_("At most %d characters.") % most)
        if not text.strip() and (field == "text" or wants_subject):
            said.append(_("Write something here."))
        if field == "subject" and "\n" in text.strip():
            said.append(_("A subject is one line."))
        if said:
            found[field] = said
    named = {*_variables_in(own.text), *IN_LAYOUT.get(channel, ())}
    missing = [name for name in NEEDED.get(kind, ()) if name not in named]
    if missing and "text" not in found:
        found["text"] = [_("This message needs %s.") % ", ".join(f"{{{{ {name} }}}}" for name in missing)]
    return found


def _problems_in(text: str, kind: str) -> list[str]:
    try:
        template = _compile(text)
    except TemplateSyntaxError as error:
        return [_("This can't be read: %s") % error]
    known = known_variables(kind)
    if unknown := sorted(_named_in(template) - set(known)):
        names = ", ".join(f"{{{{ {name} }}}}" for name in unknown)
        return [_("There is no %(names)s here; there is %(known)s.") % {"names": names, "known": ", ".join(known)}]
    return []


@cache
def _compile(text: str) -> Template:
    return Template(text, engine=_engine)


def _named_in(template: Template) -> set[str]:
    """The names that a template looks up; one with a dot comes whole, and is never known."""
    names: set[str] = set()
    for node in template.nodelist.get_nodes_by_type(Node):
        if isinstance(node, VariableNode):
            names |= _names_of(node.filter_expression)
        elif isinstance(node, IfNode):
            names |= {name for condition, _nodes in node.conditions_nodelists for name in _names_in(condition)}
    return names


def _names_in(condition: Any) -> set[str]:
    """The names that a condition looks up; ``else`` has none."""
    if condition is None:
        return set()
    if isinstance(condition, TemplateLiteral):
        return _names_of(condition.value)  # type: ignore[arg-type]
    return _names_in(condition.first) | _names_in(condition.second)


def _names_of(expression: FilterExpression) -> set[str]:
    names = {expression.var.var} if getattr(expression.var, "lookups", None) else set()
    for _filter, arguments in expression.filters:
        names |= {given.var for is_variable, given in arguments if is_variable and given.lookups}
    return names


def fill(text: str, facts: Mapping[str, Any]) -> str:
    """The words with what they name; nothing is escaped, since most media show what is written."""
    return _compile(text).render(Context(dict(facts), autoescape=False)).strip()


def in_letter(own: Own, facts: Mapping[str, Any]) -> dict[str, str]:
    """What a mail's templates take the place of their own sentence with."""
    text = fill(own.text, facts)
    html = mark_safe(linebreaks(text, autoescape=True))  # noqa: S308 - linebreaks() escaped it
    return {"own_subject": " ".join(fill(own.subject, facts).split()), "own_text": text, "own_html": html}
