"""Devices that may act for a number because it was proved on them."""

from datetime import timedelta

from django.contrib.sessions.backends.base import SessionBase
from django.utils import timezone
from phonenumber_field.phonenumber import PhoneNumber as Number

PROOF_LASTS = timedelta(days=90)
SESSION_KEY = "proved_numbers"


def remember_proof(session: SessionBase, number: Number) -> None:
    """Let this device act for a number that was just proved; the session gets a new key, so that none was planted."""
    session.cycle_key()
    proofs = session.get(SESSION_KEY, {})
    session[SESSION_KEY] = {**proofs, str(number): timezone.now().timestamp()}


def proved_numbers(session: SessionBase) -> list[str]:
    """The numbers (E.164) that this device proved within `PROOF_LASTS`."""
    since = (timezone.now() - PROOF_LASTS).timestamp()
    return [number for number, proved in session.get(SESSION_KEY, {}).items() if proved >= since]


def session_proves(session: SessionBase, number: Number | str) -> bool:
    return str(number) in proved_numbers(session)


def forget_proofs(session: SessionBase) -> None:
    """Sign this device out."""
    session.flush()
