"""Carriers are asked: who is due and may be asked, the call itself, and what came of it.

The three parts of `kernel.calls`: `gather_questions` reads the database, `put_question` talks to the carrier and knows
no database, `record_answers` writes. An answer is kept as it came and read like any payload that was pushed.
"""

import hashlib
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import batched
from uuid import UUID

from django.utils import timezone

from logistics_portal.kernel import http
from logistics_portal.kernel.bulk import update_rows
from logistics_portal.kernel.calls import Errand, Gathered, Result, Verdicts
from logistics_portal.kernel.work import ring

from ..carriers.base import Asked, CarrierAdapter, Verdict
from ..models import CarrierAccount, CarrierPayload, Poll
from ..pace import usual_wait, why_stopped
from .accounts import (
    Experience,
    Line,
    account_for,
    accounts_that_ask,
    learn_from,
    open_lines,
    require_safe_address,
    take_turns,
    wish_of,
)
from .polls import asked_of, facts_of, plan_next, polls_with_parcels
from .tokens import TOKENS, TokenRefused

AT_ONCE = timedelta(seconds=1)  # turns so near are not waited for
TURNS_LAPSE_AFTER = timedelta(seconds=2)  # nobody came: together with those whose turn is now they would be too many
LATER = timedelta(minutes=5)  # for those whose account has given away its budget for the next minutes
FAILURES_END_A_ROUND = 3
_MISSING = {"postal_code": Poll.StoppedFor.NEEDS_POSTAL_CODE, "phone": Poll.StoppedFor.NEEDS_PHONE}
_SAID = {
    Verdict.REFUSED: "does not accept the credentials",
    Verdict.TOO_OFTEN: "was asked too often",
    Verdict.FAILED: "is not well",
    Verdict.NOTHING: "tells nothing of this number",
}
_ASKED = ("asked_at", "turn_at", "stopped_for")
_ANSWERED = ("asked_at", "empty_answers", "answer_digest", "stopped_for")


@dataclass(slots=True)
class Round:
    """The questions of one account that were gathered together: when it meets trouble, the rest is not asked."""

    failures: int = 0
    is_over: bool = False

    def learn(self, verdict: Verdict) -> None:
        self.failures = self.failures + 1 if verdict is Verdict.FAILED else 0
        if verdict in (Verdict.REFUSED, Verdict.TOO_OFTEN) or self.failures >= FAILURES_END_A_ROUND:
            self.is_over = True


@dataclass(frozen=True, slots=True)
class Inquiry:
    """A question as it is put: everything that the call needs, and when its parcels were asked about before."""

    account: CarrierAccount
    adapter: CarrierAdapter
    asked: tuple[Asked, ...]
    credentials: Mapping[str, str]
    round: Round = field(default_factory=Round)
    asked_before: Mapping[UUID, datetime | None] = field(default_factory=dict)

    @property
    def asked_at(self) -> datetime:
        return self.asked[0].asked_at


@dataclass(frozen=True, slots=True)
class Reply:
    """What came of an inquiry: the carrier's answer, or why there is none. ``words`` are for staff."""

    verdict: Verdict | None  # None: it was not put after all
    status: int = 0
    body: bytes = b""
    content_type: str = ""
    retry_after: str = ""
    words: str = ""


def gather_questions(polls: Sequence[Poll]) -> Gathered:
    """Who of the due polls may be asked about now, in questions of as many numbers as the carrier takes.

    The others wait for their turn, for the end of their account's trouble, or stop for a reason.
    """
    now = timezone.now()
    loaded = {row.pk: row.parcel for row in polls_with_parcels(Poll.objects.filter(pk__in=[row.pk for row in polls]))}
    for poll in polls:
        poll.parcel = loaded[poll.pk]
    accounts = accounts_that_ask(code for row in polls for code in (row.parcel.carrier, row.parcel.stated_carrier))
    able: dict[UUID, list[Poll]] = defaultdict(list)
    for poll in polls:
        account = account_for(poll.parcel, accounts)
        if _is_wanted(poll, account, now) and account:
            able[account.pk].append(poll)
    lines = open_lines(account for account in accounts if account.pk in able)
    errands = [errand for key, mine in able.items() for errand in _inquiries(lines[key], mine, now)]
    update_rows(Poll, polls, _ASKED)
    return Gathered(errands)


