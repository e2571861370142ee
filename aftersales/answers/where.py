"""Where is it? The status, the last place and the day."""

from . import base


class Answer(base.Writer):
    title = base.gettext_noop("Where is it?")
    place = 10

    def write(self, facts: base.Facts, words: base.Words) -> str:
        under_way = [parcel for parcel in facts.parcels if not parcel.delivered_at]
        if not facts.parcels:
            return facts.order_headline
        return "\n".join(self._of(parcel, words, is_only=len(facts.parcels) == 1) for parcel in under_way)

    def _of(self, parcel: base.ParcelFacts, words: base.Words, *, is_only: bool) -> str:
        named = "" if is_only else f"{parcel.carrier} {parcel.number}:"
        seen = ""
        if parcel.last_place and parcel.last_scan_at:
            given = {"place": parcel.last_place, "time": words.time(parcel.last_scan_at)}
            seen = words.gettext("It was last seen in %(place)s, %(time)s.") % given
        return base.join(named, parcel.headline, seen, parcel.next_words, base.arrival_words(parcel, words))
