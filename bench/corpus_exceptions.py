"""Where recordings of the carriers from Andreani to Zoom2u need a word of explanation; `bench.corpus` goes by it."""

_GUESS = "karrio reads an unknown code as in_transit; an unknown code stays unknown"

# Recordings whose kind says tracking but which hold none, and what they hold instead.
HOLDS_NO_TRACKING = {
    "karrio/parcelone/TrackingNoEventsResponseJSON__2026-06-23.json": "an error",
    "karrio/parcelone/TrackingNoEventsResponseJSON__2026-06-23.2.json": "a number without any scan",
    "karrio/parcelone/TrackingNoEventsResponse__2026-01-03.xml": "a number without any scan",
    "karrio/yunexpress/TrackingResponseXML__2023-01-20.json": "the assignment of a number, to an order just sent",
    "karrio_schemas/yunexpress/tracking__2021-10-20.json": "the assignment of a number, all fields empty",
    "karrio_schemas/tnt/tracking_response__2023-11-25.json": "an empty object",
    "karrio_schemas/ninja_van/tracking_response__2024-05-29.json": "FedEx's sample, copied as a template",
}

# Recordings of other kinds that do hold tracking: parcels whose delivery failed are filed as errors.
HOLDS_TRACKING = ("karrio/landmark/DELIVERY_FAILED_TRACKING_RESPONSE_XML__",)

# Answers of a carrier's own public service that are filed as web pages.
ANSWERS_BEHIND_PAGES = ("sauladam/gls/",)

# (adapter, code or "" for the whole, karrio's word) -> why we differ on purpose.
ARGUED: dict[tuple[str, str | None, str], str] = {
    ("geodis", "", "delivered"): "SOL/REO closes the matter by sending the parcel back; no scan tells of a delivery",
    ("landmark", "400", "delivery_delayed"): "'Attempted delivery' is an attempt",
    ("roadie", "", "out_for_delivery"): "karrio takes the first event (at_delivery), not the last (delivery_confirmed)",
    ("smartkargo", "", "in_transit"): _GUESS,
    ("seko", "OP-15", "delivery_failed"): "lost: no door was tried",
    ("seko", "OP-17", "delivery_failed"): "damaged: no door was tried",
    ("spring", "111", "delivery_failed"): "lost: no door was tried",
    ("spring", "1001", "delivery_failed"): "incomplete data: no door was tried",
    ("spring", "4106", "delivery_failed"): "canceled: no door was tried",
    ("spring", "12506", "return_to_sender"): "destroyed instead of returned",
    ("sendle", "Info", "in_transit"): "Info tells nothing of where the parcel is, but for its sentence",
    ("sendle", "Drop Off", "in_transit"): "Sendle documents it as not yet dropped off",
    ("sendle", "Card Left", "delivery_delayed"): "a card is left when the door was tried",
    ("sendle", "Damaged", "delivery_failed"): "damaged: no door was tried",
    ("sendle", "Unable to Deliver", "delivery_failed"): "the end of the delivery, not an attempt",
    ("sendle", "Delivery Attempted", "on_hold"): "an attempt",
    ("locate2u", "Pending", "in_transit"): "the stop still waits for its driver",
    ("locate2u", "Enroute", "in_transit"): "the driver is on the way to this stop",
    ("locate2u", "Cancelled", "delivery_failed"): "canceled: no door was tried",
    ("ninja_van", "Pending Pickup", "on_hold"): "the parcel waits for its pick-up",
    ("ninja_van", "Delivery Attempted", "on_hold"): "an attempt",
    ("postnl", "1", "in_transit"): "PostNL documents it as pre-alerted",
    ("zoom2u", "Unassigned", "on_hold"): "ordered, with no courier yet",
    ("zoom2u", "Accepted", "on_hold"): "ordered, with a courier on the way to fetch it",
    ("zoom2u", "On Route to Pickup", "in_transit"): "the courier doesn't have the parcel yet",
    ("zoom2u", "Tried to deliver", "out_for_delivery"): "an attempt",
    ("zoom2u", "Returning", "delivery_failed"): "on its way back",
    ("zoom2u", "Returned", "delivery_failed"): "back at the sender",
    ("zoom2u", "Cancelled", "delivery_failed"): "canceled: no door was tried",
    ("roadie", "returned", "delivery_failed"): "back at the sender",
    ("roadie", "canceled", "delivery_failed"): "canceled: no door was tried",
    ("teleship", "returned", "delivery_failed"): "back at the sender",
    ("teleship", "cancelled", "delivery_failed"): "canceled: no door was tried",
    ("gls", "DAMAGED", "delivery_failed"): "damaged: no door was tried",
    ("gls", "NOTPICKEDUP", "delivery_failed"): "it waited in a shop: no door was tried",
}

# (adapter, karrio's number) -> why it isn't among ours.
ARGUED_NUMBERS = {
    ("smartkargo", "yogi045"): "karrio repeats the number it asked for; the answer is about another package",
    ("tnt", "22222222"): "a consignment that TNT didn't find",
}

# Adapters whose carrier states both local time and UTC, and of which karrio takes the digits of UTC.
UTC_DIGITS = {"parcelone": "EventdateCET and EventdateUTC are one instant; the page shows the local one"}

# Scans whose time or sentence karrio made up, by adapter: (karrio's sentence, why).
NOT_A_SCAN = {("hay_post", "Test"): "karrio gives the order's comment as the sentence, and its date as the time of day"}
