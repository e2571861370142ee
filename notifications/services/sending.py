"""Messages are gathered for their channels by the batch, sent beside each other, and what came of it is recorded.

The three parts of `kernel.calls`. A try that may have reached the provider before, since its worker died or the answer
was lost, first asks the provider what it took; a message that goes out twice all the same carries one key both times.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.utils import timezone

from logistics_portal.kernel.bulk import any_of, update_rows
from logistics_portal.kernel.calls import Errand, Gathered, Result
from logistics_portal.kernel.state import transition_many

from .. import words
from ..channels.base import Channel, Config, DeadAddress, OptedOut, Outgoing, Sent, StaleToken, Undeliverable
from ..facts import Facts
from ..models import MESSAGE_TRANSITIONS, Message
from ..own_words import Own
from ..stop_links import ways_to_stop
from .again import resend
from .demo import show_here
from .fallbacks import fall_back
from .preferences import mark_address_dead, stop_address
from .reach import BOOKS, CHANNELS, config_of, is_shown_here
from .sifting import sift
from .usage import count_usage
from .wordings import own_words_for

# Threads of a worker, so many calls to providers are under way; more would keep two workers from two cores.
AT_ONCE = 12
BATCH = 6 * AT_ONCE  # whole rounds; few, since an urgent message waits for a batch at hand to end
RECEIPT_WORD_MAX = 20
TRIES_BEFORE_NEXT_CHANNEL = 4  # some four minutes
CLOCKS_APART = timedelta(minutes=5)  # the providers' and ours
GONE_ON = "It goes on over another channel."

Status = Message.Status


@dataclass(frozen=True, slots=True)
class Try:
    """One try to send a message, with all that it needs.

    ``taken`` are the provider's names of other messages to the same address, which this one must not be taken for.
    """

    channel: Channel
    outgoing: Outgoing
    config: Config
    since: datetime
    may_have_gone: bool
    taken: frozenset[str] = frozenset()


def gather_messages(messages: Sequence[Message]) -> Gathered:
    """The tries of messages that are due; what is overtaken is withdrawn, what must wait gets another ``due_at``."""
    now = timezone.now()
    verdicts: dict[UUID, Exception | str] = {
        message.pk: _settle(message) for message in messages if message.status != Status.QUEUED
    }
    queued = [message for message in messages if message.status == Status.QUEUED]
    verdicts |= _give_way(queued)
    sifted = sift([message for message in queued if message.pk not in verdicts], now=now)
    verdicts |= sifted.verdicts
    ready = [message for message in queued if message.pk in sifted.facts]
    tries = _tries(ready, sifted.facts)
    update_rows(Message, ready, ("subject", "body", "parts", "also_about"))
    shown = [message for message in ready if is_shown_here(tries[message.pk].channel, tries[message.pk].config)]
    for message in shown:
        show_here(message, tries[message.pk].outgoing)
    count_usage(shown)
    left = {message.pk for message in shown}
    leaving = [row for row in ready if row.pk not in left]
    leaving.sort(key=lambda row: not row.is_urgent)  # their calls begin in this order
    return Gathered([Errand((row,), tries[row.pk]) for row in leaving], verdicts)


def _settle(message: Message) -> str:
    if message.status == Status.FAILED and message.attempts == 1:
        resend(message=message)  # its attempts begin anew, so a person asked for another try
        return "Sent anew, as another message."
    return ""  # a callback settled it, after a worker died between the provider's answer and our note of it


def _give_way(messages: Sequence[Message]) -> dict[UUID, str]:
    """A channel that took nothing at several tries gives way to the next, where there is one."""
    tired = [row for row in messages if row.attempts > TRIES_BEFORE_NEXT_CHANNEL and row.fallbacks and row.last_error]
    _fail(tired, code="no_answer")
    return dict.fromkeys(fall_back(tired), GONE_ON)


def _tries(messages: Sequence[Message], facts: Mapping[UUID, Facts]) -> dict[UUID, Try]:
    configs = {code: config_of(CHANNELS[code]) for code in {message.channel for message in messages}}
    targets: dict[UUID, Mapping[str, str]] = {}
    for code in configs:
        if code in BOOKS:
            targets |= BOOKS[code].targets([message for message in messages if message.channel == code])
    taken, own = _taken(messages), own_words_for(messages)
    return {
        message.pk: Try(
            channel=CHANNELS[message.channel],
            outgoing=_outgoing(message, facts[message.pk], targets.get(message.pk, {}), own.get(message.pk)),
            config=configs[message.channel],
            since=message.queued_at,
            may_have_gone=_was_tried(message),
            taken=taken.get((message.channel, message.address), frozenset()),
        )
        for message in messages
    }


def _was_tried(message: Message) -> bool:
    return message.attempts > 1 or bool(message.last_error)


def _taken(messages: Sequence[Message]) -> dict[tuple[str, str], frozenset[str]]:
    """The providers' names of what went to the addresses of messages that were tried before."""
    tried = [row for row in messages if _was_tried(row) and CHANNELS[row.channel].can_find]
    if not tried:
        return {}
    gone = Message.objects.filter(
        address__in={row.address for row in tried}, sent_at__gte=min(row.queued_at for row in tried) - CLOCKS_APART
    ).exclude(provider_id="")
    found: dict[tuple[str, str], set[str]] = defaultdict(set)
    for channel, address, name in gone.values_list("channel", "address", "provider_id"):
        found[(channel, address)].add(name)
    return {pair: frozenset(names) for pair, names in found.items()}


