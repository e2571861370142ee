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
