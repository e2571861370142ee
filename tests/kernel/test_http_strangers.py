"""Calls to addresses that strangers chose: the certificate is for the name, the connection to the checked address."""

import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from logistics_portal.kernel import http

NAME = "hooks.example.com"


def certificate(folder: Path, name: str) -> Path:
    """A key and a certificate for ``name``, signed by itself."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, name)])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    secret = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    path = folder / f"{name}.pem"
    path.write_bytes(secret + made.public_bytes(serialization.Encoding.PEM))
    return path


@contextmanager
def tls_server(pem: Path) -> Iterator[int]:
    """Answers one call with 204; yields its port."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(pem)
    listening = socket.create_server(("127.0.0.1", 0))

    def serve() -> None:
        try:
            connection, _ = listening.accept()
            with context.wrap_socket(connection, server_side=True) as secured:
                came = b""
                # Who hangs up on what is still to be read cuts the answer off, too.
                while not came.endswith(b"{}") and (part := secured.recv(65536)):
                    came += part
                secured.sendall(b"HTTP/1.1 204 No Content\r\n\r\n")
        except OSError:
            return  # the caller did not like the certificate, or nobody came

    thread = threading.Thread(target=serve)
    thread.start()
    try:
        yield listening.getsockname()[1]
    finally:
        listening.shutdown(socket.SHUT_RDWR)
        listening.close()
        thread.join(10)


def call(port: int) -> http.Answer:
    return http.call_stranger(
        "POST",
        f"https://{NAME}:{port}/hook",
        addresses=["127.0.0.1"],
        headers={},
        content=b"{}",
        within=5,
        enough=100,
    )


@pytest.mark.parametrize(
    ("name", "is_trusted", "is_good"), [(NAME, True, True), (NAME, False, False), ("evil.example.com", True, False)]
)
def test_the_certificate_must_be_for_the_name_and_trusted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, is_trusted: bool, is_good: bool
) -> None:
    pem = certificate(tmp_path, name)
    trusted = ssl.create_default_context(cafile=str(pem)) if is_trusted else ssl.create_default_context()
    monkeypatch.setattr(http.httpx, "create_ssl_context", lambda **_: trusted)  # whom this machine trusts
    http._trusted.cache_clear()
    try:
        with tls_server(pem) as port:
            if is_good:
                assert call(port).status == 204
            else:
                with pytest.raises(http.PeerFailed, match="ConnectError"):
                    call(port)
    finally:
        http._trusted.cache_clear()
