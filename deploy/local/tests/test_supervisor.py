import os
import signal
import socket
import sys
import time
from functools import partial

import pytest
from local_stack import pids
from local_stack import supervisor as supervision
from local_stack.errors import LocalStackError
from local_stack.ports import HOST, PortBlock
from local_stack.processes import Process
from local_stack.supervisor import Supervisor

ANSWER = """
import socket, sys
server = socket.create_server(("127.0.0.1", int(sys.argv[1])))
while True:
    server.accept()[0].sendall(b"x")
"""


@pytest.fixture
def ports():
    with PortBlock() as block:
        yield block


@pytest.fixture
def supervisor(folder):
    running = Supervisor(folder)
    yield running
    running.stop()


def answers(port):
    try:
        with socket.create_connection((HOST, port), timeout=0.3) as connection:
            connection.settimeout(0.3)
            return connection.recv(1) == b"x"
    except OSError:
        return False


def answering(ports, offset=0, prelude=""):
    port = ports.port(offset)
    command = (sys.executable, "-c", f"{prelude}\n{ANSWER}", str(port))
    return Process(f"answering{offset}", command, partial(answers, port))


def eventually(holds):
    deadline = time.monotonic() + 10
    while not holds():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def recorded(folder, name):
    return int((folder / "pids" / name).read_text().split()[0])


def test_a_process_that_dies_is_started_again(supervisor, ports, folder):
    process = answering(ports)
    supervisor.add([process])
    supervisor.wait_ready()
    first = recorded(folder, process.name)
    supervisor.kill(process.name)
    supervisor.wait_ready()
    assert recorded(folder, process.name) != first
    assert not pids.started_at(first)


def test_a_process_that_is_killed_often_counts_as_one_that_starts(supervisor, ports):
    process = answering(ports)
    supervisor.add([process])
    for _ in range(4):
        supervisor.wait_ready()
        supervisor.kill(process.name)
    supervisor.wait_ready()


def test_an_unexpected_end_is_reported(folder, ports):
    said = []
    supervisor = Supervisor(folder, said.append)
    try:
        supervisor.add([answering(ports)])
        supervisor.wait_ready()
        supervisor.kill("answering0")
        supervisor.wait_ready()
    finally:
        supervisor.stop()
    assert ["ended with -9" in line for line in said] == [False, True]


def test_a_process_held_down_stays_down_and_comes_back(supervisor, ports):
    process = answering(ports)
    supervisor.add([process])
    supervisor.wait_ready()
    with supervisor.down(process.name):
        supervisor.wait_ready()
        assert not process.ready()
    assert process.ready()


def test_a_frozen_process_does_not_answer_until_it_is_thawed(supervisor, ports):
    process = answering(ports)
    supervisor.add([process])
    supervisor.wait_ready()
    with supervisor.frozen(process.name):
        eventually(lambda: not process.ready())
    eventually(process.ready)


def test_groups_stop_in_the_reverse_order(folder, ports):
    note = "import signal,sys;signal.signal(15,lambda *_: (print('ended',flush=True), sys.exit(0)))"
    supervisor = Supervisor(folder)
    for offset in (0, 1):
        supervisor.add([answering(ports, offset, note)])
    supervisor.wait_ready()
    supervisor.stop()
    ended = [(folder / "logs" / f"answering{offset}.log").stat().st_mtime_ns for offset in (0, 1)]
    assert ended[1] < ended[0]
    assert not list((folder / "pids").iterdir())


def test_a_process_deaf_to_the_stop_signal_is_killed(folder, ports, monkeypatch):
    monkeypatch.setattr(supervision, "DRAIN", 0.2)
    supervisor = Supervisor(folder)
    supervisor.add([answering(ports, prelude="import signal;signal.signal(15,signal.SIG_IGN)")])
    supervisor.wait_ready()
    pid = recorded(folder, "answering0")
    supervisor.stop()
    assert not pids.started_at(pid)


def test_a_worker_does_not_outlive_its_dead_parent(supervisor, ports, folder):
    fork = "import os,signal\nif worker := os.fork(): print(worker, flush=True); signal.pause()"
    process = answering(ports, prelude=fork)
    supervisor.add([process])
    supervisor.wait_ready()
    worker = int((folder / "logs" / "answering0.log").read_text())
    os.kill(recorded(folder, process.name), signal.SIGKILL)
    eventually(lambda: not pids.started_at(worker))


def test_a_process_that_never_starts_is_named_with_the_end_of_its_log(supervisor):
    supervisor.add([Process("broken", (sys.executable, "-c", "raise SystemExit('no key')"), lambda: False)])
    with pytest.raises(LocalStackError, match=r"(?s)broken does not start.*broken \| no key"):
        supervisor.wait_ready()
