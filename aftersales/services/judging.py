"""Rules judge cases; what they or people decided is kept with the facts that were seen, and can be replayed."""

import re
from dataclasses import dataclass
from typing import Any

from django.contrib.auth.models import User
from django.utils.formats import number_format
from django.utils.translation import gettext, ngettext

from customers.models import PhoneNumber
from logistics_portal.kernel.discover import discover
from logistics_portal.kernel.errors import DomainError
from merchants.countries import country_name

from ..models import Decision, Dispute, Return
from ..rules.base import CASES, Case, Rule, UnreadableFacts, Verdict, VersionGone
from .cases import claim_facts, return_facts

RULES: list[Rule[Any]] = sorted(
    discover("aftersales.rules", "Rule").values(), key=lambda rule: (rule.priority, rule.code)
)
BY_CODE: dict[str, Rule[Any]] = {rule.code: rule for rule in RULES}
FOR_CASE: dict[str, list[Rule[Any]]] = {
    name: [rule for rule in RULES if rule.judges is kind] for name, kind in CASES.items()
}
COUNTRIES = ("country", "known")  # what rules call them in their sentences
DOUBTS = dict(PhoneNumber.Doubt.choices)
DURATION = re.compile(r"(\d+) (minute|hour|day)s?")
AMOUNT = re.compile(r"(\d+\.\d\d)( [A-Z]{3})?")


class UnableToReplay(DomainError):
    """A person decided, or the rule, its version or its facts are no longer to be had; the message says which."""

    code = "unable_to_replay"


@dataclass(frozen=True, slots=True)
class Ruling:
    """A rule's verdict of a case."""

    rule: Rule[Any]
    verdict: Verdict
    case: Case


def first_ruling(case: Case) -> Ruling | None:
    """What the first rule that has a word says; None when none has."""
    for rule in FOR_CASE[case.name]:
        if (verdict := rule.judge(case)) is not None:
            return Ruling(rule, verdict, case)
    return None


def all_rulings(case: Case) -> list[Ruling]:
    """What every rule that has a word says, by priority."""
    spoken = ((rule, rule.judge(case)) for rule in FOR_CASE[case.name])
    return [Ruling(rule, verdict, case) for rule, verdict in spoken if verdict is not None]


def as_decision(ruling: Ruling, **of: Any) -> Decision:
    """A decision that is not yet written; ``of`` are the rows that it is about."""
    verdict = ruling.verdict
    return Decision(
        case=ruling.case.name,
        rule=ruling.rule.code,
        rule_version=ruling.rule.version,
        verdict=verdict.decision,
        code=verdict.code,
        parameters=verdict.parameters,
        why=verdict.why,
        amount=verdict.amount,
        facts=ruling.case.as_facts(),
        **of,
    )


def judge_return(return_case: Return) -> Verdict | None:
    """What the first rule that has a word says of a return, kept as its decision; None when no rule has one.

    Call it in the transaction that wrote the return and its lines, and do what the verdict says: ``approve``; or
    ``refund``, which is paid without goods coming back. Anything else waits for a person.
    """
    ruling = first_ruling(return_facts(return_case))
    if ruling is None:
        return None
    as_decision(ruling, return_case=return_case, order_id=return_case.order_id).save(force_insert=True)
    return ruling.verdict


def judge_dispute(dispute: Dispute) -> Verdict | None:
    """What the first rule that has a word says of a dispute, kept as its decision; None when no rule has one.

    Call it after the dispute's evidence was written, in the same transaction, and do what the verdict says:
    ``refund`` accepts the dispute at once and pays ``verdict.amount`` (None: all that is claimed).
    Anything else waits for a person.
    """
    ruling = first_ruling(claim_facts(dispute))
    if ruling is None:
        return None
    as_decision(ruling, dispute=dispute, order_id=dispute.order_id).save(force_insert=True)
    return ruling.verdict


def decide_return(*, return_case: Return, decision: str, why: str, by: User | None) -> Decision:
    """Keep what a person decided of a return, with the facts of this moment and the decision that it overrules."""
    return Decision.objects.create(
        order_id=return_case.order_id,
        return_case=return_case,
        case=Decision.Case.RETURN,
        verdict=decision,
        why=why,
        facts=return_facts(return_case).as_facts(),
        overrules=_standing(return_case=return_case),
        decided_by=by,
    )


def decide_claim(*, dispute: Dispute, decision: str, why: str, by: User | None) -> Decision:
    """Keep what a person decided of a dispute, with the facts of this moment and the decision that it overrules."""
    return Decision.objects.create(
        order_id=dispute.order_id,
        dispute=dispute,
        case=Decision.Case.CLAIM,
        verdict=decision,
        why=why,
        facts=claim_facts(dispute).as_facts(),
        overrules=_standing(dispute=dispute),
        decided_by=by,
    )


def _standing(**of: Any) -> Decision | None:
    """The newest decision so far."""
    return Decision.objects.filter(**of).order_by("-decided_at", "-pk").first()


def replay(decision: Decision) -> Verdict | None:
    """What the same version of the same rule says of the stored facts today.

    Raises:
        UnableToReplay: see there.
    """
    if not decision.rule:
        raise UnableToReplay(f"A person decided this: {decision.decided_by or 'no longer known'}.")
    rule = BY_CODE.get(decision.rule)
    if rule is None:
        raise UnableToReplay(f"There is no rule {decision.rule} any more.")
    try:
        return rule.judge_as(decision.rule_version, CASES[decision.case].from_facts(decision.facts))
    except VersionGone as gone:
        raise UnableToReplay(str(gone)) from gone
    except UnreadableFacts as error:
        raise UnableToReplay(f"The stored facts can't be read: {error}") from error


def is_reproduced(decision: Decision) -> bool:
    """Whether a replay gives what was decided.

    Raises:
        UnableToReplay: see there.
    """
    verdict = replay(decision)
    if verdict is None:
        return False
    told = (verdict.decision, verdict.why, verdict.amount)
    return told == (decision.verdict, decision.why, decision.amount)


def reason_of(decision: Decision) -> str:
    """Why it was decided, in the reader's language where a rule's sentence says it."""
    rule = BY_CODE.get(decision.rule)
    if rule is None or decision.code not in rule.words:
        return decision.why
    parameters = rule.completed(decision.parameters)
    return gettext(rule.words[decision.code]) % {name: _told(name, value) for name, value in parameters.items()}


def _told(name: str, value: Any) -> Any:
    """A country, a doubt, an amount or a length of time as the reader's language says it; anything else as it is."""
    if not isinstance(value, str):
        return value
    if name in COUNTRIES:
        return country_name(value)
    if name == "why":
        return DOUBTS.get(value, value)
    if amount := AMOUNT.fullmatch(value):
        return f"{number_format(amount[1])}{amount[2] or ''}"
    if length := DURATION.fullmatch(value):
        return _duration(int(length[1]), length[2])
    return value


def _duration(count: int, unit: str) -> str:
    if unit == "minute":
        return ngettext("%d minute", "%d minutes", count) % count
    if unit == "hour":
        return ngettext("%d hour", "%d hours", count) % count
    return ngettext("%d day", "%d days", count) % count


def rule_label(code: str) -> str:
    """What a rule looks for, in the reader's language; its code where it is gone."""
    rule = BY_CODE.get(code)
    return gettext(rule.label) if rule and rule.label else code
