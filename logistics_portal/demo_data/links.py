"""Which orders are worth a look, as the demo's front page lists them."""

from django.utils.translation import gettext_noop

# By group, the plots and what is said of their orders.
GROUPS = {
    gettext_noop("On the way"): {
        "out": gettext_noop("Out for delivery today"),
        "two_parcels": gettext_noop("Two parcels, one delivered"),
        "customs": gettext_noop("Held by customs"),
        "not_home": gettext_noop("Nobody was at home"),
        "pickup_point": gettext_noop("Waits at a parcel shop"),
        "damaged": gettext_noop("Damaged on the way"),
        "code": gettext_noop("Delivered, proved by code"),
        "receiver": gettext_noop("A gift: somebody else receives it"),
    },
    gettext_noop("Before it leaves"): {
        "check_address": gettext_noop("The house number is missing"),
        "check_twin": gettext_noop("Ordered twice?"),
    },
    gettext_noop("Returns"): {
        "return_asked": gettext_noop("Return waits for a decision"),
        "return_sent": gettext_noop("Return on its way back"),
        "refunded": gettext_noop("Refunded"),
        "exchange_waits": gettext_noop("Exchange, waits for the parcel"),
        "exchange_sent": gettext_noop("Exchange, replacement under way"),
        "withdrawal": gettext_noop("Withdrawal within 14 days (EU)"),
        "return_damaged": gettext_noop("Return partly damaged"),
        "return_kept": gettext_noop("Refund without sending back"),
        "refund_failed": gettext_noop("Refund sent back by the bank"),
    },
    gettext_noop("Disputes"): {
        "dispute": gettext_noop("“I did not receive it”"),
        "dispute_damaged": gettext_noop("“It arrived damaged”, with photos"),
        "dispute_offer": gettext_noop("“Something was missing”, an offer waits"),
        "dispute_declined": gettext_noop("Declined, with evidence"),
    },
    gettext_noop("Conversations"): {
        "talk_open": gettext_noop("Waits too long for an answer"),
        "talk_waiting": gettext_noop("Waits for the customer"),
        "talk_solved": gettext_noop("Solved, and praised"),
        "reorder": gettext_noop("Asked for once more"),
    },
}
