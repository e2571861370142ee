"""Reading letters (RFC 5322) that answer ours: who wrote, to which address, what is new, what is attached."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from email import message_from_bytes, policy
from email.message import EmailMessage, MIMEPart
from email.utils import getaddresses, parseaddr
from html.parser import HTMLParser

from .attachments import Upload

LETTER_MAX = 25 * 1024 * 1024  # bytes
# How clients begin what they quote. The line may be broken in two.
_QUOTES = (
    re.compile(r"^\s*On\b.{4,200}\bwrote:\s*$", re.DOTALL),
    re.compile(r"^\s*Am\b.{4,200}\bschrieb\b.{0,200}:\s*$", re.DOTALL),
    re.compile(r"^.{2,200}(写道|寫道)[:：]\s*$", re.DOTALL),
    re.compile(
        r"^\s*-{2,}\s*(Original Message|Ursprüngliche Nachricht|原始邮件|Forwarded message)\s*-{2,}", re.IGNORECASE
    ),
    re.compile(r"^_{20,}\s*$"),
)
_HEADER_BLOCK = re.compile(r"^\s*\*?(From|Von|发件人)\s*[:：]\*?\s*\S+", re.IGNORECASE)
_SECOND_HEADER = re.compile(r"^\s*\*?(Sent|Date|To|Gesendet|Datum|An|发送时间|收件人)\s*[:：]", re.IGNORECASE)
_QUOTE_LEAD = re.compile(r"^\s*(On\b|Am\b|在).{4,}")  # the first of two lines
_SIGNATURE = re.compile(r"^-- ?$")
_MACHINES = re.compile(r"mailer-daemon|postmaster|no-?reply", re.IGNORECASE)


class NotALetter(Exception):
    """The bytes can't be read as a letter."""


@dataclass(frozen=True, slots=True)
class Letter:
    """A letter as it is taken over. ``is_automatic`` when a program wrote it, which nobody needs to answer."""

    message_id: str
    sender: str
    sender_name: str
    recipients: list[str]
    subject: str
    text: str
    attachments: list[Upload]
    is_automatic: bool


def read_letter(raw: bytes) -> Letter:
    """Take a letter apart.

    Raises:
        NotALetter: it has no sender or is too large.
    """
    if len(raw) > LETTER_MAX:
        raise NotALetter("The letter is too large.")
    message = message_from_bytes(raw, policy=policy.default)
    assert isinstance(message, EmailMessage)
    name, sender = parseaddr(_header(message, "From"))
    if "@" not in sender:
        raise NotALetter("The letter has no sender.")
    return Letter(
        message_id=_header(message, "Message-ID").strip(" <>")[:200],
        sender=sender.lower()[:254],
        sender_name=name[:120],
        recipients=list(_recipients(message)),
        subject=" ".join(_header(message, "Subject").split())[:200],
        text=without_quotes(_text(message)),
        attachments=list(_attachments(message)),
        is_automatic=_is_automatic(message, sender),
    )


def _header(message: EmailMessage, name: str) -> str:
    try:
        return str(message.get(name, ""))
    except (ValueError, TypeError, IndexError, AttributeError):  # what the standard library makes of broken headers
        return ""


def _recipients(message: EmailMessage) -> Iterator[str]:
    for name in ("Delivered-To", "X-Original-To", "To", "Cc"):
        for _, address in getaddresses([_header(message, name)]):
            if "@" in address:
                yield address


def _is_automatic(message: EmailMessage, sender: str) -> bool:
    submitted = _header(message, "Auto-Submitted").strip().lower()
    bulk = _header(message, "Precedence").strip().lower() in ("bulk", "junk", "list", "auto_reply")
    replies = any(message.get(name) for name in ("X-Autoreply", "X-Autorespond", "X-Auto-Response-Suppress"))
    is_machine = bool(_MACHINES.search(sender.split("@")[0])) or _header(message, "Return-Path").strip() == "<>"
    return (bool(submitted) and submitted != "no") or bulk or replies or is_machine


def _text(message: EmailMessage) -> str:
    part = message.get_body(preferencelist=("plain", "html"))
    if part is None:
        return ""
    content = _content(part)
    return _plain(content) if part.get_content_subtype() == "html" else content


def _content(part: MIMEPart) -> str:
    try:
        return str(part.get_content()).replace("\r\n", "\n").replace("\x00", "")
    except (LookupError, UnicodeError, ValueError):  # an unknown charset
        payload = part.get_payload(decode=True)
        return payload.decode("utf-8", "replace").replace("\x00", "") if isinstance(payload, bytes) else ""


def _attachments(message: EmailMessage) -> Iterator[Upload]:
    body = message.get_body(preferencelist=("plain", "html"))
    for part in message.walk():
        if part.is_multipart() or part is body or (part.get_content_maintype() == "text" and not part.get_filename()):
            continue
        content = part.get_payload(decode=True)
        if isinstance(content, bytes) and content:
            yield Upload(part.get_filename() or "file", content)


def without_quotes(text: str) -> str:
    """What the sender wrote anew: without what they quote, and without their signature."""
    lines = text.splitlines()
    for index in range(len(lines)):
        if _starts_quote(lines, index) or _SIGNATURE.match(lines[index]):
            lines = lines[:index]
            break
    while lines and (not lines[-1].strip() or lines[-1].lstrip().startswith(">")):
        lines.pop()
    return "\n".join(line.rstrip() for line in lines if not line.startswith(">")).strip()


def _starts_quote(lines: list[str], index: int) -> bool:
    one, two = lines[index], "\n".join(lines[index : index + 2])
    if any(quote.match(one) for quote in _QUOTES) or any(
        quote.match(two) for quote in _QUOTES[:3] if _QUOTE_LEAD.match(one)
    ):
        return True
    return bool(_HEADER_BLOCK.match(one)) and any(_SECOND_HEADER.match(line) for line in lines[index + 1 : index + 3])


class _Text(HTMLParser):
    """What a reader of HTML sees, with line breaks where blocks end, and nothing of what is quoted."""

    _BLOCKS = frozenset({"p", "div", "br", "li", "tr", "h1", "h2", "h3", "table"})
    _HIDDEN = frozenset({"style", "script", "head", "title", "blockquote"})

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.parts: list[str] = []
        self._hidden = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in self._HIDDEN:
            self._hidden += 1
        elif tag in self._BLOCKS:
            self.parts.append("\n")

    def handle_endtag(self, tag: str) -> None:
        if tag in self._HIDDEN:
            self._hidden = max(0, self._hidden - 1)
        elif tag in self._BLOCKS and tag != "br":
            self.parts.append("\n")

    def handle_data(self, data: str) -> None:
        if not self._hidden:
            self.parts.append(re.sub(r"\s+", " ", data))


def _plain(markup: str) -> str:
    reader = _Text()
    reader.feed(markup)
    reader.close()
    lines = [line.strip() for line in "".join(reader.parts).splitlines()]
    return re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip()
