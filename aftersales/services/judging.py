"""Rules judge cases; what they or people decided is kept with the facts that were seen."""

from django.contrib.auth.models import User

from logistics_portal.kernel.discover import discover

from ..models import Decision, Dispute, Return
from ..rules.base import Rule, Verdict
from .cases import return_facts

RULES: list[Rule] = sorted(discover("aftersales.rules", "Rule").values(), key=lambda rule: (rule.priority, rule.code))


def judge_return(return_case: Return) -> Verdict | None:
    """What the first rule that has a word says of a return, kept as its decision; None when no rule has one.

    Call it in the transaction that wrote the return and its lines, and do what the verdict says: ``approve``; or
    ``refund``, which is an approval without goods coming back. Anything else waits for a person.
    """
    case = return_facts(return_case)
    for rule in RULES:
        verdict = rule.judge(case)
        if verdict is not None:
            Decision.objects.create(
                return_case=return_case,
                rule=rule.code,
                rule_version=rule.version,
                verdict=verdict.decision,
                why=verdict.why,
                facts=case.as_facts(),
            )
            return verdict
    return None


def judge_dispute(dispute: Dispute) -> Verdict | None:
    """What the first rule that has a word says of a dispute, kept as its decision; None when no rule has one.

    Call it after the dispute's evidence was written, in the same transaction, and do what the verdict says:
    ``refund`` accepts the dispute at once and pays ``verdict.amount`` (None: all that is left of the payment).
    Anything else waits for a person.
    """
    return None


def decide_return(*, return_case: Return, decision: str, why: str, by: User) -> Decision:
    """Keep what a person decided of a return: ``approve`` or ``reject``, with the facts of this moment."""
    return Decision.objects.create(
        return_case=return_case, verdict=decision, why=why, facts=return_facts(return_case).as_facts(), decided_by=by
    )


def decide_claim(*, dispute: Dispute, decision: str, why: str, by: User) -> Decision:
    """Keep what a person decided of a dispute, with the facts of this moment."""
    return Decision.objects.create(dispute=dispute, verdict=decision, why=why, decided_by=by)
