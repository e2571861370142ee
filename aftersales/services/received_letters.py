"""Letters that answer ours, by the door for mail servers or by a pipe, become notes of their conversation."""

import hashlib
import hmac
import time

from django.conf import settings
from django.utils.translation import gettext as _

from logistics_portal.kernel.errors import DomainError, NotFound

from ..letters import Letter, NotALetter, read_letter
from ..models import Conversation, Note
from ..reply_addresses import address_for, token_in
from .conversations import conversation_of_token, receive_message

SIGNED_FOR = 300  # seconds


class NotSigned(DomainError):
    """The letter's bearer could not prove who it is."""

    status = 401
    code = "not_signed"


class UnableToRead(DomainError):
    """The letter can't be read, or answers none of ours."""

    status = 422
    code = "unable_to_read"


def reply_address(conversation: Conversation) -> str:
    """Where letters about a conversation are sent to; "" where the portal reads none."""
    base = settings.REPLY_ADDRESS
    return address_for(conversation.token, base) if base else ""


def sign_letter(raw: bytes, *, secret: str, at: int) -> str:
    """The header ``Portal-Signature`` of a letter that is brought at a moment, in seconds since 1970."""
    mark = hmac.new(secret.encode(), f"{at}.".encode() + raw, hashlib.sha256).hexdigest()
    return f"t={at},v1={mark}"


def receive_signed_letter(*, raw: bytes, signature: str) -> Note | None:
    """Take a letter that a mail server brings.

    Raises:
        NotSigned: there is no secret, or the mark is not of this letter and the last five minutes.
        UnableToRead: see `receive_letter`.
    """
    secret = settings.LETTER_SECRET
    at = signature.partition(",")[0].removeprefix("t=")
    is_now = at.isascii() and at.isdecimal() and len(at) < 12 and abs(time.time() - int(at)) <= SIGNED_FOR
    if not secret or not is_now or not _is(sign_letter(raw, secret=secret, at=int(at)), signature):
        raise NotSigned("The letter is not signed as it should be.")
    return receive_letter(raw=raw)


def _is(wanted: str, given: str) -> bool:
    return hmac.compare_digest(wanted.encode(), given.encode("utf-8", "replace"))


def receive_letter(*, raw: bytes) -> Note | None:
    """Take a letter into the conversation that it is addressed to; None for what a program wrote by itself.

    Raises:
        UnableToRead: it is no letter, answers none of ours, or has nothing new in it.
    """
    try:
        letter = read_letter(raw)
    except NotALetter as error:
        raise UnableToRead(str(error)) from error
    if letter.is_automatic:
        return None
    conversation = _addressed(letter)
    return receive_message(
        order=conversation.order,
        customer=conversation.customer,
        channel=Note.Channel.EMAIL,
        address=letter.sender,
        text=letter.text,
        provider_id=letter.message_id or hashlib.sha256(raw).hexdigest(),
        attachments=letter.attachments,
    )


def _addressed(letter: Letter) -> Conversation:
    base = settings.REPLY_ADDRESS
    for recipient in letter.recipients:
        if token := token_in(recipient, base):
            try:
                return conversation_of_token(token)
            except NotFound:
                continue
    raise UnableToRead(_("No conversation has this address."))
