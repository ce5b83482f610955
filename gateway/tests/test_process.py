"""The gateway as it runs: gunicorn in a process of its own."""

import contextlib
import http.client
import json
import os
import select
import signal
import socket
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path

import pytest
from gateway.server import THREADS
from journeyman.customer.v1 import customers_pb2

GET_CUSTOMER = "/journeyman.customer.v1.CustomerService/GetCustomer"


def two_free_ports() -> tuple[int, int]:
    with socket.create_server(("127.0.0.1", 0)) as one, socket.create_server(("127.0.0.1", 0)) as other:
        return one.getsockname()[1], other.getsockname()[1]


class Process:
    def __init__(self, verb: str, environment: dict[str, str], log: Path) -> None:
        self.port, ops = two_free_ports()
        self.log = log
        with log.open("wb") as out:
            self.popen = subprocess.Popen(
                [sys.executable, "-m", "gateway", verb],
                env=os.environ
                | environment
                | {
                    "JOURNEYMAN_LISTEN": f"127.0.0.1:{self.port}",
                    "JOURNEYMAN_OPS_LISTEN": f"127.0.0.1:{ops}",
                    "JOURNEYMAN_STATE_FOLDER": str(log.parent),
                },
                stdout=out,
                stderr=subprocess.STDOUT,
            )
        self.wait_until_ready(ops)

    def wait_until_ready(self, ops: int) -> None:
        give_up = time.monotonic() + 30
        while time.monotonic() < give_up and self.popen.poll() is None:
            try:
                if self.get("/readyz", port=ops)[0] == 200:
                    return
            except OSError:
                time.sleep(0.05)  # the pause between two looks at a condition
        raise AssertionError(self.log.read_text())

    def get(self, path: str, headers=None, port: int = 0, patience: float = 10) -> tuple[int, bytes]:
        connection = http.client.HTTPConnection("127.0.0.1", port or self.port, timeout=patience)
        try:
            connection.request("GET", path, headers=headers or {})
            answer = connection.getresponse()
            return answer.status, answer.read()
        finally:
            connection.close()

    def stop(self) -> int:
        self.popen.send_signal(signal.SIGTERM)
        return self.popen.wait(30)


@pytest.fixture(scope="session")
def start_process(running_stubs, redis_url, tmp_path_factory):
    targets = {f"JOURNEYMAN_{name.upper()}_TARGET": stub.target for name, stub in running_stubs.items()}
    client = {"JOURNEYMAN_CLIENT_ID": "gateway", "JOURNEYMAN_CLIENT_SECRET": "s"}
    environment = {**targets, **client, "JOURNEYMAN_REDIS_URL": redis_url}

    @contextlib.contextmanager
    def start():
        running = Process("serve", environment, tmp_path_factory.mktemp("gateway") / "log")
        yield running
        running.stop()

    return start


@pytest.fixture(scope="session")
def shared_process(start_process):
    with start_process() as running:
        yield running


@pytest.fixture
def process(shared_process, stubs):
    """For tests that leave it as it was."""
    return shared_process


@pytest.fixture
def own_process(start_process, stubs):
    with start_process() as running:
        yield running


def test_the_process_answers_over_gunicorn_and_stops_on_sigterm(own_process, stubs, tokens):
    stubs["customer"].answer_with(GET_CUSTOMER, customers_pb2.Customer(name="店"))
    status, body = own_process.get("/v1/customers/c1", tokens.bearer())
    assert (status, json.loads(body)["name"]) == (200, "店")
    assert own_process.get("/v1/customers/c1")[0] == 401
    assert own_process.stop() == 0


def test_a_request_in_flight_is_answered_before_the_process_ends(own_process, stubs, tokens):
    reached, go_on = threading.Event(), threading.Event()

    def slow(*_: object) -> bytes:
        reached.set()
        go_on.wait(10)
        return customers_pb2.Customer(name="slow").SerializeToString()

    stubs["customer"].answers[GET_CUSTOMER] = slow
    answers = []
    ask = partial(own_process.get, "/v1/customers/c1", tokens.bearer())
    caller = threading.Thread(target=lambda: answers.append(ask()))
    caller.start()
    assert reached.wait(10)
    own_process.popen.send_signal(signal.SIGTERM)
    go_on.set()
    caller.join()
    assert answers[0][0] == 200
    assert own_process.popen.wait(30) == 0


