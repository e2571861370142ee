"""Devices that may act for a number because it was proved on them."""

from collections.abc import Collection
from datetime import timedelta
from uuid import UUID

from django.contrib.sessions.backends.base import SessionBase
from django.db.models import QuerySet
from django.utils import timezone
from phonenumber_field.phonenumber import PhoneNumber as Number

from customers.agents import device_label
from customers.models import Device

PROOF_LASTS = timedelta(days=90)
SESSION_KEY = "proved_numbers"
SEEN_APART = timedelta(hours=1)


def remember_proof(session: SessionBase, number: Number, *, agent: str = "") -> Device:
    """Let this device act for a number that was just proved; the session gets a new key, so that none was planted.

    ``agent`` is what the browser tells of itself.
    """
    session.cycle_key()
    proofs = session.get(SESSION_KEY, {})
    _end(Device.objects.filter(pk__in=[held for known, held in proofs.items() if known == str(number)]))
    device = Device.objects.create(number=number, label=device_label(agent))
    session[SESSION_KEY] = {**proofs, str(number): str(device.pk)}
    return device


def proved_numbers(session: SessionBase) -> list[str]:
    """The numbers (E.164) that this device proved within `PROOF_LASTS` and was not signed out of since."""
    return [str(device.number) for device in _own_devices(session, session.get(SESSION_KEY, {}).values())]


def session_proves(session: SessionBase, number: Number | str) -> bool:
    """Whether this device proved ``number``; where it never did, nothing is asked of the database."""
    held = session.get(SESSION_KEY, {}).get(str(number))
    return any(str(device.number) == str(number) for device in _own_devices(session, [held] if held else []))


def _own_devices(session: SessionBase, ids: Collection[str]) -> list[Device]:
    """The rows that the session names, as far as they still hold; the session notes them, about once an hour."""
    if not ids:
        return []
    now = timezone.now()
    devices = list(_signed_in().filter(pk__in=list(ids)))
    unseen = [device.pk for device in devices if device.last_seen_at < now - SEEN_APART]
    if unseen:
        Device.objects.filter(pk__in=unseen).update(last_seen_at=now)
    return devices


def _signed_in() -> QuerySet[Device]:
    return Device.objects.filter(ended_at__isnull=True, proved_at__gte=timezone.now() - PROOF_LASTS)


def signed_in_devices(session: SessionBase, numbers: Collection[str]) -> list[tuple[Device, bool]]:
    """Every device that may act for one of ``numbers``, newest proof first, and whether it is this one."""
    own = set(session.get(SESSION_KEY, {}).values())
    rows = _signed_in().filter(number__in=list(numbers)).order_by("-proved_at")
    return [(device, str(device.pk) in own) for device in rows]


def end_device(session: SessionBase, device_id: UUID) -> None:
    """Sign out one device of a number that this device proved; another's device is left alone."""
    _end(Device.objects.filter(pk=device_id, number__in=proved_numbers(session)))


def end_other_devices(session: SessionBase) -> None:
    """Sign out every other device of the numbers that this device proved."""
    mine = session.get(SESSION_KEY, {}).values()
    _end(Device.objects.filter(number__in=proved_numbers(session)).exclude(pk__in=list(mine)))


def end_devices_of(number: Number) -> None:
    """Sign a number out everywhere."""
    _end(Device.objects.filter(number=number))


def _end(devices: QuerySet[Device]) -> None:
    devices.filter(ended_at__isnull=True).update(ended_at=timezone.now())


def forget_proofs(session: SessionBase) -> None:
    """Sign this device out."""
    _end(Device.objects.filter(pk__in=list(session.get(SESSION_KEY, {}).values())))
    session.flush()
