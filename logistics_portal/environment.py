"""Reads the environment strictly: a wrong value stops the start with a message, and never means a default."""

import base64
import hashlib
import os
import re
import secrets
from datetime import time
from ipaddress import ip_network
from pathlib import Path
from urllib.parse import parse_qsl, unquote, urlsplit

from .proxies import Proxies

P256_ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551


class WrongSetting(Exception):
    """An environment variable holds a value that can't be used; the message names it and what is allowed."""


def text(name: str, default: str = "") -> str:
    return os.environ.get(name, default).strip()


def choice(name: str, allowed: tuple[str, ...], default: str) -> str:
    value = text(name, default)
    if value not in allowed:
        raise WrongSetting(f"{name}={value!r}: use one of {', '.join(allowed)}.")
    return value


def flag(name: str, default: bool) -> bool:
    value = text(name, "1" if default else "0")
    if value not in ("0", "1"):
        raise WrongSetting(f"{name}={value!r}: use 1 or 0.")
    return value == "1"


def number(name: str, default: int, *, least: int = 0) -> int:
    value = text(name, str(default))
    if not value.isdecimal():
        raise WrongSetting(f"{name}={value!r}: use a whole number.")
    if int(value) < least:
        raise WrongSetting(f"{name}={value!r}: use {least} or more.")
    return int(value)


def words(name: str, default: str = "") -> list[str]:
    return [word.strip() for word in text(name, default).split(",") if word.strip()]


def proxies(name: str) -> Proxies:
    """Our own proxies: their addresses or networks, or how many stand before the portal."""
    if text(name, "0").isdecimal():
        return Proxies(count=number(name, 0))
    try:
        return Proxies(networks=tuple(ip_network(word) for word in words(name)))
    except ValueError as error:
        raise WrongSetting(
            f"{name}={text(name)!r}: use addresses or networks like 10.0.0.5,10.1.0.0/16, or a whole number ({error})."
        ) from error


def hours(name: str, default: str) -> tuple[time, time]:
    """A span of the day like ``21:00-08:00``; "" is an empty one."""
    value = text(name, default)
    try:
        begins, ends = (time.fromisoformat(part) for part in (value or "00:00-00:00").split("-"))
    except ValueError:
        raise WrongSetting(f"{name}={value!r}: use hours like 21:00-08:00, or nothing.") from None
    return begins, ends


def secret_key(environment: str) -> str:
    """The signing key: from PORTAL_SECRET_KEY; outside production a random one that lives as long as the process."""
    key = text("PORTAL_SECRET_KEY")
    if environment == "production" and len(key) < 50:
        raise WrongSetting(
            "PORTAL_SECRET_KEY must hold at least 50 random characters in production, for example from: "
            "python -c 'import secrets; print(secrets.token_urlsafe(50))'"
        )
    return key or secrets.token_urlsafe(50)


def push_key(name: str) -> str:
    """A private key for web push: a number between 1 and the order of P-256, 32 bytes in base64url; "" for none."""
    key = text(name)
    if key and not (re.fullmatch(r"[A-Za-z0-9_-]{43}", key) and 0 < _number_of(key) < P256_ORDER):
        raise WrongSetting(
            f"{name}: use 32 bytes in base64url without padding, as `manage.py make_push_key` prints them."
        )
    return key


def derived_push_key(secret: str) -> str:
    """A private key for web push that is the same as long as ``secret`` is."""
    digest = hashlib.sha512(b"web push\0" + secret.encode()).digest()
    return encoded_push_key(int.from_bytes(digest) % (P256_ORDER - 1) + 1)


def encoded_push_key(number: int) -> str:
    return base64.urlsafe_b64encode(number.to_bytes(32)).rstrip(b"=").decode()


def _number_of(key: str) -> int:
    return int.from_bytes(base64.urlsafe_b64decode(key + "="))


def database(url: str) -> dict:
    """Django's DATABASES entry for ``postgresql://user:password@host:port/name?sslmode=…``."""
    parts = urlsplit(url)
    if parts.scheme not in ("postgresql", "postgres") or not parts.path.strip("/"):
        raise WrongSetting("DATABASE_URL must look like postgresql://user:password@host:5432/name.")
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": unquote(parts.path.strip("/")),
        "USER": unquote(parts.username or ""),
        "PASSWORD": unquote(parts.password or ""),
        "HOST": parts.hostname or "",
        "PORT": str(parts.port or ""),
        "OPTIONS": dict(parse_qsl(parts.query)),
        # A reconnect costs ten times a query, and a restarted server must not show as an error page.
        "CONN_MAX_AGE": 60,
        "CONN_HEALTH_CHECKS": True,
    }


def mailer(url: str, data_dir: Path) -> dict:
    """Django's MAILERS entry for ``smtp://user:password@host:587?tls=1``; no URL: files in the data folder."""
    if not url:
        return {
            "BACKEND": "django.core.mail.backends.filebased.EmailBackend",
            "OPTIONS": {"file_path": str(data_dir / "mail")},
        }
    parts = urlsplit(url)
    if parts.scheme not in ("smtp", "smtps") or not parts.hostname:
        raise WrongSetting("PORTAL_SMTP_URL must look like smtp://user:password@host:587?tls=1 or smtps://…:465.")
    options = dict(parse_qsl(parts.query))
    return {
        "BACKEND": "django.core.mail.backends.smtp.EmailBackend",
        "OPTIONS": {
            "host": parts.hostname,
            "port": parts.port or (465 if parts.scheme == "smtps" else 587),
            "username": unquote(parts.username or ""),
            "password": unquote(parts.password or ""),
            "use_tls": options.get("tls") == "1",
            "use_ssl": parts.scheme == "smtps",
            "timeout": 15,
        },
    }


def provider_mailer(provider: str, key: str, api_url: str) -> dict:
    """Django's MAILERS entry for a mail provider's own interface; ``api_url`` "" for the provider's usual address."""
    backends = {"postmark": ("Postmark", "server_token"), "sendgrid": ("SendGrid", "api_key")}
    backends["mailgun"] = ("Mailgun", "api_key")
    if provider not in backends:
        raise WrongSetting(
            "PORTAL_MAIL_KEY belongs to PORTAL_MAIL_PROVIDER=postmark, sendgrid or mailgun; with another, or with "
            "amazon_ses, mails go out by PORTAL_SMTP_URL."
        )
    name, key_name = backends[provider]
    options = {key_name: key, **({"api_url": api_url} if api_url else {})}
    return {"BACKEND": f"notifications.channels._providers.{name}", "OPTIONS": options}
