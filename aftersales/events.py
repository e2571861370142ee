"""What aftersales publishes; the subject is the return, refund or dispute."""

from logistics_portal.kernel.events import event_type

RETURN_REQUESTED = event_type("aftersales.return_requested", "A customer asked to send goods back.", "order_id")
RETURN_APPROVED = event_type("aftersales.return_approved", "A rule or a person approved a return.", "order_id")
RETURN_REJECTED = event_type("aftersales.return_rejected", "A return was declined, with the reason told.", "order_id")
RETURN_CANCELED = event_type("aftersales.return_canceled", "A return was called off before it arrived.", "order_id")
RETURN_RECEIVED = event_type("aftersales.return_received", "The returned goods arrived.", "order_id")
REFUND_STARTED = event_type("aftersales.refund_started", "Money is owed to the customer.", "order_id")
REFUND_PAID = event_type("aftersales.refund_paid", "The merchant paid the refund.", "order_id")
DISPUTE_OPENED = event_type("aftersales.dispute_opened", "A customer says a parcel did not arrive.", "order_id")
DISPUTE_DECIDED = event_type("aftersales.dispute_decided", "A dispute was decided.", "order_id", "verdict")
