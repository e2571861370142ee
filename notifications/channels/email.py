"""Email through the mailer that the settings name: a mail server, or a provider's own interface."""

import re
import smtplib
from email.utils import formataddr, parseaddr

from anymail.exceptions import AnymailAPIError, AnymailError, AnymailRecipientsRefused
from anymail.message import AnymailMessage
from django.core.mail import mailers
from django.utils.translation import gettext_noop

from . import _providers, base

GONE_FOR_GOOD = range(500, 600)  # SMTP's permanent refusals
HOPELESS = (400, 413, 422)  # a provider's answers to a mail that it will never take
LINE_BREAKS = re.compile(r"[\r\n]+")


class Channel(base.Channel):
    label = gettext_noop("Email")
    address_field = "email"
    setting_names = ("SMTP_URL", "DEFAULT_FROM_EMAIL", "MAIL_PROVIDER", "MAIL_KEY", "MAIL_WEBHOOK_SECRET")
    has_html = True
    can_be_unsubscribed = True
    rings = False

    def has_account(self, config: base.Config) -> bool:
        return bool(config["SMTP_URL"] or config["MAIL_KEY"])

    def send(self, outgoing: base.Outgoing, config: base.Config) -> base.Sent:
        mail = self._mail(outgoing, config)
        try:
            mailers.default.send_messages([mail])
        except smtplib.SMTPRecipientsRefused as error:
            raise refusal(min(code for code, _ in error.recipients.values()), base.DeadAddress) from None
        except smtplib.SMTPDataError as error:
            raise refusal(error.smtp_code, base.Undeliverable) from None
        except smtplib.SMTPResponseException as error:  # sender or login refused: the account's fault, not the mail's
            raise base.TryLater(error.smtp_code, "Email: the mail server refused our account") from None
        except AnymailRecipientsRefused:
            raise base.DeadAddress("refused", "Email: the provider sends nothing to this address") from None
        except AnymailAPIError as error:
            raise provider_refusal(error.status_code) from None
        except AnymailError as error:
            raise base.Undeliverable(type(error).__name__, "Email: the provider can't send such a mail") from None
        handed = mail.anymail_status
        if handed.esp_response is None:  # a mail server
            return base.Sent(mail.extra_headers["Message-ID"])
        if not handed.message_id:  # every provider names what it takes
            raise base.Undeliverable("untold", "Email: the provider did not say that it took the mail")
        return base.Sent(handed.message_id)

    def read_events(self, provider: str, call: base.Call, config: base.Config) -> list[base.Callback]:
        if provider != config["MAIL_PROVIDER"]:
            raise base.NotSigned("mails go through another provider")
        return _providers.read_events(provider, call, config["MAIL_WEBHOOK_SECRET"])

    def _mail(self, outgoing: base.Outgoing, config: base.Config) -> AnymailMessage:
        _, address = parseaddr(config["DEFAULT_FROM_EMAIL"])
        mail = AnymailMessage(
            subject=_one_line(outgoing.subject),
            body=outgoing.text,
            from_email=formataddr((_one_line(outgoing.sender), address)),
            to=[outgoing.address],
            reply_to=[outgoing.reply_to] if outgoing.reply_to else None,
            headers={
                # The same at every try: a mail that went out twice is known as one by those who receive it.
                "Message-ID": f"<{outgoing.idempotency_key}@{address.rpartition('@')[2]}>",
                "Auto-Submitted": "auto-generated",
                "X-Auto-Response-Suppress": "All",
                **_unsubscribe_headers(outgoing.unsubscribe),
                **(_providers.metadata_header(outgoing.idempotency_key) if config["MAIL_PROVIDER"] else {}),
            },
        )
        if outgoing.html:
            mail.attach_alternative(outgoing.html, "text/html")
        mail.metadata = {"message": outgoing.idempotency_key}  # comes back with the provider's events
        mail.track_opens = mail.track_clicks = False  # nobody is watched, and links stay what they are
        return mail


def _unsubscribe_headers(link: str) -> dict[str, str]:
    """One click in the mail program ends these mails (RFC 8058)."""
    if not link:
        return {}
    return {"List-Unsubscribe": f"<{link}>", "List-Unsubscribe-Post": "List-Unsubscribe=One-Click"}


def refusal(code: int, final: type[base.Undeliverable]) -> base.Undeliverable | base.TryLater:
    """What to do about a mail server's answer."""
    if code in GONE_FOR_GOOD:
        return final(code, "Email: the mail server refused for good")
    return base.TryLater(code, "Email: the mail server wants another try")


def provider_refusal(status: int | None) -> base.Undeliverable | base.TryLater:
    """What to do about a provider's answer, None for no answer; what blames the account waits for a person."""
    if status in HOPELESS:
        return base.Undeliverable(status, "Email: the provider refused the mail")
    why = "our account" if status in (401, 403, 404) else "the mail for now"
    return base.TryLater(status or "none", f"Email: the provider refused {why}" if status else "Email: no answer")


def _one_line(words: str) -> str:
    return LINE_BREAKS.sub(" ", words).strip()
