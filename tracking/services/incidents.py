"""What staff do about incidents."""

from django.contrib.auth.models import User
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from logistics_portal.kernel.errors import DomainError
from logistics_portal.kernel.events import publish_all

from ..events import INCIDENT_CLOSED
from ..models import CarrierContact, Incident
from .watching import incident_event


class IncidentTaken(DomainError):
    """Somebody else looks after it."""

    code = "incident_taken"


class UnableToCloseIncident(DomainError):
    """It is closed already."""

    code = "incident_closed"


def take_incident(*, incident: Incident, by: User, takes_over: bool = False) -> Incident:
    """Look after an open incident from now on.

    Args:
        takes_over: take it from whoever ``incident`` says has it; without it only what nobody has can be taken.

    Raises:
        UnableToCloseIncident: it is closed.
        IncidentTaken: somebody else has it, or was faster.
    """
    with transaction.atomic():
        row = _locked_open(incident)
        holder = incident.owner_id if takes_over else None
        if row.owner_id not in (holder, by.pk):
            raise IncidentTaken(_("%s looks after it already.") % row.owner)
        row.owner = by
        row.save(update_fields=["owner"])
    incident.owner = by
    return row


def add_carrier_contact(
    *, incident: Incident, by: User, channel: str, note: str, reference: str = ""
) -> CarrierContact:
    """Note a call or letter to the carrier; a closed incident may still get one."""
    return CarrierContact.objects.create(
        incident=incident, by=by, channel=channel, reference=reference.strip(), note=note.strip()
    )


def close_incident(*, incident: Incident, by: User, note: str) -> Incident:
    """Close an incident for good: what it was about opens none again.

    Raises:
        UnableToCloseIncident: it is closed already.
    """
    with transaction.atomic():
        row = _locked_open(incident)
        row.closed_at, row.ending, row.closing_note = timezone.now(), Incident.Ending.STAFF, note.strip()
        row.owner = row.owner or by
        row.save(update_fields=["closed_at", "ending", "closing_note", "owner"])
        publish_all([incident_event(INCIDENT_CLOSED, row)])
    return row


def _locked_open(incident: Incident) -> Incident:
    rows = Incident.objects.select_for_update(of=("self",), no_key=True).select_related("shipment", "owner")
    row = rows.get(pk=incident.pk)
    if row.closed_at:
        raise UnableToCloseIncident(_("This incident is closed already."))
    return row
