"""Tokens that carriers lend for credentials: kept in this process until shortly before they end, in no table."""

import time
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from threading import Lock
from uuid import UUID

from logistics_portal.kernel import http

from ..carriers.base import CarrierAdapter, Token, Unreadable, Verdict
from .accounts import require_safe_address

MARGIN_S = 60  # a token is not used in its last minute


class TokenRefused(Exception):
    """The carrier lent no token; ``verdict`` says what kind of refusal it is."""

    def __init__(self, message: str, verdict: Verdict, retry_after: str = "") -> None:
        super().__init__(message)
        self.verdict = verdict
        self.retry_after = retry_after


@dataclass(frozen=True, slots=True)
class _Held:
    token: Token
    ends: float
    credentials: tuple[tuple[str, str], ...]


@dataclass(slots=True)
class TokenStore:
    """The tokens of this process, for all its threads: of those that need the same one, the first fetches it."""

    held: dict[UUID, _Held] = field(default_factory=dict)
    locks: dict[UUID, Lock] = field(default_factory=lambda: defaultdict(Lock))

    def token(self, account_id: UUID, adapter: CarrierAdapter, credentials: Mapping[str, str]) -> str:
        """The token for an account's questions, "" for a carrier that wants none.

        Raises:
            PeerFailed: the carrier could not be reached.
            TokenRefused: it lent none.
        """
        if adapter.token_question(credentials) is None:
            return ""
        mine = tuple(sorted(credentials.items()))
        with self.locks[account_id]:
            held = self.held.get(account_id)
            if held is None or held.ends <= time.monotonic() or held.credentials != mine:
                token = _fetch(adapter, credentials)
                held = _Held(token, time.monotonic() + max(0, token.lasts_s - MARGIN_S), mine)
                self.held[account_id] = held
            return held.token.value

    def forget(self, account_id: UUID, value: str) -> None:
        """Forget a token that its carrier no longer takes, unless another was fetched since."""
        with self.locks[account_id]:
            held = self.held.get(account_id)
            if held and held.token.value == value:
                del self.held[account_id]


def _fetch(adapter: CarrierAdapter, credentials: Mapping[str, str]) -> Token:
    question = adapter.token_question(credentials)
    assert question
    require_safe_address(question.url)
    answer = http.call(
        question.method,
        question.url,
        headers=question.headers,
        params=question.params or None,
        content=question.content or None,
    )
    if answer.status >= 500:
        raise http.PeerFailed(f"{adapter.label} lends no tokens ({answer.status})")
    if answer.status == 429:
        words = f"{adapter.label} was asked for tokens too often (429)."
        raise TokenRefused(words, Verdict.TOO_OFTEN, answer.headers.get("retry-after", ""))
    if answer.status >= 300:
        raise TokenRefused(f"{adapter.label} lends no token for the credentials ({answer.status}).", Verdict.REFUSED)
    try:
        return adapter.read_token(answer.body)
    except Unreadable as error:
        raise TokenRefused(f"{adapter.label} lends no token: {error}", Verdict.REFUSED) from error


TOKENS = TokenStore()
