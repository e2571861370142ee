"""Where is my money?"""

from . import base


class Answer(base.Writer):
    title = base.gettext_noop("Where is the money?")
    place = 50

    def write(self, facts: base.Facts, words: base.Words) -> str:
        return "\n".join(filter(None, (self._of(refund, words) for refund in facts.refunds)))

    def _of(self, refund: base.RefundFacts, words: base.Words) -> str:
        amount = words.money(refund.amount, refund.currency)
        if refund.status == "paid" and refund.paid_on:
            given = {"amount": amount, "day": words.day(refund.paid_on)}
            said = words.gettext("We paid %(amount)s back on %(day)s.") % given
            return base.join(said, words.gettext("Your bank may take some days to show it."))
        if refund.status == "pending":
            given = {"amount": amount, "day": words.day(refund.started_on)}
            return words.gettext("Your refund of %(amount)s was started on %(day)s and is about to be paid.") % given
        return ""