def _is_wanted(poll: Poll, account: CarrierAccount | None, now: datetime) -> bool:
    """Whether a due poll is to be asked about now; else it is told when, or why not."""
    facts = facts_of(poll)
    if stop := why_stopped(facts, now):
        poll.stopped_for, poll.due_at = stop.value, None
    elif account is None:
        poll.stopped_for, poll.due_at = Poll.StoppedFor.NO_ACCOUNT, None
    elif facts.asked_at and facts.asked_at + facts.at_most_every > now:
        poll.due_at, poll.turn_at = facts.asked_at + facts.at_most_every, None
    else:
        return True
    return False


def _inquiries(line: Line, polls: list[Poll], now: datetime) -> list[Errand]:
    """Of one account: those that have their turn now; the others are given one, or wait."""
    if until := line.waits_until(now):
        for poll in polls:
            poll.due_at, poll.turn_at = until + LATER * facts_of(poll).spread, None
        return []
    polls = [poll for poll in polls if not _lacks(poll, line.adapter, now)]
    in_time = now - TURNS_LAPSE_AFTER
    ready = [poll for poll in polls if poll.turn_at and poll.turn_at >= in_time and not line.asking.failures]
    others = sorted((poll for poll in polls if poll not in ready), key=_urgency(now))
    groups = list(batched(others, line.adapter.numbers_per_question))
    turns = take_turns(line, len(groups), now)
    for group, turn in zip(groups, turns, strict=False):
        for poll in group:
            poll.turn_at = turn
            if turn > now + AT_ONCE:
                poll.due_at = turn
            else:
                ready.append(poll)
    for group in groups[len(turns) :]:
        for poll in group:
            poll.turn_at, poll.due_at = None, now + LATER * (0.5 + facts_of(poll).spread / 2)
    together = Round()
    groups = _as_they_were_grouped(ready, line.adapter.numbers_per_question)
    return [_errand(line, group, together, now) for group in groups]


def _lacks(poll: Poll, adapter: CarrierAdapter, now: datetime) -> bool:
    missing = adapter.lacks(asked_of(poll, now))
    if missing:
        poll.stopped_for = _MISSING.get(missing[0], Poll.StoppedFor.NEEDS_MORE)
        poll.due_at = None
    return bool(missing)


def _urgency(now: datetime) -> Callable[[Poll], timedelta]:
    return lambda poll: usual_wait(facts_of(poll), now)


def _as_they_were_grouped(polls: Sequence[Poll], size: int) -> list[tuple[Poll, ...]]:
    by_turn: dict[datetime | None, list[Poll]] = defaultdict(list)
    for poll in polls:
        by_turn[poll.turn_at].append(poll)
    return [group for together in by_turn.values() for group in batched(together, size)]


def _errand(line: Line, polls: tuple[Poll, ...], together: Round, now: datetime) -> Errand:
    asked = tuple(asked_of(poll, now) for poll in polls)
    before = {poll.pk: poll.asked_at for poll in polls}
    for poll in polls:
        poll.asked_at, poll.turn_at = now, None
    return Errand(polls, Inquiry(line.account, line.adapter, asked, line.account.credentials, together, before))


def put_question(inquiry: Inquiry) -> Reply:
    """Ask the carrier, unless its round has met trouble meanwhile."""
    if inquiry.round.is_over:
        return Reply(None)
    reply = _put_with_token(inquiry)
    if reply.verdict:
        inquiry.round.learn(reply.verdict)
    return reply


def _put_with_token(inquiry: Inquiry) -> Reply:
    """A token that the carrier no longer knows is fetched anew, once."""
    try:
        token = TOKENS.token(inquiry.account.pk, inquiry.adapter, inquiry.credentials)
        reply = _put(inquiry, token)
        if reply.verdict is Verdict.REFUSED and token:
            TOKENS.forget(inquiry.account.pk, token)
            reply = _put(inquiry, TOKENS.token(inquiry.account.pk, inquiry.adapter, inquiry.credentials))
    except http.PeerFailed as error:
        return Reply(Verdict.FAILED, words=str(error))
    except TokenRefused as error:
        return Reply(error.verdict, words=str(error), retry_after=error.retry_after)
    return reply