def test_a_kept_connection_does_not_hold_up_the_end(own_process, stubs, tokens):
    reached, go_on = threading.Event(), threading.Event()

    def slow(*_: object) -> bytes:
        reached.set()
        go_on.wait(10)
        return customers_pb2.Customer(name="slow").SerializeToString()

    stubs["customer"].answers[GET_CUSTOMER] = slow
    connection = http.client.HTTPConnection("127.0.0.1", own_process.port, timeout=10)
    connection.request("GET", "/v1/customers/c1", headers=tokens.bearer())
    assert reached.wait(10)
    own_process.popen.send_signal(signal.SIGTERM)
    time.sleep(0.3)  # the worker has begun to stop
    go_on.set()
    begun = time.monotonic()
    assert connection.getresponse().read()
    assert own_process.popen.wait(30) == 0
    assert time.monotonic() - begun < 15  # of the 20 seconds that it has
    connection.close()


def test_who_keeps_a_thousand_connections_closes_the_door_to_nobody(process):
    head = b"GET /livez HTTP/1.1\r\nHost: x\r\n\r\n"
    with contextlib.ExitStack() as kept:
        for _ in range(1010):
            one = kept.enter_context(socket.create_connection(("127.0.0.1", process.port), timeout=10))
            one.sendall(head)
            assert one.recv(4096).startswith(b"HTTP/1.1 200")
        assert process.get("/livez")[0] == 200


def test_more_callers_than_threads_are_all_answered_while_the_service_answers(own_process, stubs, tokens):
    def unhurried(*_: object) -> bytes:
        threading.Event().wait(0.15)
        return customers_pb2.Customer(name="店").SerializeToString()

    stubs["customer"].answers[GET_CUSTOMER] = unhurried
    headers = tokens.bearer()

    def call(_: int) -> int:
        return own_process.get("/v1/customers/c1", headers)[0]

    with ThreadPoolExecutor(16) as callers:
        assert set(callers.map(call, range(64))) == {200}


def test_a_body_of_ten_megabytes_is_refused_before_it_is_sent(process, tokens):
    with socket.create_connection(("127.0.0.1", process.port), timeout=10) as connection:
        head = (
            "POST /v1/customers HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
            f"Authorization: {tokens.bearer()['Authorization']}\r\nContent-Length: {10 * 1024 * 1024}\r\n\r\n"
        )
        connection.sendall(head.encode() + b'{"name":"')
        started = time.monotonic()
        answer = connection.recv(65536)
        assert answer.startswith(b"HTTP/1.1 413 ")
        assert time.monotonic() - started < 2


def test_nobody_keeps_a_thread_by_sending_half_a_body_or_reading_no_answer(own_process, stubs, tokens):
    stubs["customer"].answer_with(GET_CUSTOMER, customers_pb2.Customer(name="x" * 200_000))
    token = tokens.bearer()["Authorization"]
    head = f"Host: x\r\nAuthorization: {token}\r\n"
    unread = f"GET /v1/customers/c1 HTTP/1.1\r\n{head}\r\n".encode() * 60
    stalled = f"POST /v1/customers HTTP/1.1\r\n{head}Content-Length: 50\r\n\r\n{{".encode()
    with contextlib.ExitStack() as stack:
        clients = []
        for sent in [stalled] + [unread] * THREADS:
            client = stack.enter_context(socket.socket())
            client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            client.connect(("127.0.0.1", own_process.port))
            client.sendall(sent)
            clients.append(client)
        assert own_process.get("/v1/customers/c1", {"Authorization": token}, patience=30)[0] == 200
        assert clients[0].recv(65536).startswith(b"HTTP/1.1 408 ")


ECHO = """
import sys
from types import SimpleNamespace
from gateway.server import run

def echo(environ, start_response):
    body = environ["wsgi.input"].read()
    start_response("200 OK", [("Content-Length", str(len(body)))])
    return [body]

run("echo", sys.argv[1], lambda: SimpleNamespace(application=echo, close=print), request_seconds=1)
"""


