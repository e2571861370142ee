"""The words of models for who works with them: names of models and fields, of choices, and what helps to fill them in.

They stand here and not in the models, which say the same for every language: named here, they come into the portal's
catalogs, and `translate_names` gives them to the models once all are loaded. Nothing of it is in a migration. A name
that is missing here stays English; a test finds it when a staff page shows it.
"""

from collections.abc import Iterable, Mapping
from typing import Any

from django.apps import AppConfig
from django.db.models import Field
from django.utils import translation
from django.utils.functional import Promise
from django.utils.translation import pgettext_lazy

MODELS = (
    pgettext_lazy("model", "API key"),
    pgettext_lazy("model", "API keys"),
    pgettext_lazy("model", "brand"),
    pgettext_lazy("model", "brands"),
    pgettext_lazy("model", "carrier account"),
    pgettext_lazy("model", "carrier accounts"),
    pgettext_lazy("model", "carrier payload"),
    pgettext_lazy("model", "carrier payloads"),
    pgettext_lazy("model", "customer"),
    pgettext_lazy("model", "customers"),
    pgettext_lazy("model", "dispute"),
    pgettext_lazy("model", "disputes"),
    pgettext_lazy("model", "event"),
    pgettext_lazy("model", "events"),
    pgettext_lazy("model", "import problem"),
    pgettext_lazy("model", "import problems"),
    pgettext_lazy("model", "import run"),
    pgettext_lazy("model", "import runs"),
    pgettext_lazy("model", "incident"),
    pgettext_lazy("model", "incidents"),
    pgettext_lazy("model", "item"),
    pgettext_lazy("model", "items"),
    pgettext_lazy("model", "location"),
    pgettext_lazy("model", "locations"),
    pgettext_lazy("model", "membership"),
    pgettext_lazy("model", "memberships"),
    pgettext_lazy("model", "merchant"),
    pgettext_lazy("model", "merchants"),
    pgettext_lazy("model", "message"),
    pgettext_lazy("model", "messages"),
    pgettext_lazy("model", "order"),
    pgettext_lazy("model", "orders"),
    pgettext_lazy("model", "phone policies"),
    pgettext_lazy("model", "phone policy"),
    pgettext_lazy("model", "policies"),
    pgettext_lazy("model", "policy"),
    pgettext_lazy("model", "poll"),
    pgettext_lazy("model", "polls"),
    pgettext_lazy("model", "refund"),
    pgettext_lazy("model", "refunds"),
    pgettext_lazy("model", "return"),
    pgettext_lazy("model", "returns"),
    pgettext_lazy("model", "shipment"),
    pgettext_lazy("model", "shipments"),
    pgettext_lazy("model", "stock level"),
    pgettext_lazy("model", "stock levels"),
    pgettext_lazy("model", "stock movement"),
    pgettext_lazy("model", "stock movements"),
    pgettext_lazy("model", "tracking event"),
    pgettext_lazy("model", "tracking events"),
    pgettext_lazy("model", "webhook call"),
    pgettext_lazy("model", "webhook calls"),
    pgettext_lazy("model", "webhook endpoint"),
    pgettext_lazy("model", "webhook endpoints"),
)

