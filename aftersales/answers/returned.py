"""What about my return?"""

from . import base


class Answer(base.Writer):
    title = base.gettext_noop("What about the return?")
    place = 40

    def write(self, facts: base.Facts, words: base.Words) -> str:
        return "\n".join(self._of(case, words) for case in facts.returns)

    def _of(self, case: base.ReturnFacts, words: base.Words) -> str:
        given = {"number": case.number, "status": case.status_words}
        said = words.gettext("Return %(number)s: %(status)s.") % given
        if case.status == "approved" and not case.is_sent:
            return base.join(
                said, words.gettext("Please send it, and tell us its tracking number on the page of your order.")
            )
        return base.join(said, case.parcel_headline)