def _put(inquiry: Inquiry, token: str) -> Reply:
    adapter = inquiry.adapter
    question = adapter.ask(inquiry.asked, {**inquiry.credentials, "token": token})
    require_safe_address(question.url)
    answer = http.call(
        question.method,
        question.url,
        headers=question.headers,
        params=question.params or None,
        content=question.content or None,
    )
    verdict = adapter.judge_answer(answer.status, answer.body)
    said = _SAID.get(verdict)
    return Reply(
        verdict,
        status=answer.status,
        body=answer.body,
        content_type=answer.headers.get("content-type", "")[:100],
        retry_after=answer.headers.get("retry-after", ""),
        words=f"{adapter.label} {said} ({answer.status})." if said else "",
    )


def record_answers(results: Sequence[Result]) -> Verdicts:
    """Keep the answers, note how the accounts fare, and plan the next questions.

    Each answer counts as one without news until its reading shows otherwise. One that is the same as the last is not
    kept again.
    """
    now = timezone.now()
    _note_experiences(results, now)
    kept: list[CarrierPayload] = []
    notes: dict[UUID, Exception | str] = {}
    polls: list[Poll] = [poll for result in results for poll in result.errand.rows]  # type: ignore[misc]
    _load_parcels(polls)
    for result in results:
        reply: Reply = result.answer
        mine: list[Poll] = list(result.errand.rows)  # type: ignore[arg-type]
        if reply.verdict in (Verdict.TOLD, Verdict.NOTHING):
            kept += _keep(result.errand.task, reply, mine, now)
            for poll in mine:
                plan_next(poll, now)
        elif reply.verdict is None:
            for poll in mine:
                poll.asked_at, poll.due_at = (
                    result.errand.task.asked_before[poll.pk],
                    now + LATER * facts_of(poll).spread,
                )
        else:
            for poll in mine:
                poll.due_at = now + result.errand.task.adapter.ask_at_most_every
        notes |= {poll.pk: reply.words for poll in mine if reply.words}
    CarrierPayload.objects.bulk_create(kept)
    update_rows(Poll, polls, _ANSWERED)
    if any(payload.done_at is None for payload in kept):
        ring(CarrierPayload)
    return notes


def _load_parcels(polls: Sequence[Poll]) -> None:
    """What is known of the parcels now: it may have changed while the answers were awaited."""
    fresh = {row.pk: row for row in polls_with_parcels(Poll.objects.filter(pk__in=[poll.pk for poll in polls]))}
    for poll in polls:
        poll.parcel = fresh[poll.pk].parcel
        poll.news_at, poll.empty_answers = fresh[poll.pk].news_at, fresh[poll.pk].empty_answers


def _note_experiences(results: Sequence[Result], now: datetime) -> None:
    had: dict[UUID, list[Experience]] = defaultdict(list)
    accounts: dict[UUID, CarrierAccount] = {}
    for result in results:
        inquiry, reply = result.errand.task, result.answer
        if reply.verdict is None:
            continue
        accounts[inquiry.account.pk] = inquiry.account
        wish = wish_of(reply.retry_after, now) if reply.retry_after else None
        had[inquiry.account.pk].append(Experience(inquiry.asked_at, reply.verdict, reply.words, wish))
    for key, line in open_lines(accounts.values()).items():
        learn_from(line, had[key], now)


def _keep(inquiry: Inquiry, reply: Reply, polls: list[Poll], now: datetime) -> list[CarrierPayload]:
    """The payload of an answer, unless each of its parcels had the same answer the last time."""
    told_nothing = reply.verdict is Verdict.NOTHING
    digest = f"nothing {reply.status}" if told_nothing else hashlib.sha256(reply.body).hexdigest()
    is_new = any(poll.answer_digest != digest for poll in polls)
    for poll in polls:
        poll.answer_digest = digest
        poll.empty_answers = min(poll.empty_answers + 1, 1000)
    if not is_new:
        return []
    [number, *others] = [asked.tracking_number for asked in inquiry.asked]
    payload = CarrierPayload(
        carrier=inquiry.account.carrier,
        account=inquiry.account,
        body=reply.body,
        content_type=reply.content_type,
        received_at=now,
        asked_number="" if others else number,
    )
    if told_nothing:
        payload.outcome, payload.note = CarrierPayload.Outcome.NO_TRACKING, reply.words[:300]
        payload.tracking_numbers = sorted(asked.tracking_number for asked in inquiry.asked)
        payload.done_at = now
    return [payload]