FIELDS = (
    pgettext_lazy("field", "account"),
    pgettext_lazy("field", "address"),
    pgettext_lazy("field", "answer within days"),
    pgettext_lazy("field", "asked at"),
    pgettext_lazy("field", "attempts"),
    pgettext_lazy("field", "auto approve returns"),
    pgettext_lazy("field", "auto approve up to"),
    pgettext_lazy("field", "blame"),
    pgettext_lazy("field", "body"),
    pgettext_lazy("field", "carrier eta"),
    pgettext_lazy("field", "carrier"),
    pgettext_lazy("field", "channel"),
    pgettext_lazy("field", "city"),
    pgettext_lazy("field", "close after days"),
    pgettext_lazy("field", "closed at"),
    pgettext_lazy("field", "closing note"),
    pgettext_lazy("field", "code"),
    pgettext_lazy("field", "color"),
    pgettext_lazy("field", "consecutive failures"),
    pgettext_lazy("field", "country"),
    pgettext_lazy("field", "created at"),
    pgettext_lazy("field", "credentials"),
    pgettext_lazy("field", "delay days"),
    pgettext_lazy("field", "delay percent"),
    pgettext_lazy("field", "delivered at"),
    pgettext_lazy("field", "description"),
    pgettext_lazy("field", "digest"),
    pgettext_lazy("field", "direction"),
    pgettext_lazy("field", "disabled at"),
    pgettext_lazy("field", "disabled reason"),
    pgettext_lazy("field", "dispute after days"),
    pgettext_lazy("field", "dispute within days"),
    pgettext_lazy("field", "dispute"),
    pgettext_lazy("field", "done at"),
    pgettext_lazy("field", "due at"),
    pgettext_lazy("field", "email"),
    pgettext_lazy("field", "empty answers"),
    pgettext_lazy("field", "ending"),
    pgettext_lazy("field", "endpoint"),
    pgettext_lazy("field", "error code"),
    pgettext_lazy("field", "event types"),
    pgettext_lazy("field", "event"),
    pgettext_lazy("field", "failed at"),
    pgettext_lazy("field", "failing since"),
    pgettext_lazy("field", "finished at"),
    pgettext_lazy("field", "first reply hours"),
    pgettext_lazy("field", "is active"),
    pgettext_lazy("field", "is polled"),
    pgettext_lazy("field", "is returnable"),
    pgettext_lazy("field", "is stock kept"),
    pgettext_lazy("field", "item"),
    pgettext_lazy("field", "keep goods up to"),
    pgettext_lazy("field", "kind"),
    pgettext_lazy("field", "label"),
    pgettext_lazy("field", "language"),
    pgettext_lazy("field", "last error"),
    pgettext_lazy("field", "last event at"),
    pgettext_lazy("field", "last place"),
    pgettext_lazy("field", "last success at"),
    pgettext_lazy("field", "last used at"),
    pgettext_lazy("field", "line"),
    pgettext_lazy("field", "line1"),
    pgettext_lazy("field", "location"),
    pgettext_lazy("field", "low stock at"),
    pgettext_lazy("field", "mapping"),
    pgettext_lazy("field", "merchant id"),
    pgettext_lazy("field", "merchant"),
    pgettext_lazy("field", "moved at"),
    pgettext_lazy("field", "name"),
    pgettext_lazy("field", "news at"),
    pgettext_lazy("field", "note"),
    pgettext_lazy("field", "number"),
    pgettext_lazy("field", "occurred at"),
    pgettext_lazy("field", "offset source"),
    pgettext_lazy("field", "on hand"),
    pgettext_lazy("field", "opened at"),
    pgettext_lazy("field", "order"),
    pgettext_lazy("field", "outcome"),
    pgettext_lazy("field", "owner"),
    pgettext_lazy("field", "paid at"),
    pgettext_lazy("field", "parcel"),
    pgettext_lazy("field", "payload"),
    pgettext_lazy("field", "phone"),
    pgettext_lazy("field", "place"),
    pgettext_lazy("field", "polls per minute"),
    pgettext_lazy("field", "postal code"),
    pgettext_lazy("field", "prefix"),
    pgettext_lazy("field", "previous secret until"),
    pgettext_lazy("field", "provider id"),
    pgettext_lazy("field", "published at"),
    pgettext_lazy("field", "quantity"),
    pgettext_lazy("field", "queued at"),
    pgettext_lazy("field", "reason"),
    pgettext_lazy("field", "received at"),
    pgettext_lazy("field", "recorded at"),
    pgettext_lazy("field", "reference"),
    pgettext_lazy("field", "refund lost"),
    pgettext_lazy("field", "refund on"),
    pgettext_lazy("field", "reserved"),
    pgettext_lazy("field", "resolution hours"),
    pgettext_lazy("field", "rests until"),
    pgettext_lazy("field", "return address"),
    pgettext_lazy("field", "return by"),
    pgettext_lazy("field", "return case"),
    pgettext_lazy("field", "return days"),
    pgettext_lazy("field", "revoked at"),
    pgettext_lazy("field", "rows reported"),
    pgettext_lazy("field", "rows stored"),
    pgettext_lazy("field", "run"),
    pgettext_lazy("field", "secret made at"),
    pgettext_lazy("field", "send within days"),
    pgettext_lazy("field", "sent at"),
    pgettext_lazy("field", "service"),
    pgettext_lazy("field", "shipment"),
    pgettext_lazy("field", "signed by"),
    pgettext_lazy("field", "silent days"),
    pgettext_lazy("field", "slug"),
    pgettext_lazy("field", "source"),
    pgettext_lazy("field", "started at"),
    pgettext_lazy("field", "status"),
    pgettext_lazy("field", "stopped for"),
    pgettext_lazy("field", "subject id"),
    pgettext_lazy("field", "subject"),
    pgettext_lazy("field", "support email"),
    pgettext_lazy("field", "support phone"),
    pgettext_lazy("field", "time zone"),
    pgettext_lazy("field", "told by"),
    pgettext_lazy("field", "tries"),
    pgettext_lazy("field", "url"),
    pgettext_lazy("field", "user"),
    pgettext_lazy("field", "utc offset min"),
    pgettext_lazy("field", "version"),
    pgettext_lazy("field", "warranty days"),
    pgettext_lazy("field", "webhook secret"),
    pgettext_lazy("field", "website"),
    pgettext_lazy("field", "weight g"),
)

