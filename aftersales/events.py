"""What aftersales publishes; the subject is the return, refund or dispute."""

from logistics_portal.kernel.events import event_type

RETURN_REQUESTED = event_type("aftersales.return_requested", "A customer asked to send goods back.", "order_id")
RETURN_APPROVED = event_type("aftersales.return_approved", "A rule or a person approved a return.", "order_id")
RETURN_REJECTED = event_type("aftersales.return_rejected", "A return was declined, with the reason told.", "order_id")
RETURN_CANCELED = event_type("aftersales.return_canceled", "A return was called off before it arrived.", "order_id")
RETURN_RECEIVED = event_type("aftersales.return_received", "The returned goods arrived.", "order_id")
RETURN_REMINDED = event_type(
    "aftersales.return_reminded", "An approved return was not sent yet, and its time ends soon.", "order_id"
)
RETURN_EXPIRED = event_type("aftersales.return_expired", "An approved return was not sent in its time.", "order_id")
RETURN_REOPENED = event_type("aftersales.return_reopened", "Staff opened a return again that had ended.", "order_id")
RETURN_INSPECTED = event_type("aftersales.return_inspected", "Somebody looked at returned goods.", "order_id")
GOODS_DECLINED = event_type(
    "aftersales.goods_declined", "Goods that came back were not accepted; the subject is the return.", "order_id"
)
RETURN_KEPT = event_type(
    "aftersales.return_kept", "The customer keeps the goods and is paid back all the same.", "order_id"
)
RETURN_CAME_UNASKED = event_type(
    "aftersales.return_came_unasked",
    "A parcel came back that nobody had announced, or was not accepted at the door; staff decide.",
    *("order_id", "origin"),
)
WITHDRAWN = event_type(
    "aftersales.withdrawn", "A consumer withdrew from the contract; the subject is the return.", "order_id", "law"
)
EXCHANGE_RESERVED = event_type(
    "aftersales.exchange_reserved",
    "What a customer wants for a return was put aside; the subject is the exchange.",
    *("order_id", "return_id"),
)
EXCHANGE_RELEASED = event_type(
    "aftersales.exchange_released",
    "The replacement became an order of its own; the subject is the exchange.",
    *("order_id", "return_id", "replacement_id"),
)
EXCHANGE_CANCELED = event_type(
    "aftersales.exchange_canceled",
    "What was put aside is free again; the subject is the exchange.",
    *("order_id", "return_id"),
)
REFUND_STARTED = event_type("aftersales.refund_started", "Money is owed to the customer.", "order_id")
REFUND_REQUESTED = event_type(
    "aftersales.refund_requested", "The merchant's own system is to pay a refund, and to tell what came.", "order_id"
)
REFUND_PAID = event_type("aftersales.refund_paid", "The merchant paid the refund.", "order_id")
REFUND_FAILED = event_type(
    "aftersales.refund_failed", "A refund did not go through; the money is still owed.", "order_id"
)
DISPUTE_OPENED = event_type(
    "aftersales.dispute_opened", "A customer says that a parcel, or what was in it, is not as it should be.", "order_id"
)
DISPUTE_QUESTION_ASKED = event_type(
    "aftersales.dispute_question_asked", "Staff asked the customer for more; it is the customer's turn.", "order_id"
)
DISPUTE_ANSWERED = event_type(
    "aftersales.dispute_answered", "The customer answered; it is the merchant's turn.", "order_id"
)
DISPUTE_OFFER_MADE = event_type(
    "aftersales.dispute_offer_made",
    "A way to settle a dispute was offered: `refund`, `partial_refund` or `replacement`.",
    *("order_id", "resolution"),
)
DISPUTE_OFFER_ANSWERED = event_type(
    "aftersales.dispute_offer_answered", "An offer was `accepted` or `declined`, or `lapsed`.", "order_id", "answer"
)
DISPUTE_ESCALATED = event_type(
    "aftersales.dispute_escalated", "The merchant's time to answer a dispute passed; a person must look.", "order_id"
)
DISPUTE_CLOSED = event_type(
    "aftersales.dispute_closed", "The customer was asked and did not answer in time.", "order_id"
)
DISPUTE_REOPENED = event_type(
    "aftersales.dispute_reopened", "The customer brought new evidence to a declined or closed dispute.", "order_id"
)
DISPUTE_WITHDRAWN = event_type("aftersales.dispute_withdrawn", "The customer took a dispute back.", "order_id")
DISPUTE_DECIDED = event_type("aftersales.dispute_decided", "A dispute was decided.", "order_id", "verdict")
DELIVERY_ANSWERED = event_type(
    "aftersales.delivery_answered",
    "After the delivery the customer said `has_it`, `not_me` or `not_here`; the subject is the shipment.",
    *("order_id", "answer"),
)
CONVERSATION_OPENED = event_type(
    "aftersales.conversation_opened",
    "A customer began to talk to support; the subject is the conversation.",
    "order_id",
)
CUSTOMER_WROTE = event_type(
    "aftersales.customer_wrote",
    "A customer wrote to support; the subject is the conversation.",
    *("order_id", "note_id", "channel"),
)
SUPPORT_REPLIED = event_type(
    "aftersales.support_replied",
    "Support answered the customer; the subject is the note.",
    "order_id",
    "conversation_id",
)
CONVERSATION_CLOSING = event_type(
    "aftersales.conversation_closing",
    "The customer was asked and has not answered; the conversation closes in so many days.",
    *("order_id", "days"),
)
CONVERSATION_OVERDUE = event_type(
    "aftersales.conversation_overdue",
    "A clock of a conversation ran out: nobody answered (`reply`) or solved it (`resolution`) in time.",
    *("order_id", "clock"),
)
CONVERSATION_SOLVED = event_type(
    "aftersales.conversation_solved", "Support marked a conversation as solved.", "order_id"
)
CONVERSATION_CLOSED = event_type(
    "aftersales.conversation_closed", "A conversation was closed; a message within 14 days opens it again.", "order_id"
)
CONVERSATION_RATED = event_type(
    "aftersales.conversation_rated", "The customer said how support was: `good` or `bad`.", "order_id", "rating"
)
CHECK_OPENED = event_type(
    "aftersales.check_opened",
    "Something about an order looks wrong before it leaves; the subject is the check.",
    *("order_id", "rule", "asked_of"),
)
CHECK_SETTLED = event_type(
    "aftersales.check_settled",
    "A check was answered, settled by staff, or is no longer so; the subject is the check.",
    *("order_id", "rule", "how"),
)
COMPENSATION_PROPOSED = event_type(
    "aftersales.compensation_proposed",
    "A parcel is or came late and a rule proposes a sum, which staff pay or not; the subject is the proposal.",
    "order_id",
)
