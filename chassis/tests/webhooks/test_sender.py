"""Posting to real servers."""

import json
import socket
import ssl
import threading
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from ipaddress import ip_address

import pytest
from chassis.webhooks import Outcome, Problem, Sender, new_secret, shown
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from standardwebhooks import Webhook, WebhookVerificationError

BODY = json.dumps({"type": "spendPlans.returned", "data": {"text": "已退回"}}).encode()
MESSAGE = "0197a1b2-0000-7000-8000-000000000001"


@contextmanager
def serving(status=200, headers=(), context=None):
    """A receiver, as (port, what it was sent)."""
    received = []

    class Receiver(BaseHTTPRequestHandler):
        def do_POST(self):
            body = self.rfile.read(int(self.headers["content-length"]))
            received.append((self.path, dict(self.headers), body))
            self.send_response(status)
            for header in headers:
                self.send_header(*header)
            self.end_headers()

        def log_message(self, *_):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Receiver)
    if context:
        server.socket = context.wrap_socket(server.socket, server_side=True)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    try:
        yield server.server_port, received
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def post(url, secrets=(b"s" * 32,), **sender):
    return Sender(local=True, **sender).post(url, list(secrets), MESSAGE, BODY)


def test_a_receiver_verifies_what_it_is_sent_with_the_reference_implementation():
    secret, other = new_secret(), new_secret()
    with serving() as (port, received):
        assert post(f"http://127.0.0.1:{port}/hook?a=1", [secret]) == Outcome(200)
    [(path, headers, body)] = received
    assert path == "/hook?a=1"
    assert Webhook(shown(secret)).verify(body, headers) == json.loads(BODY)
    assert headers["webhook-id"] == MESSAGE
    with pytest.raises(WebhookVerificationError):
        Webhook(shown(other)).verify(body, headers)
    with pytest.raises(WebhookVerificationError):
        Webhook(shown(secret)).verify(body + b" ", headers)


def test_both_secrets_verify_while_one_takes_over_from_the_other():
    old, new = new_secret(), new_secret()
    with serving() as (port, received):
        post(f"http://127.0.0.1:{port}/", [new, old])
    [(_, headers, body)] = received
    for secret in (old, new):
        Webhook(shown(secret)).verify(body, headers)


@pytest.mark.parametrize("status", [201, 204, 299])
def test_every_success_is_one(status):
    with serving(status) as (port, _):
        assert post(f"http://127.0.0.1:{port}/") == Outcome(status)


@pytest.mark.parametrize("status", [301, 302, 307, 308, 400, 410, 500])
def test_redirects_are_not_followed_and_refusals_are_told(status):
    with (
        serving() as (other, led_astray),
        serving(status, [("Location", f"http://127.0.0.1:{other}/")]) as (
            port,
            received,
        ),
    ):
        assert post(f"http://127.0.0.1:{port}/") == Outcome(status, Problem.REFUSED)
    assert (len(received), led_astray) == (1, [])


def test_outside_local_mode_this_machine_is_never_asked():
    with serving() as (port, received):
        for url in (f"http://127.0.0.1:{port}/", f"https://127.0.0.1:{port}/", f"https://localhost:{port}/"):
            assert Sender(local=False).post(url, [], MESSAGE, BODY).problem is Problem.ADDRESS_REFUSED
    assert received == []


def test_a_name_is_resolved_once_for_each_attempt_and_connected_to_as_answered(monkeypatch):
    asked = []
    with serving() as (port, received):
        answers = [[(2, 1, 6, "", ("127.0.0.1", port))], [(2, 1, 6, "", ("10.0.0.1", port))]]

        def answer(host, *_, **__):
            asked.append(host)
            return answers.pop(0)

        monkeypatch.setattr("chassis.webhooks.addresses.socket.getaddrinfo", answer)
        monkeypatch.setattr("chassis.webhooks.sender.socket.create_connection", connect)
        url = f"https://changing.example:{port}/"
        # the first answer is let in: what it meets is no TLS
        assert post(url).problem is Problem.NO_ANSWER
        assert post(url).problem is Problem.ADDRESS_REFUSED
    assert asked == ["changing.example"] * 2
    assert received == []


def connect(address, timeout):
    made = socket.socket()
    made.settimeout(timeout)
    made.connect(address)
    return made


def test_nobody_there_and_nobody_known_are_told_apart():
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        assert post(f"http://127.0.0.1:{taken.getsockname()[1]}/").problem is Problem.NO_ANSWER
    assert post("https://nothing.invalid/").problem is Problem.NOT_RESOLVED


@contextmanager
def speaking(speak):
    """A server that says what it likes, byte by byte if it likes."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        over = threading.Event()

        def serve():
            connection, _ = listening.accept()
            with connection:
                speak(connection, over)

        thread = threading.Thread(target=serve)
        thread.start()
        try:
            yield listening.getsockname()[1]
        finally:
            over.set()
            thread.join()


def dribble(connection, over):
    try:
        while not over.wait(0.02):
            connection.sendall(b"H")
    except OSError:
        pass


@pytest.mark.parametrize("scheme", ["http", "https"])
def test_a_receiver_that_answers_byte_by_byte_is_given_up(scheme):
    with speaking(lambda connection, over: over.wait()) as port:
        assert post(f"{scheme}://127.0.0.1:{port}/", seconds=0.2).problem is Problem.NO_ANSWER
    with speaking(dribble) as port:
        assert post(f"{scheme}://127.0.0.1:{port}/", seconds=0.3).problem is Problem.NO_ANSWER


def flood(connection, over):
    try:
        connection.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
        while not over.is_set():
            connection.sendall(b"x" * 65536)
    except OSError:
        pass


def test_a_long_answer_is_not_read():
    with speaking(flood) as port:
        assert post(f"http://127.0.0.1:{port}/") == Outcome(200)


def test_what_is_no_http_is_no_answer():
    with speaking(lambda connection, over: connection.sendall(b"SSH-2.0-x\r\n")) as port:
        assert post(f"http://127.0.0.1:{port}/").problem is Problem.NO_ANSWER


def certificate(folder, name):
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "receiver")])
    at = datetime.now(UTC)
    made = (
        x509.CertificateBuilder(subject, subject, key.public_key(), 1, at - timedelta(1), at + timedelta(1))
        .add_extension(x509.SubjectAlternativeName([name]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    encoding = serialization.Encoding.PEM
    (folder / "receiver.crt").write_bytes(made.public_bytes(encoding))
    (folder / "receiver.key").write_bytes(
        key.private_bytes(encoding, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(folder / "receiver.crt", folder / "receiver.key")
    return folder / "receiver.crt", context


def test_certificates_are_verified_for_the_name_of_the_host(tmp_path, monkeypatch):
    trusted, context = certificate(tmp_path, x509.IPAddress(ip_address("127.0.0.1")))
    with serving(context=context) as (port, received):
        assert post(f"https://127.0.0.1:{port}/").problem is Problem.BAD_CERTIFICATE
        monkeypatch.setenv("SSL_CERT_FILE", str(trusted))
        assert post(f"https://127.0.0.1:{port}/") == Outcome(200)
        assert post(f"https://localhost:{port}/").problem is Problem.BAD_CERTIFICATE
    assert len(received) == 1
