"""The one door out: a peer that is slow, huge, lying or gone is an error of a known kind and takes bounded time."""

import http.server
import threading
import time
from collections.abc import Iterator

import pytest

from logistics_portal.kernel import http as door
from logistics_portal.kernel.http import PeerFailed, call


class Peer(http.server.BaseHTTPRequestHandler):
    """Answers by path as peers at their worst do."""

    seen: list[tuple[str, str, bytes]] = []

    def do_GET(self) -> None:
        length = int(self.headers.get("Content-Length") or 0)
        self.seen.append((self.command, self.path, self.rfile.read(length)))
        getattr(self, f"answer_{self.path.strip('/').split('?')[0]}")()

    do_POST = do_GET

    def answer_plain(self) -> None:
        self._head(201)
        self.wfile.write(b"fine")

    def answer_error(self) -> None:
        self._head(503)
        self.wfile.write(b"busy")

    def answer_elsewhere(self) -> None:
        self.send_response(302)
        self.send_header("Location", "/plain")
        self.end_headers()

    def answer_huge(self) -> None:
        self._head(200)
        for _ in range(200):
            self.wfile.write(b"x" * 65536)

    def answer_late(self) -> None:
        time.sleep(3)

    def answer_drip(self) -> None:
        self._head(200)
        for _ in range(60):
            self.wfile.write(b".")
            time.sleep(0.1)

    def answer_cut(self) -> None:
        self.send_response(200)
        self.send_header("Content-Length", "100")
        self.end_headers()
        self.wfile.write(b"half")

    def _head(self, status: int) -> None:
        self.send_response(status)
        self.send_header("X-Peer", "test")
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Stay silent."""


@pytest.fixture(scope="module")
def peer() -> Iterator[str]:
    class Server(http.server.ThreadingHTTPServer):
        def handle_error(self, *_: object) -> None:
            """A caller that hung up is what the tests are about."""

    server = Server(("127.0.0.1", 0), Peer)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


def test_an_answer_is_given_as_it_came(peer: str) -> None:
    answer = call("POST", f"{peer}/plain", form={"to": "+49"}, headers={"X-Own": "1"})
    assert (answer.status, answer.body, answer.headers["x-peer"]) == (201, b"fine", "test")
    assert Peer.seen[-1] == ("POST", "/plain", b"to=%2B49")


def test_an_error_status_is_an_answer(peer: str) -> None:
    assert call("GET", f"{peer}/error").status == 503


def test_a_redirect_is_not_followed(peer: str) -> None:
    answer = call("GET", f"{peer}/elsewhere")
    assert (answer.status, answer.headers["location"]) == (302, "/plain")


def test_an_answer_beyond_the_limit_is_cut_off(peer: str) -> None:
    with pytest.raises(PeerFailed, match=str(door.MAX_ANSWER_BYTES)):
        call("GET", f"{peer}/huge")


@pytest.mark.parametrize("path", ["late", "drip"])
def test_a_slow_peer_takes_bounded_time(peer: str, path: str) -> None:
    started = time.monotonic()
    with pytest.raises(PeerFailed):
        call("GET", f"{peer}/{path}", timeout=0.5)
    assert time.monotonic() - started < 2


def test_half_an_answer_is_none(peer: str) -> None:
    with pytest.raises(PeerFailed):
        call("GET", f"{peer}/cut")


@pytest.mark.parametrize("url", ["http://127.0.0.1:1/", "http://[::1", "gopher://127.0.0.1/", "no-address", ""])
def test_nobody_there_is_a_peer_that_failed(url: str) -> None:
    with pytest.raises(PeerFailed):
        call("GET", url)