def test_a_request_that_trickles_is_cut_off():
    address = "127.0.0.1", two_free_ports()[0]
    server = subprocess.Popen([sys.executable, "-c", ECHO, f"{address[0]}:{address[1]}"])
    try:
        with connected(address) as connection:
            connection.sendall(b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\n")
            for _ in range(50):
                if select.select([connection], [], [], 0.1)[0]:  # cut off, or answered
                    break
                connection.sendall(b"a")
            else:
                pytest.fail("it still trickles after five seconds")
    finally:
        server.terminate()
        server.wait(20)


def connected(address):
    give_up = time.monotonic() + 20
    while True:
        try:
            return socket.create_connection(address, timeout=10)
        except ConnectionRefusedError:
            assert time.monotonic() < give_up
            time.sleep(0.05)  # the pause between two looks at a condition


def test_a_body_that_ends_early_is_refused(process, tokens):
    with socket.create_connection(("127.0.0.1", process.port), timeout=10) as connection:
        head = (
            "POST /v1/customers HTTP/1.1\r\nHost: x\r\nContent-Length: 50\r\n"
            f"Authorization: {tokens.bearer()['Authorization']}\r\n\r\n"
        )
        connection.sendall(head.encode() + b"{}")
        connection.shutdown(socket.SHUT_WR)
        assert connection.recv(65536).startswith(b"HTTP/1.1 408 ")


def test_a_chunked_body_without_end_is_refused_at_the_limit(process, tokens):
    with socket.create_connection(("127.0.0.1", process.port), timeout=10) as connection:
        head = (
            "POST /v1/customers HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n"
            f"Authorization: {tokens.bearer()['Authorization']}\r\n\r\n"
        )
        connection.sendall(head.encode())
        chunk = b"10000\r\n" + b" " * 0x10000 + b"\r\n"
        for _ in range(17):
            connection.sendall(chunk)
        assert connection.recv(65536).startswith(b"HTTP/1.1 413 ")


def test_a_chunk_that_is_none_is_refused(process, tokens):
    with socket.create_connection(("127.0.0.1", process.port), timeout=10) as connection:
        head = (
            "POST /v1/customers HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n"
            f"Authorization: {tokens.bearer()['Authorization']}\r\n\r\n"
        )
        connection.sendall(head.encode() + b"ZZ\r\nabc")
        answer = b"".join(iter(lambda: connection.recv(65536), b""))
    assert answer.startswith(b"HTTP/1.1 400 ")
    assert b"REQUEST_UNREADABLE" in answer


def test_nobody_is_believed_to_be_a_proxy_for_coming_from_this_machine(process):
    with socket.create_connection(("127.0.0.1", process.port), timeout=10) as connection:
        connection.sendall(
            b"GET /v1/livez HTTP/1.1\r\nHost: x\r\nSCRIPT_NAME: /v1\r\n"
            b"X-Forwarded-Proto: https\r\nConnection: close\r\n\r\n"
        )
        answer = b"".join(iter(lambda: connection.recv(65536), b""))
    assert answer.startswith(b"HTTP/1.1 404 ")
    assert b"Strict-Transport-Security" not in answer


def test_clients_that_never_finish_their_headers_are_sent_away(process):
    waiting = [socket.create_connection(("127.0.0.1", process.port), timeout=20) for _ in range(8)]
    for connection in waiting:
        connection.sendall(b"GET /livez HTTP/1.1\r\nX-Never: ")
    for connection in waiting:
        while select.select([connection], [], [], 0.5)[0] == []:
            connection.sendall(b"a")  # slowly, but never silent
        assert connection.recv(1) == b""
        connection.close()
    assert process.get("/livez")[0] == 200


@pytest.mark.parametrize(
    ("request_", "status"),
    [
        (b"GET /v1/customers?query=" + b"a" * 9000 + b" HTTP/1.1\r\n\r\n", 414),
        (b"GET /v1/customers HTTP/1.1\r\nX-Long: " + b"a" * 9000 + b"\r\n\r\n", 431),
        (b"GET /v1/customers HTTP/1.1\r\nTransfer-Encoding: gzip\r\n\r\n", 400),
        (b"no request at all\r\n\r\n", 400),
    ],
)
def test_what_is_no_http_request_is_answered_with_a_problem(process, request_, status):
    with socket.create_connection(("127.0.0.1", process.port), timeout=10) as connection:
        connection.sendall(request_)
        head, _, body = b"".join(iter(lambda: connection.recv(65536), b"")).partition(b"\r\n\r\n")
    assert head.startswith(f"HTTP/1.1 {status} ".encode())
    assert b"application/problem+json" in head
    assert json.loads(body)["status"] == status


@pytest.mark.parametrize("path", ["/v1/customers/%ff", "/v1/%c0%80"])
def test_a_path_that_is_not_utf8_is_refused(process, tokens, path):
    status, body = process.get(path, tokens.bearer())
    assert (status, json.loads(body)["reason"]) == (400, "INVALID_URL")


def test_the_log_holds_no_token_no_query_and_no_traceback(own_process, tokens):
    headers = tokens.bearer()
    own_process.get("/v1/customers?query=geheim", headers)
    own_process.stop()
    log = own_process.log.read_text()
    lines = [json.loads(line) for line in log.splitlines()]
    assert [line["path"] for line in lines if line["event"] == "request"] == ["/v1/customers"]
    assert "geheim" not in log
    assert headers["Authorization"].split()[1] not in log
    assert "Traceback" not in log