def _outgoing(message: Message, facts: Facts, target: Mapping[str, str], own: Own | None) -> Outgoing:
    """The message in words; what is kept of them goes into the row."""
    channel = CHANNELS[message.channel]
    facts |= ways_to_stop(message, channel)
    said, kept = words.render_both(message.kind, channel, message.language, facts, own)
    message.subject, message.body = kept.subject[:200], kept.text
    message.parts = channel.parts(said.text)
    sender = getattr(message.merchant, "sms_sender", None)
    return Outgoing(
        address=message.address,
        text=said.text,
        html=said.html,
        subject=said.subject,
        sender=str(facts["merchant"]),
        sent_as=sender.sends_as if sender else "",
        reply_to=str(facts.get("reply_to", "")),
        unsubscribe=str(facts.get("unsubscribe", "")),
        idempotency_key=str(message.pk),
        kind=message.kind,
        language=message.language,
        is_urgent=message.is_urgent,
        about=str(message.subject_id),
        link=str(facts.get("link", "")),
        target=target,
        facts={name: str(value) for name, value in facts.items() if isinstance(value, str)},
    )


def send_one(task: Try) -> Sent | Undeliverable | StaleToken:
    """Hand one message to its provider; knows no database.

    Raises:
        Exception: it is to be tried again. What never will go out is returned.
    """
    try:
        return _taken_before(task) or task.channel.send(task.outgoing, task.config)
    except (Undeliverable, StaleToken) as refusal:
        return refusal


def _taken_before(task: Try) -> Sent | None:
    """What an earlier try handed over without our knowing."""
    if not (task.may_have_gone and task.channel.can_find):
        return None
    found = task.channel.find(task.outgoing, task.config, since=task.since)
    return next((sent for sent in found if sent.provider_id not in task.taken), None)


def record_messages(results: Sequence[Result]) -> dict[UUID, Exception | str]:
    """Move messages on, unless a callback was faster: then they are where they must be, or further."""
    rows: dict[UUID, Message] = {row.pk: row for result in results for row in result.errand.rows}  # type: ignore[misc]
    answers = {row.pk: result.answer for result in results for row in result.errand.rows}
    sent = [row for row in rows.values() if isinstance(answers[row.pk], Sent)]
    for row in _move(sent, Status.SENT, sent_at=timezone.now()):
        rows[row.pk].provider_id = answers[row.pk].provider_id[:80]
    update_rows(Message, [row for row in sent if row.provider_id], ("provider_id",))
    count_usage(sent)
    refused = {row.pk: answers[row.pk] for row in rows.values() if isinstance(answers[row.pk], Undeliverable)}
    return _note_refusals([rows[key] for key in refused], refused) | _renew_access(results)


def _renew_access(results: Sequence[Result]) -> dict[UUID, Exception]:
    """Have tokens made anew that providers no longer take; their messages are tried again."""
    stale = [result for result in results if isinstance(result.answer, StaleToken)]
    for result in stale:
        task: Try = result.errand.task
        BOOKS[task.channel.code].renew_access(task.outgoing.target)
    return {row.pk: result.answer for result in stale for row in result.errand.rows}


def _note_refusals(messages: Sequence[Message], refusals: Mapping[UUID, Undeliverable]) -> dict[UUID, Exception | str]:
    by_code: dict[str, list[Message]] = defaultdict(list)
    for message in messages:
        by_code[refusals[message.pk].code].append(message)
        _note_address(message, refusals[message.pk])
    failed = [row for code, some in by_code.items() for row in _fail(some, code=code)]
    gone_on = fall_back(failed)
    verdicts: dict[UUID, Exception | str] = {row.pk: refusals[row.pk] for row in failed if row.pk not in gone_on}
    return verdicts | {key: f"{refusals[key]}. {GONE_ON}" for key in gone_on}


def _note_address(message: Message, refusal: Undeliverable) -> None:
    if isinstance(refusal, OptedOut):
        stop_address(channel=message.channel, address=message.address, why=str(refusal))
    elif isinstance(refusal, DeadAddress):
        mark_address_dead(channel=message.channel, address=message.address, why=str(refusal))


def _fail(messages: Sequence[Message], *, code: str) -> list[Message]:
    moved = _move(messages, Status.FAILED, failed_at=timezone.now(), error_code=code[:RECEIPT_WORD_MAX])
    return [message for message in messages if message.pk in {row.pk for row in moved}]


def _move(messages: Iterable[Message], to: Status, **changes: object) -> list[Message]:
    """Those of ``messages`` that are still queued, moved to ``to``."""
    keys = [message.pk for message in messages]
    if not keys:
        return []
    rows = Message.objects.filter(any_of("pk", keys))
    return transition_many(rows, Status.QUEUED, to, allowed=MESSAGE_TRANSITIONS, **changes)
