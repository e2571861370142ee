"""Somebody with a browser, a program with a key, a carrier: the doors of a running portal as used from outside."""

import html
import re
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import quote

import httpx

from logistics_portal.imports.signing import sign

TIMEOUT_SECONDS = 20.0
PATIENCE_SECONDS = 45.0  # workers answer bells, so what they do is there a moment later
POLL_SECONDS = 0.25
# Nobody closes a browser here: a connection that was kept would hold a thread of the server.
LIMITS = httpx.Limits(max_keepalive_connections=0)
_TOKEN = re.compile(r'name="csrfmiddlewaretoken" value="([^"]+)"')
_STREAM = re.compile(r'data-live="([^"]+)" data-at="(\d+)"')
_BUBBLE = re.compile(r'<p class="inbox-bubble">(.*?)</p>', re.DOTALL)


def await_that[T](found: Callable[[], T], what: str) -> T:
    """Ask until the answer is true, and return it; complain of ``what`` when it takes too long."""
    ends = time.monotonic() + PATIENCE_SECONDS
    while not (answer := found()):
        assert time.monotonic() < ends, f"{what}: not within {PATIENCE_SECONDS:.0f} s"
        time.sleep(POLL_SECONDS)
    return answer


class Visitor:
    """A browser with its cookies. Forms are sent with the token of the page that they stand on."""

    def __init__(self, base_url: str) -> None:
        self.http = httpx.Client(
            base_url=base_url,
            follow_redirects=True,
            timeout=TIMEOUT_SECONDS,
            headers={"accept-language": "en"},
            limits=LIMITS,
            trust_env=False,
        )
        self.last_heard = ""  # the last id that a stream of changes told

    def see(self, path: str, *, status: int = 200) -> str:
        """The page at ``path``."""
        answer = self.http.get(path)
        assert answer.status_code == status, f"{path} answered {answer.status_code}, not {status}"
        return answer.text

    def send(self, path: str, form: dict[str, str], *, on: str = "", status: int = 200) -> str:
        """Fill in the form of the page ``on`` (or at ``path``) and send it; the page that it leads to."""
        token = _TOKEN.search(self.see(on or path))
        assert token, f"{on or path} has no form"
        answer = self.http.post(path, data={"csrfmiddlewaretoken": token[1], **form})
        assert answer.status_code == status, f"{path} answered {answer.status_code} to a form, not {status}"
        return answer.text

    @contextmanager
    def watching(self, path: str, *, after: str = "") -> Iterator[Callable[[], None]]:
        """Keep the page at ``path`` open; what is given waits until the page is told that something has changed.

        ``after`` is the id that a stream which broke off told last.
        """
        named = _STREAM.search(self.see(path))
        assert named, f"{path} names no stream of changes"
        at = int(named[2]) + 3000  # what came just before the page was read is no news
        known = {"last-event-id": after} if after else {}
        with self.http.stream("GET", html.unescape(named[1]), params={"at": at}, headers=known) as stream:
            assert stream.status_code == 200, f"the stream of {path} answered {stream.status_code}"
            lines = stream.iter_lines()

            def hear() -> None:
                told = self._read_until_changed(lines)
                assert told, f"the stream of {path} ended without a word"

            yield hear

    def _read_until_changed(self, lines: Iterator[str]) -> bool:
        """Read a stream up to the end of its next change, and keep its id."""
        is_change = False
        for line in lines:
            name, _, value = line.partition(": ")
            if name == "id":
                self.last_heard = value
            is_change = is_change or line == "event: changed"
            if is_change and not line:
                return True
        return False

    def log_in(self, login: dict[str, str]) -> None:
        """Log in as staff."""
        path = "/admin/login/?next=/orders/sign-in/"
        self.send(path, {"username": login["username"], "password": login["password"]})
        assert "sessionid" in self.http.cookies, f"{login['username']} could not log in"


class Merchant:
    """A merchant's program that calls the API."""

    def __init__(self, base_url: str, key: str) -> None:
        self.http = httpx.Client(
            base_url=f"{base_url}/api/v1",
            timeout=TIMEOUT_SECONDS,
            headers={"authorization": f"Bearer {key}"},
            limits=LIMITS,
            trust_env=False,
        )

    def get(self, path: str, *, status: int = 200) -> Any:
        answer = self.http.get(path)
        assert answer.status_code == status, f"GET {path} answered {answer.status_code}, not {status}"
        return answer.json()

    def post(self, path: str, body: dict[str, Any], *, status: int = 201, key: str = "") -> Any:
        answer = self.http.post(path, json=body, headers={"idempotency-key": key} if key else {})
        assert answer.status_code == status, f"POST {path} answered {answer.status_code}, not {status}: {answer.text}"
        return answer.json()

    def rows(self, path: str) -> list[dict[str, Any]]:
        """The first page of a list."""
        found: list[dict[str, Any]] = self.get(path)["results"]
        return found


class Phone:
    """The demo's phone: what was sent to a number."""

    def __init__(self, base_url: str, number: str) -> None:
        self.visitor = Visitor(base_url)
        self.number = number

    def texts(self) -> list[str]:
        """Newest first."""
        page = self.visitor.see(f"/demo/phone/?number={quote(self.number)}")
        return [html.unescape(re.sub(r"<[^>]+>", "", text)) for text in _BUBBLE.findall(page)]

    def await_text(self, pattern: str) -> re.Match[str]:
        """The newest SMS that has ``pattern`` in it, once there is one."""

        def look() -> re.Match[str] | None:
            return next((found for text in self.texts() if (found := re.search(pattern, text))), None)

        found = await_that(look, f"an SMS to {self.number} with “{pattern}”")
        assert found
        return found


def push(base_url: str, code: str, body: bytes, secret: str) -> int:
    """Send a carrier's payload; the status of the answer."""
    sent, headers = sign(code, body, secret)
    with httpx.Client(timeout=TIMEOUT_SECONDS, trust_env=False) as client:
        return client.post(f"{base_url}/webhooks/carriers/{code}", content=sent, headers=headers).status_code