CHOICES = (
    pgettext_lazy("choice", "assumed"),
    pgettext_lazy("choice", "Carrier"),
    pgettext_lazy("choice", "Counted"),
    pgettext_lazy("choice", "Courier"),
    pgettext_lazy("choice", "inferred"),
    pgettext_lazy("choice", "Merchant"),
    pgettext_lazy("choice", "No Tracking"),
    pgettext_lazy("choice", "Read"),
    pgettext_lazy("choice", "Received"),
    pgettext_lazy("choice", "Returned"),
    pgettext_lazy("choice", "Shipped"),
    pgettext_lazy("choice", "stated"),
    pgettext_lazy("choice", "Unmatched"),
    pgettext_lazy("choice", "Unreadable"),
    pgettext_lazy("choice", "Waiting"),
    pgettext_lazy("choice", "Written Off"),
)

HELP = (
    pgettext_lazy("help", "Above this value a person decides, in the order's currency"),
    pgettext_lazy("help", "After so many days without an order or a proof, a number may be somebody else's"),
    pgettext_lazy("help", "Answers in a row that told nothing new"),
    pgettext_lazy("help", "Approve returns that keep to the policy at once"),
    pgettext_lazy("help", "Ask the carrier, where it does not tell by itself"),
    pgettext_lazy("help", "Days after delivery in which goods may be sent back; the law may give more"),
    pgettext_lazy("help", "Days after the approval in which goods must be on their way back"),
    pgettext_lazy("help", "Days after the promise from which a compensation is proposed"),
    pgettext_lazy("help", "Days in which the merchant, or the customer who was asked, answers a dispute"),
    pgettext_lazy("help", "Days without an answer until a conversation is closed"),
    pgettext_lazy("help", "Empty: all"),
    pgettext_lazy("help", "Empty: the portal's own, for all merchants"),
    pgettext_lazy("help", "Grows with every change of the timeline"),
    pgettext_lazy("help", "IANA name, for example Europe/Berlin"),
    pgettext_lazy("help", "In this round; sending again begins a new one"),
    pgettext_lazy("help", "ISO 3166-1, for example DE; the region of phone numbers without +"),
    pgettext_lazy("help", "Not called before, after failures in a row"),
    pgettext_lazy("help", "Of the shipping cost; 0: no compensation"),
    pgettext_lazy("help", "Offset of the place's clock, in minutes"),
    pgettext_lazy("help", "Pay back at once what the carrier says it lost"),
    pgettext_lazy("help", "Phone number in E.164, or email address"),
    pgettext_lazy("help", "Positive in, negative out"),
    pgettext_lazy("help", "Questions a minute, of all workers together"),
    pgettext_lazy("help", "SHA-256 of the file, its companions and its map"),
    pgettext_lazy("help", "Tell staff when fewer than this are free"),
    pgettext_lazy("help", "The adapter of the payload it came by"),
    pgettext_lazy("help", "The adapter's code"),
    pgettext_lazy("help", "The carrier's own code"),
    pgettext_lazy("help", "The file's name"),
    pgettext_lazy("help", "The key's first characters, to tell keys apart"),
    pgettext_lazy("help", "The map's name"),
    pgettext_lazy("help", "The order line, return line or count behind it"),
    pgettext_lazy("help", "The payment provider's number of the refund"),
    pgettext_lazy("help", "The template's name, for example out_for_delivery"),
    pgettext_lazy("help", "Until then calls have two signatures"),
    pgettext_lazy("help", "Up to this value a refund needs no return, in the order's currency; 0: never"),
    pgettext_lazy("help", "What asking the carrier needs, for example an API key"),
    pgettext_lazy("help", "What the carrier signs its payloads with"),
    pgettext_lazy("help", "What was sent, with codes blacked out"),
    pgettext_lazy("help", "When it happened; empty when the carrier didn't say"),
    pgettext_lazy("help", "When the timeline last learned something new"),
    pgettext_lazy("help", "When we learned of it"),
    pgettext_lazy("help", "Where returns are sent to, as on a label"),
    pgettext_lazy("help", "Whether orders reserve stock of this item here"),
    pgettext_lazy("help", "Why it was not read, or which codes are unknown"),
    pgettext_lazy("help", "Why nobody asks any more"),
)


