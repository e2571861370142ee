"""The rows of tracking, by noun."""

from .handover import Handover, ProofOfDelivery
from .incidents import CarrierContact, Incident, LaneGap, Watch
from .payloads import CarrierAccount, CarrierPayload
from .polls import Asking, Poll
from .shipments import Parcel, ParcelLine, Shipment
from .statuses import FINAL, WENT_ASTRAY, TrackingStatus
from .timeline import Retraction, TrackingEvent, Trail

__all__ = [
    "FINAL",
    "WENT_ASTRAY",
    "Asking",
    "CarrierAccount",
    "CarrierContact",
    "CarrierPayload",
    "Handover",
    "Incident",
    "LaneGap",
    "Parcel",
    "ParcelLine",
    "Poll",
    "ProofOfDelivery",
    "Retraction",
    "Shipment",
    "TrackingEvent",
    "TrackingStatus",
    "Trail",
    "Watch",
]
