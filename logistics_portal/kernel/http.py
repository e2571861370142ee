"""The one door for outgoing HTTP: time-outs, a size limit, no redirects, a log line for every call.

`call` is for peers that the portal knows. `call_stranger` is for addresses that somebody else chose: it connects to
what was checked and to nothing else, and ends in time whatever the other side does.
"""

import logging
import os
import ssl
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from http.cookiejar import CookieJar, DefaultCookiePolicy
from typing import Any

import httpcore
import httpx

logger = logging.getLogger(__name__)

TIMEOUT = httpx.Timeout(15.0, connect=5.0)
ANSWER_WITHIN = 30.0  # in all: a peer that drips would never run into the time-outs above
KEPT_OPEN = 4.0  # seconds for which a connection waits for the next call; peers close theirs after five or more
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
        with _client(os.getpid()).stream(
            method,
            url,
            headers=headers,
            params=params,
            data=form,
            content=content,
            auth=auth,
            timeout=timeout or TIMEOUT,
        ) as response:
            outcome = response.status_code
            return Answer(response.status_code, dict(response.headers), _read(response, peer, ends))
    except httpx.HTTPError as error:
        raise PeerFailed(f"{peer} did not answer: {type(error).__name__}") from error
    finally:
        logger.info("http out peer=%s method=%s outcome=%s ms=%d", peer, method, outcome, _ms_since(started))


def call_stranger(
    method: str,
    url: str,
    *,
    addresses: Sequence[str],
    headers: Mapping[str, str],
    content: bytes,
    within: float,
    enough: int,
) -> Answer:
    """Call a URL that somebody else chose, and return the answer, whatever its status.

    Args:
        addresses: the IP addresses to connect to, which the caller has checked. The name in the URL is not resolved
            again; it is what the certificate must be for.
        within: seconds for everything, however slowly the answer drips.
        enough: bytes of the answer's body that are read; the rest is left.

    Raises:
        PeerFailed: no answer in time.
    """
    started = time.monotonic()
    parts = parts_of(url)
    target = httpcore.URL(scheme=parts.raw_scheme, host=parts.raw_host, port=parts.port, target=parts.raw_path)
    backend = _Fixed(addresses, ends=started + within)
    outcome: int | str = "failed"
    try:
        with (
            httpcore.ConnectionPool(ssl_context=_trusted(), network_backend=backend) as pool,
            pool.stream(
                method,
                target,
                headers=[("Host", parts.netloc), ("Accept-Encoding", "identity"), *headers.items()],
                content=content,
                extensions={"timeout": dict.fromkeys(("connect", "read", "write", "pool"), within)},
            ) as response,
        ):
            outcome = response.status
            told = {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in response.headers}
            return Answer(response.status, told, _read_enough(response.iter_stream(), enough))
    except _WIRE_ERRORS as error:
        raise PeerFailed(f"{parts.host} did not answer: {type(error).__name__}") from error
    finally:
        logger.info("http out peer=%s method=%s outcome=%s ms=%d", parts.host, method, outcome, _ms_since(started))


_WIRE_ERRORS = (
    httpcore.NetworkError,
    httpcore.TimeoutException,
    httpcore.ProtocolError,
    httpcore.UnsupportedProtocol,
    ssl.SSLError,
)


class _Fixed(httpcore.NetworkBackend):
    """Connects to given addresses only, in their order, and gives up at a given moment."""

    def __init__(self, addresses: Sequence[str], *, ends: float) -> None:
        self._addresses, self._ends = addresses, ends
        self._network = httpcore.SyncBackend()

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.NetworkStream:
        failure: Exception = httpcore.ConnectError("no address to connect to")
        for address in self._addresses:
            try:
                stream = self._network.connect_tcp(address, port, _left(self._ends), local_address, socket_options)
            except (httpcore.ConnectError, httpcore.ConnectTimeout) as error:
                failure = error
            else:
                return _Hurried(stream, self._ends)
        raise failure


class _Hurried(httpcore.NetworkStream):
    """A connection whose every step ends at a given moment: a time-out for each would never end who drips."""

    def __init__(self, stream: httpcore.NetworkStream, ends: float) -> None:
        self._stream, self._ends = stream, ends

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        return self._stream.read(max_bytes, _left(self._ends))

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self._stream.write(buffer, _left(self._ends))

    def close(self) -> None:
        self._stream.close()

    def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore.NetworkStream:
        return _Hurried(self._stream.start_tls(ssl_context, server_hostname, _left(self._ends)), self._ends)

    def get_extra_info(self, info: str) -> Any:
        return self._stream.get_extra_info(info)


def _left(ends: float) -> float:
    left = ends - time.monotonic()
    if left <= 0:
        raise httpcore.ReadTimeout("the time is over")
    return left


def _read_enough(chunks: Iterable[bytes], enough: int) -> bytes:
    body = bytearray()
    for chunk in chunks:
        body += chunk
        if len(body) >= enough:
            break
    return bytes(body[:enough])


def _host(url: str) -> str:
    return parts_of(url).host


def parts_of(url: str) -> httpx.URL:
    """A URL taken apart as the calls above do.

    Raises:
        PeerFailed: it is none.
    """
    try:
        return httpx.URL(url)
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


@lru_cache(maxsize=1)
def _client(process: int) -> httpx.Client:
    """One client a process, whose threads share its open connections: they must not be inherited.

    It keeps no cookies, so that one call can't change the next.
    """
    return httpx.Client(
        follow_redirects=False,
        trust_env=False,
        verify=_trusted(),
        limits=httpx.Limits(max_connections=None, max_keepalive_connections=64, keepalive_expiry=KEPT_OPEN),
        cookies=CookieJar(policy=DefaultCookiePolicy(allowed_domains=[])),
    )


@cache
def _trusted() -> ssl.SSLContext:
    """Whom to trust; read once, since reading the authorities' list takes longer than a call."""
    return httpx.create_ssl_context(trust_env=False)


def _ms_since(started: float) -> int:
    return round((time.monotonic() - started) * 1000)
