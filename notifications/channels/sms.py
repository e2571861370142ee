"""SMS through Twilio's Programmable Messaging."""

import logging
import re
from collections.abc import Mapping
from datetime import datetime, timedelta
from urllib.parse import parse_qs, urlsplit

from twilio.base.exceptions import TwilioException
from twilio.http import HttpClient
from twilio.http.response import Response
from twilio.request_validator import RequestValidator
from twilio.rest import Client

from logistics_portal.kernel import http

from ..lengths import sms_parts
from . import base

CALLBACK_PATH = "/webhooks/twilio/status"
TIMEOUT_SECONDS = 12.0
CLOCKS_APART = timedelta(minutes=2)
FOUND_AT_MOST = 20
SERVICE = re.compile(r"MG[0-9a-fA-F]{32}")
TEXT_MOST = 1600  # characters that an SMS of many parts may have
READ = ("MessageSid", "From", "To", "MessagingServiceSid", "Body", "OptOutType")
OPT_OUT_TYPES = ("stop", "start", "help")
# What Twilio understands, answers and obeys by itself, unless the account turned that off.
BY_TWILIO = {
    **dict.fromkeys(("stop", "stopall", "unsubscribe", "cancel", "end", "quit", "revoke", "optout"), "stop"),
    **dict.fromkeys(("start", "unstop", "yes"), "start"),
}

# Twilio advises against hard logic on its codes (they are split and renamed), so only those are listed whose meaning
# has been one for years. Any other code, and any new one, is tried again until the leases end.
DEAD_NUMBERS = {
    14101: "not a phone number",
    21211: "not a phone number",
    21214: "can't be reached",
    21401: "not a phone number",
    21614: "not a mobile number",
    30005: "the handset is not known",
    30006: "a landline, or its carrier can't be reached",
    63003: "no such address",
    63024: "not a valid recipient",
}
OPTED_OUT = {21610: "the holder answered STOP"}
# The words, this pair of numbers or the phone's state are at fault: the same request would be refused again.
NEVER = {
    14103: "the text can't be sent",
    20422: "a part of the request can't be read",
    21408: "the account doesn't send to this country",
    21602: "the text is empty",
    21612: "our number can't send to this one",
    21617: "the text is longer than 1600 characters",
    21619: "the text is empty",
    21658: "a part of the message is too long",
    30003: "the handset is off or out of reach",
    30004: "the message was blocked",
    30007: "the message was filtered as spam",
    30009: "a part of the message was lost",
    30010: "it costs more than the account allows",
    30036: "it was too late when its turn came",
    30450: "it looks like pumping fraud",
    30453: "it looks like fraud",
}
# The account is at fault, not the message: once a person has put it right, the next try goes through.
ACCOUNT = {
    20003: "the account's key is wrong",
    21212: "the sender is not valid",
    21603: "there is no sender: set TWILIO_FROM",
    21606: "the sender can't send messages",
    21608: "a trial account sends to verified numbers only",
    21609: "PORTAL_BASE_URL is not a public address",
    21701: "the messaging service does not exist",
    21703: "the messaging service has no free number",
    21704: "the messaging service has no number",
    21910: "the sender is of another channel",
    30002: "the account is suspended",
    30042: "the sender's name is blocked",
    63007: "the sender does not exist",
    63038: "the account's messages of this day are used up",
}
# Queues, networks and Twilio itself: the next try may go through.
BUSY = {
    20410: "the request came too late",
    20429: "too many requests",
    20500: "an error of Twilio's",
    21611: "the sender's queue is full",
    30001: "the queue is full",
    30008: "the network did not say why",
    30017: "the network is congested",
    30410: "the network did not answer in time",
    60005: "an error of the network's",
    63009: "an error of the network's",
    63010: "an error of Twilio's",
    63012: "an error of the network's",
    63018: "too many messages at once",
}

OUTCOMES = {
    "accepted": base.Outcome.ACCEPTED,
    "scheduled": base.Outcome.ACCEPTED,
    "queued": base.Outcome.ACCEPTED,
    "sending": base.Outcome.ACCEPTED,
    "sent": base.Outcome.ACCEPTED,
    "partially_delivered": base.Outcome.ACCEPTED,  # some of its parts: the verdict is still to come
    "delivered": base.Outcome.DELIVERED,
    "read": base.Outcome.DELIVERED,
    "undelivered": base.Outcome.FAILED,
    "failed": base.Outcome.FAILED,
    "canceled": base.Outcome.FAILED,
}
KEPT = ("MessageSid", "MessageStatus", "ErrorCode", "ChannelStatusMessage", "RawDlrDoneDate")  # no phone numbers


class OneDoorClient(HttpClient):
    """Twilio's client over the portal's own door for HTTP, which limits time and size and logs no bodies."""

    def __init__(self, base_url: str) -> None:
        super().__init__(logging.getLogger(__name__), is_async=False, timeout=TIMEOUT_SECONDS)
        self.base_url = base_url

    def request(self, method, url, params=None, data=None, headers=None, auth=None, timeout=None, **_) -> Response:
        parts = urlsplit(url)
        query = f"?{parts.query}" if parts.query else ""
        answer = http.call(
            method,
            f"{self.base_url}{parts.path}{query}",
            headers=headers,
            params=params or None,  # an empty mapping would cut the address's own query off
            form=data or None,
            auth=auth,
            timeout=timeout or self.timeout,
        )
        return Response(answer.status, answer.body.decode(errors="replace"), answer.headers)


