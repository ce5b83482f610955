"""Mail to a real SMTP server."""

import ssl
import threading
from datetime import UTC, datetime, timedelta
from email import message_from_bytes
from email.policy import default
from ipaddress import ip_address

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult
from chassis.jobs import JobRunner
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from gateway.identity.mail import Mail, enqueue
from gateway.identity.mail.jobs import PAUSES, SendMail
from gateway.identity.mail.smtp import Encryption, MailRefused, SmtpServer
from prometheus_client import CollectorRegistry
from pydantic import ValidationError
from sqlalchemy import text

SENDER = "journeyman@example.com"


class Inbox:
    """What a server was told, and what it answers."""

    def __init__(self):
        self.answers = []
        self.mails = []
        self.encrypted = []

    async def handle_RCPT(self, server, session, envelope, address, options):
        if self.answers:
            return self.answers.pop(0)
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server, session, envelope):
        self.mails.append(message_from_bytes(envelope.content, policy=default))
        self.encrypted.append(session.ssl is not None)
        return "250 OK"


class Server(Controller):
    def __init__(self, handler, **arguments):
        self._arguments = arguments
        super().__init__(handler, hostname="127.0.0.1", port=0)

    def factory(self):
        return SMTP(self.handler, **self._arguments)

    def _trigger_server(self):
        self.port = self.server.sockets[0].getsockname()[1]
        super()._trigger_server()


@pytest.fixture
def inbox():
    return Inbox()


@pytest.fixture
def serve(inbox):
    started = []

    def start(**arguments):
        server = Server(inbox, **arguments)
        server.start()
        started.append(server)
        return server.port

    yield start
    for server in started:
        server.stop()


