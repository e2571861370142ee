"""Why is it late? What held it up, and the new day."""

from . import base


class Answer(base.Writer):
    title = base.gettext_noop("Why is it late?")
    place = 20

    def write(self, facts: base.Facts, words: base.Words) -> str:
        late = next((parcel for parcel in facts.parcels if self._is_late(parcel, facts)), None)
        if late is None:
            return ""
        promised = ""
        if late.promised_on:
            promised = words.gettext("It was promised for %(day)s, and we are sorry that it is late.") % {
                "day": words.day(late.promised_on)
            }
        sorry = promised or words.gettext("We are sorry that it is late.")
        cause = late.cause or words.gettext("The carrier gave no reason.")
        return base.join(sorry, cause, base.arrival_words(late, words))

    def _is_late(self, parcel: base.ParcelFacts, facts: base.Facts) -> bool:
        if parcel.delivered_at:
            return False
        if parcel.promised_on is None:
            return parcel.is_trouble
        expected = parcel.arrives_to or facts.today
        return max(expected, facts.today) > parcel.promised_on