class Channel(base.Channel):
    label = "SMS"
    address_field = "phone"
    setting_names = ("TWILIO_ACCOUNT_SID", "TWILIO_AUTH_TOKEN", "TWILIO_FROM", "TWILIO_BASE_URL", "BASE_URL")
    can_find = True
    is_paid = True

    def has_account(self, config: base.Config) -> bool:
        return bool(config["TWILIO_ACCOUNT_SID"] and config["TWILIO_AUTH_TOKEN"])

    def parts(self, text: str) -> int:
        return sms_parts(text)

    def send(self, outgoing: base.Outgoing, config: base.Config) -> base.Sent:
        given = outgoing.sent_as or config["TWILIO_FROM"]
        sender = {"messaging_service_sid": given} if SERVICE.fullmatch(given) else {"from_": given}
        try:
            taken = self._client(config).messages.create(
                to=outgoing.address,
                body=outgoing.text,
                # Our key comes back with every callback, so that a message whose answer was lost finds its row.
                status_callback=f"{config['BASE_URL']}{CALLBACK_PATH}?message={outgoing.idempotency_key}",
                **sender,
            )
        except TwilioException as error:
            raise refusal(getattr(error, "code", None), getattr(error, "status", None)) from None
        return base.Sent(taken.sid)

    def find(self, outgoing: base.Outgoing, config: base.Config, *, since: datetime) -> list[base.Sent]:
        """Twilio has no idempotency key for messages, yet lists what it took: the same text to the same number."""
        try:
            latest = self._client(config).messages.list(
                to=outgoing.address, limit=FOUND_AT_MOST, page_size=FOUND_AT_MOST
            )
        except TwilioException as error:
            raise base.TryLater(getattr(error, "code", None), "Twilio didn't say what it sent already") from None
        return [
            base.Sent(taken.sid)
            for taken in latest
            if taken.body == outgoing.text and taken.date_created and taken.date_created >= since - CLOCKS_APART
        ]

    def read_callback(self, url: str, form: Mapping[str, str], signature: str, config: base.Config) -> base.Callback:
        if not is_signed(url, form, signature, token=config["TWILIO_AUTH_TOKEN"]):
            raise base.NotSigned("the signature is not Twilio's")
        content = {name: form[name].replace("\0", "")[:200] for name in KEPT if form.get(name)}
        status = content.get("MessageStatus", "")
        return base.Callback(
            provider_id=content.get("MessageSid", ""),
            status=status,
            outcome=OUTCOMES.get(status, base.Outcome.UNKNOWN),
            error_code=content.get("ErrorCode", ""),
            why=meaning(content.get("ErrorCode", "")),
            idempotency_key=parse_qs(urlsplit(url).query).get("message", [""])[0],
            content=content,
            is_dead=_is_in(DEAD_NUMBERS, content.get("ErrorCode", "")),
            is_opt_out=_is_in(OPTED_OUT, content.get("ErrorCode", "")),
        )

    def read_inbound(self, url: str, form: Mapping[str, str], signature: str, config: base.Config) -> base.Inbound:
        if not is_signed(url, form, signature, token=config["TWILIO_AUTH_TOKEN"]):
            raise base.NotSigned("the signature is not Twilio's")
        told = {name: form[name].replace("\0", "") for name in READ if form.get(name)}
        text = told.get("Body", "").strip()[:TEXT_MOST]
        opt_out = told.get("OptOutType", "").lower()  # there where Advanced Opt-Out is on for the service
        return base.Inbound(
            provider_id=told.get("MessageSid", "")[:80],
            address=told.get("From", "")[:20],
            text=text,
            written_to=tuple(told[name][:34] for name in ("To", "MessagingServiceSid") if name in told),
            opt_out=opt_out if opt_out in OPT_OUT_TYPES else BY_TWILIO.get(text.lower(), ""),
        )

    def _client(self, config: base.Config) -> Client:
        if not self.has_account(config):  # the library would look into the environment by itself
            raise base.TryLater("none", "SMS: set TWILIO_ACCOUNT_SID and TWILIO_AUTH_TOKEN")
        return Client(
            config["TWILIO_ACCOUNT_SID"],
            config["TWILIO_AUTH_TOKEN"],
            http_client=OneDoorClient(config["TWILIO_BASE_URL"]),
        )


def is_signed(url: str, form: Mapping[str, str] | str, signature: str, *, token: str) -> bool:
    """Whether a request to ``url`` was signed by the holder of ``token``; nobody is believed where there is none."""
    return bool(token) and RequestValidator(token).validate(url, form, signature)


def meaning(code: str) -> str:
    """What an error code that came by callback says of the message, "" when the tables don't know."""
    tables = (DEAD_NUMBERS, OPTED_OUT, NEVER, ACCOUNT, BUSY)
    known = {str(number): why for table in tables for number, why in table.items()}
    return f"SMS: {known[code]} ({code})" if code in known else ""


def refusal(code: int | None, status: int | None) -> base.Undeliverable | base.TryLater:
    """What to do about an error that Twilio answered."""
    if code in OPTED_OUT:
        return base.OptedOut(code, f"SMS: {OPTED_OUT[code]}")
    if code in DEAD_NUMBERS:
        return base.DeadAddress(code, f"SMS: {DEAD_NUMBERS[code]}")
    if code in NEVER:
        return base.Undeliverable(code, f"SMS: {NEVER[code]}")
    known = ACCOUNT | BUSY
    return base.TryLater(code or status, f"SMS: {known.get(code or 0, 'Twilio did not take the message')}")


def _is_in(table: Mapping[int, str], code: str) -> bool:
    return code.isascii() and code.isdecimal() and int(code) in table
