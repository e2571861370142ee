"""The one door for outgoing HTTP: time-outs, a size limit, no redirects, a log line for every call."""

import logging
import ssl
import time
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache

import httpx

logger = logging.getLogger(__name__)

TIMEOUT = httpx.Timeout(15.0, connect=5.0)
ANSWER_WITHIN = 30.0  # in all: a peer that drips would never run into the time-outs above
MAX_ANSWER_BYTES = 5 * 1024 * 1024


class PeerFailed(Exception):
    """The peer couldn't be reached, took too long, or answered with more than the limit."""


@dataclass(frozen=True, slots=True)
class Answer:
    status: int
    headers: Mapping[str, str]
    body: bytes


def call(
    method: str,
    url: str,
    *,
    headers: Mapping[str, str] | None = None,
    params: Mapping[str, str] | None = None,
    form: Mapping[str, object] | None = None,
    content: bytes | None = None,
    auth: tuple[str, str] | None = None,
    timeout: float | None = None,
) -> Answer:
    """Call a peer and return its answer, whatever its status.

    Raises:
        PeerFailed: no answer, one larger than `MAX_ANSWER_BYTES`, or one that took longer than `ANSWER_WITHIN`.
    """
    started = time.monotonic()
    ends = started + (timeout or ANSWER_WITHIN)
    peer = _host(url)
    outcome: int | str = "failed"
    try:
        with (
            httpx.Client(
                timeout=timeout or TIMEOUT, follow_redirects=False, trust_env=False, verify=_trusted()
            ) as client,
            client.stream(
                method, url, headers=headers, params=params, data=form, content=content, auth=auth
            ) as response,
        ):
            outcome = response.status_code
            return Answer(response.status_code, dict(response.headers), _read(response, peer, ends))
    except httpx.HTTPError as error:
        raise PeerFailed(f"{peer} did not answer: {type(error).__name__}") from error
    finally:
        logger.info("http out peer=%s method=%s outcome=%s ms=%d", peer, method, outcome, _ms_since(started))


def _host(url: str) -> str:
    try:
        return httpx.URL(url).host
    except httpx.InvalidURL as error:
        raise PeerFailed(f"This is no address to call: {error}") from error


def _read(response: httpx.Response, peer: str, ends: float) -> bytes:
    body = bytearray()
    for chunk in response.iter_bytes():
        body += chunk
        if len(body) > MAX_ANSWER_BYTES:
            raise PeerFailed(f"{peer} answered with more than {MAX_ANSWER_BYTES} bytes")
        if time.monotonic() > ends:
            raise PeerFailed(f"{peer} did not come to the end of its answer in time")
    return bytes(body)


@cache
def _trusted() -> ssl.SSLContext:
    """Whom to trust; read once, since reading the authorities' list takes longer than a call."""
    return httpx.create_ssl_context(trust_env=False)


def _ms_since(started: float) -> int:
    return round((time.monotonic() - started) * 1000)
