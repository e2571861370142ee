"""Email through the mailer that the settings name."""

import re
import smtplib
from email.utils import formataddr, parseaddr

from django.core.mail import EmailMultiAlternatives, mailers

from . import base

GONE_FOR_GOOD = range(500, 600)  # SMTP's permanent refusals
LINE_BREAKS = re.compile(r"[\r\n]+")


class Channel(base.Channel):
    address_field = "email"
    setting_names = ("SMTP_URL", "DEFAULT_FROM_EMAIL")
    has_html = True

    def has_account(self, config: base.Config) -> bool:
        return bool(config["SMTP_URL"])

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
        return base.Sent(mail.extra_headers["Message-ID"])

    def _mail(self, outgoing: base.Outgoing, config: base.Config) -> EmailMultiAlternatives:
        _, address = parseaddr(config["DEFAULT_FROM_EMAIL"])
        mail = EmailMultiAlternatives(
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
            },
        )
        if outgoing.html:
            mail.attach_alternative(outgoing.html, "text/html")
        return mail


def refusal(code: int, final: type[base.Undeliverable]) -> base.Undeliverable | base.TryLater:
    """What to do about a mail server's answer."""
    if code in GONE_FOR_GOOD:
        return final(code, "Email: the mail server refused for good")
    return base.TryLater(code, "Email: the mail server wants another try")


def _one_line(words: str) -> str:
    return LINE_BREAKS.sub(" ", words).strip()
