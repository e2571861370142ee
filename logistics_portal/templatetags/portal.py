"""What the pages' templates need to write dates, money, icons and a merchant's colors."""

import re
from datetime import date, datetime, time
from decimal import Decimal
from functools import lru_cache
from html import escape as escaped

import phonenumbers
from babel import Locale, UnknownLocaleError
from babel.dates import format_skeleton, format_time
from babel.numbers import format_currency
from django import template
from django.conf import settings
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext

from logistics_portal.colors import readable
from merchants.countries import country_name
from merchants.models import Merchant
from tracking.models import TrackingEvent
from tracking.reasons import REASON_LABELS
from tracking.timeline import Moment, own_words

register = template.Library()
register.filter(country_name)

# The inside of a 24 by 24 SVG each, drawn with strokes.
ICONS = {path.stem: path.read_text().strip() for path in (settings.BASE_DIR / "templates" / "icons").glob("*.svg")}
_COMMA_IN_HAN = re.compile(r"(?<=[\u4e00-\u9fff]), ?(?=[\u4e00-\u9fff])")


def _locale(language: str = "") -> Locale:
    return Locale.parse(translation.to_locale(language or translation.get_language() or "en"))


@register.simple_tag
def icon(name: str, size: str = "") -> SafeString:
    """An icon that decorates: hidden from who can't see it, since the words beside it tell the same."""
    inside = mark_safe(ICONS[name])  # noqa: S308 - our own files
    classes = f"icon icon-{size}" if size else "icon"
    return format_html('<svg class="{}" viewBox="0 0 24 24" aria-hidden="true">{}</svg>', classes, inside)


@register.filter(expects_localtime=True)
def day(on: date | datetime | None) -> str:
    """Weekday, day and month as the language writes them, with the year where it is not this one.

    A moment is read on the clock that the template set (``{% timezone %}``).
    """
    if on is None:
        return ""
    on = on.date() if isinstance(on, datetime) else on
    return _day(on, on.year == timezone.now().year, translation.get_language() or "en")


@lru_cache(maxsize=5000)
def _day(on: date, is_this_year: bool, language: str) -> str:
    return format_skeleton("MMMEd" if is_this_year else "yMMMEd", on, locale=_locale(language))


@register.filter
def clock(at: datetime | time | None) -> str:
    """Hours and minutes as written; no zone is converted."""
    if at is None:
        return ""
    return _clock(at.hour, at.minute, translation.get_language() or "en")


@lru_cache(maxsize=5000)
def _clock(hour: int, minute: int, language: str) -> str:
    return format_time(time(hour, minute), "short", locale=_locale(language))


@register.filter(expects_localtime=True)
def when(at: datetime | None) -> str:
    """Day and time of a moment on the clock that the template set."""
    return "" if at is None else gettext("%(day)s, %(time)s") % {"day": day(at), "time": clock(at)}


@register.filter
def happening(moment: Moment) -> SafeString:
    """An event of a timeline. A template would write it five times slower, and a page has them by the dozen."""
    text = escaped(moment.text)
    told = (
        f'<s>{text}</s></p><p class="small">{escaped(gettext("The carrier took this back."))}'
        if moment.is_struck
        else text
    )
    notes = f'<p class="small muted">{_notes(moment)}</p>' if moment.has_notes else ""
    kind = ' class="milestone"' if moment.is_milestone else ""
    return SafeString(f'<li{kind}>{_time(moment)}<div class="what"><p dir="auto">{told}</p>{notes}</div></li>')


def _time(moment: Moment) -> str:
    """The time of an event on the clock of its place, which those who can't see the small print are told here."""
    if moment.at is None:
        return '<span class="no-time" aria-hidden="true">–</span>'
    words = escaped(gettext("local time"))
    told = "" if moment.is_zone_stated else f'<span class="hidden-text"> {words}</span>'
    return f'<time datetime="{moment.machine_time}">{escaped(clock(moment.at))}{told}</time>'


def _notes(moment: Moment) -> str:
    """What is said of an event in small print.

    What it means, the carrier's words in another language, where it was, who took the parcel, whose clock it is.
    """
    parts = [escaped(moment.label)] if moment.label else []
    if moment.original:
        lang = f' lang="{escaped(moment.original_language)}"' if moment.original_language else ""
        parts.append(f'<q dir="auto"{lang}>{escaped(moment.original)}</q>')
    if moment.place:
        parts.append(f"<bdi>{escaped(place(moment.place))}</bdi>")
    if moment.signed_by:
        parts.append(escaped(gettext("Taken by %(name)s") % {"name": moment.signed_by}))
    if moment.at and not moment.is_zone_stated:
        words = escaped(gettext("local time"))
        parts.append(f'<span aria-hidden="true">{words}</span>')
    return " · ".join(parts)


@register.filter
def money(amount: Decimal | None, currency: str) -> str:
    return "" if amount is None else format_currency(amount, currency, locale=_locale())


@register.filter
def language_name(code: str) -> str:
    """A language by its name in the reader's; a code that nobody knows stays one."""
    try:
        return Locale.parse(code, sep="-").get_display_name(_locale()) or code
    except (UnknownLocaleError, ValueError):
        return code


@register.filter
def reason_words(code: str) -> str:
    """Why a parcel is where it is, for staff; a carrier's own word stays."""
    return str(REASON_LABELS.get(code, code))


@register.filter
def scan_words(event: TrackingEvent) -> str:
    """What a scan says: what was proved at the door in the reader's words, anything else as it came."""
    return own_words(event) or event.description


@register.filter
def masked(number: object) -> str:
    """A phone number of which only the last four digits can be read."""
    return f"••••• {str(number)[-4:]}"


@register.filter
def place(name: str) -> str:
    """A place as its script writes it: Chinese sets no comma between province and city."""
    return _COMMA_IN_HAN.sub("", name)


@register.filter
def dialed(number: str) -> str:
    """A phone number as it is dialed from anywhere, in groups; what is none stays as it is."""
    try:
        parsed = phonenumbers.parse(number)
    except phonenumbers.NumberParseException:
        return number
    return phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.INTERNATIONAL)


@register.filter
def initial(name: str) -> str:
    return name.strip()[:1].upper()


@register.simple_tag
def brand_colors(merchant: Merchant) -> SafeString:
    """The merchant's colors as a sheet beside the portal's own."""
    color = readable(merchant.brand.color if hasattr(merchant, "brand") else "")
    return format_html('<link rel="stylesheet" href="{}">', reverse("brand", args=[color.removeprefix("#")]))
