"""Delivered, but where? When, to whom and what the carrier wrote."""

from . import base


class Answer(base.Writer):
    title = base.gettext_noop("Where was it left?")
    place = 30

    def write(self, facts: base.Facts, words: base.Words) -> str:
        arrived = [parcel for parcel in facts.parcels if parcel.delivered_at]
        if not arrived:
            return ""
        told = "\n".join(self._of(parcel, words) for parcel in arrived)
        advice = words.gettext(
            "Please look at the door, in the hall and with your neighbors. "
            "If you don't find it, tell us on the page of your order: “I did not receive it”."
        )
        return f"{told}\n{advice}"

    def _of(self, parcel: base.ParcelFacts, words: base.Words) -> str:
        assert parcel.delivered_at
        given = {"carrier": parcel.carrier, "number": parcel.number, "time": words.time(parcel.delivered_at)}
        said = words.gettext("%(carrier)s reports that parcel %(number)s was delivered: %(time)s.") % given
        place = words.gettext("Place: %(place)s.") % {"place": parcel.delivered_place} if parcel.delivered_place else ""
        by = words.gettext("Taken by: %(name)s.") % {"name": parcel.signed_by} if parcel.signed_by else ""
        return base.join(said, place, by)