def certificate(folder):
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "mail")])
    at = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(at - timedelta(hours=1))
        .not_valid_after(at + timedelta(hours=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    (folder / "mail.crt").write_bytes(made.public_bytes(serialization.Encoding.PEM))
    (folder / "mail.key").write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(folder / "mail.crt", folder / "mail.key")
    return folder / "mail.crt", context


def sender(server):
    return SendMail(server, SENDER, CollectorRegistry())


def counted(job):
    samples = [sample for family in job._mails.collect() for sample in family.samples]
    return {s.labels["outcome"]: s.value for s in samples if s.name.endswith("_total")}


def test_mail_is_owed_with_its_transaction_and_sent_once(database, redis_client, inbox, serve):
    job = sender(SmtpServer.parse(f"smtp://127.0.0.1:{serve()}"))
    with pytest.raises(ZeroDivisionError), database.begin() as connection:
        enqueue(connection, Mail("lost@example.com", "never", "never"))
        _ = 1 / 0
    with database.begin() as connection:
        enqueue(connection, Mail("chen@example.com", "计划\n已退回", "请修改。", key="notice-1"))
    runner = JobRunner("identity", database, redis_client, {SendMail.kind: job})
    runner._enqueue_due()
    for intent_id in intents(database):
        runner.perform(intent_id)
    assert intents(database) == []
    [mail] = inbox.mails
    assert (mail["To"], mail["From"], mail["Subject"]) == ("chen@example.com", SENDER, "计划 已退回")
    assert mail["Message-ID"] == "<notice-1@example.com>"
    assert mail.get_content().strip() == "请修改。"
    assert counted(job) == {"sent": 1}


def intents(database):
    with database.reading() as connection:
        return [str(row[0]) for row in connection.execute(text("SELECT id FROM job_intents"))]


def test_a_server_that_is_away_is_asked_again_for_about_a_day(database, redis_client, inbox, serve):
    job = sender(SmtpServer.parse(f"smtp://127.0.0.1:{serve()}"))
    inbox.answers = ["451 come again"]
    with database.begin() as connection:
        enqueue(connection, Mail("chen@example.com", "subject", "text"))
    runner = JobRunner("identity", database, redis_client, {SendMail.kind: job})
    [intent_id] = intents(database)
    runner.perform(intent_id)
    with database.reading() as connection:
        pause = "SELECT extract(epoch FROM run_after - clock_timestamp()) FROM job_intents"
        assert PAUSES[0] - 5 < connection.execute(text(pause)).scalar_one() <= PAUSES[0]
    runner.perform(intent_id)
    assert intents(database) == []
    assert counted(job) == {"put_off": 1, "sent": 1}
    assert timedelta(hours=20) < timedelta(seconds=sum(PAUSES)) < timedelta(days=2)


def test_an_address_that_the_server_refuses_is_not_tried_again(inbox, serve):
    job = sender(SmtpServer.parse(f"smtp://127.0.0.1:{serve()}"))
    inbox.answers = ["550 no such person"]
    job.run(Mail("nobody@example.com", "subject", "text").payload(), lambda: None)
    job.run(Mail("two\nlines@example.com", "subject", "text").payload(), lambda: None)
    assert counted(job) == {"refused": 2}


def test_a_mail_whose_link_is_no_longer_good_is_not_sent(inbox, serve):
    job = sender(SmtpServer.parse(f"smtp://127.0.0.1:{serve()}"))
    past = datetime.now(UTC) - timedelta(seconds=1)
    job.run(Mail("chen@example.com", "reset", "link", until=past).payload(), lambda: None)
    assert inbox.mails == []
    assert counted(job) == {"too_late": 1}


def test_without_a_server_mail_is_off_and_counted():
    job = sender(None)
    job.run(Mail("chen@example.com", "subject", "text").payload(), lambda: None)
    assert counted(job) == {"off": 1}


def test_a_password_goes_only_through_tls_that_is_verified(tmp_path, monkeypatch, inbox, serve):
    path, context = certificate(tmp_path)

    def authenticate(server, session, envelope, mechanism, data):
        return AuthResult(success=(data.login, data.password) == (b"journeyman", b"p@ss"))

    port = serve(tls_context=context, require_starttls=True, authenticator=authenticate, auth_required=True)
    server = SmtpServer("127.0.0.1", port, Encryption.STARTTLS, "journeyman", "p@ss")
    message = Mail("chen@example.com", "subject", "text").message(SENDER, datetime.now(UTC))
    with pytest.raises(ssl.SSLCertVerificationError):
        server.send(message, lambda: None)
    monkeypatch.setenv("SSL_CERT_FILE", str(path))
    beats = threading.Semaphore(0)
    server.send(message, beats.release)
    assert inbox.encrypted == [True]
    assert beats.acquire(blocking=False)


def test_a_server_without_tls_is_told_nothing(inbox, serve):
    server = SmtpServer("127.0.0.1", serve(), Encryption.STARTTLS, "journeyman", "p@ss")
    message = Mail("chen@example.com", "subject", "text").message(SENDER, datetime.now(UTC))
    with pytest.raises(OSError, match="STARTTLS"):
        server.send(message, lambda: None)
    assert inbox.mails == []


@pytest.mark.parametrize(
    ("url", "port", "encryption"),
    [
        ("smtps://mail.example.com", 465, Encryption.TLS),
        ("smtp://mail.example.com", 587, Encryption.STARTTLS),
        ("smtp://mail.example.com:25", 25, Encryption.STARTTLS),
        ("smtp://127.0.0.1:1025", 1025, Encryption.NONE),
        ("smtp://localhost", 587, Encryption.NONE),
        ("smtp://127.0.0.1.example.com", 587, Encryption.STARTTLS),
    ],
)
def test_only_a_relay_on_this_machine_is_spoken_to_in_the_clear(url, port, encryption):
    server = SmtpServer.parse(url)
    assert (server.port, server.encryption) == (port, encryption)


def test_a_password_in_the_address_is_unquoted_and_never_shown():
    server = SmtpServer.parse("smtps://user%40example.com:p%2Fss@mail.example.com")
    assert (server.user, server.password) == ("user@example.com", "p/ss")
    assert "p/ss" not in repr(server)


@pytest.mark.parametrize("url", ["mail.example.com", "https://mail.example.com", "smtp://", "smtp://a:b:c"])
def test_what_is_no_server_is_refused(url):
    with pytest.raises(ValueError):  # noqa: PT011 - urlsplit's own words for some of them
        SmtpServer.parse(url)


def test_a_refusal_is_not_an_error_that_goes_away():
    assert not issubclass(MailRefused, OSError)


@pytest.mark.parametrize(
    "values",
    [
        {"smtp_url": "smtps://mail.example.com"},
        {"mail_from": SENDER},
        {"smtp_url": "https://mail.example.com", "mail_from": SENDER},
        {"smtp_url": "smtps://mail.example.com", "mail_from": "two\nlines@example.com"},
    ],
)
def test_half_of_the_settings_of_mail_stops_the_start(settings, values):
    with pytest.raises(ValidationError):
        type(settings)(**{**settings.model_dump(), **values})