APPS = (
    pgettext_lazy("app", "After-sales"),
    pgettext_lazy("app", "Customers"),
    pgettext_lazy("app", "Dispatch"),
    pgettext_lazy("app", "Insights"),
    pgettext_lazy("app", "Merchants"),
    pgettext_lazy("app", "Messages"),
    pgettext_lazy("app", "Orders"),
    pgettext_lazy("app", "Parcels"),
    pgettext_lazy("app", "Stock"),
    pgettext_lazy("app", "Work"),
)

_GROUPS: Mapping[str, tuple[Any, ...]] = {
    "app": APPS,
    "model": MODELS,
    "field": FIELDS,
    "choice": CHOICES,
    "help": HELP,
}


def translate_names(configs: Iterable[AppConfig]) -> None:
    """Give apps, models and their fields their names in the reader's language, as far as they are named here."""
    names = {group: _by_english(words) for group, words in _GROUPS.items()}
    for config in configs:
        config.verbose_name = _translated(config.verbose_name, names["app"])
        for model in config.get_models():
            options: Any = model._meta
            options.verbose_name = _translated(options.verbose_name, names["model"])
            options.verbose_name_plural = _translated(options.verbose_name_plural, names["model"])
            for field in options.local_fields:
                _translate_field(field, names)


def _translate_field(field: Field, names: Mapping[str, Mapping[str, Promise]]) -> None:
    if not isinstance(field.verbose_name, Promise):  # else it speaks the reader's language already
        field.verbose_name = _translated(field.verbose_name, names["field"])
    if not isinstance(field.help_text, Promise):
        field.help_text = _translated(field.help_text, names["help"])
    if field.choices and not all(isinstance(label, Promise) for _value, label in field.flatchoices):
        field.choices = [(value, _translated(label, names["choice"])) for value, label in field.flatchoices]


def _by_english(words: Iterable[Any]) -> dict[str, Promise]:
    return {_english(word): word for word in words}


def _translated(words: Any, known: Mapping[str, Promise]) -> Any:
    """A plural that Django made itself is no plain text either, so names are compared in English."""
    return known.get(_english(words), words)


def _english(words: Any) -> str:
    with translation.override(None):
        return str(words)
