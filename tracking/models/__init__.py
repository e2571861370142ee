"""The rows of tracking, by noun."""

from .handover import Handover, ProofOfDelivery
from .incidents import CarrierContact, Incident, LaneGap, Watch
from .payloads import CarrierAccount, CarrierPayload
from .polls import Asking, Poll
from .shipments import Parcel, Shipment
from .statuses import FINAL, TrackingStatus
from .timeline import Retraction, TrackingEvent, Trail

__all__ = [
    "FINAL",
    "Asking",
    "CarrierAccount",
    "CarrierContact",
    "CarrierPayload",
    "Handover",
    "Incident",
    "LaneGap",
    "Parcel",
    "Poll",
    "ProofOfDelivery",
    "Retraction",
    "Shipment",
    "TrackingEvent",
    "TrackingStatus",
    "Trail",
    "Watch",
]
