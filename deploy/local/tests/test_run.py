import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

import psycopg
import pytest
from local_stack import pids, state, table
from local_stack.ports import HOST, PortBlock, Ports, is_free
from local_stack.postgres import embedded_postgres
from local_stack.processes import Process, launch
from local_stack.stack import Stack
from local_stack.state import temporary_folder

STANDIN = Path(__file__).with_name("standin")
RUN = (sys.executable, "-m", "local_stack", "run")


class Runner:
    """`python -m local_stack run` with stand-ins for the platform's processes."""

    def __init__(self, folder, port):
        self.folder = folder
        self.environment = os.environ | {
            "JOURNEYMAN_STATE": str(folder),
            "JOURNEYMAN_PORT": str(port),
            "PYTHONPATH": str(STANDIN),
        }
        self.started = []

    def start(self, command=RUN):
        run = subprocess.Popen(
            command, env=self.environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
        )
        self.started.append(run)
        return run

    def ready(self, command=RUN):
        run = self.start(command)
        for line in run.stdout:
            if "Ctrl-C stops" in line:
                return run
        raise AssertionError(f"ended with {run.wait()}")

    def children(self):
        return {path.name: int(path.read_text().split()[0]) for path in (self.folder / "pids").iterdir()}


@pytest.fixture
def runner(folder):
    with PortBlock() as block:
        runner = Runner(folder, block.port(0))
        yield runner
        for run in runner.started:
            run.kill()
            run.wait()
            run.stdout.close()
        pids.stop_left_over(folder / "pids")


def eventually_gone(numbers):
    deadline = time.monotonic() + 15
    while any(pids.started_at(pid) for pid in numbers):
        assert time.monotonic() < deadline
        time.sleep(0.02)


def test_the_whole_table_runs_until_ctrl_c_even_where_a_shell_made_that_ignored(runner):
    runner.environment["JOURNEYMAN_SMTP_URL"] = "smtp://127.0.0.1:25"
    run = runner.ready(("/bin/sh", "-c", 'trap "" INT; exec "$@"', "sh", *RUN))
    children = runner.children()
    assert set(children) == {*table.SERVERS, *table.LISTENING, *table.BACKGROUND}
    stack = json.loads((runner.folder / "stack.json").read_text())
    assert urllib.request.urlopen(stack["gateway_url"] + "/readyz").read() == b""
    identity = Ports(int((runner.folder / "ports").read_text())).address(table.OFFSETS["identity ops"])
    assert urllib.request.urlopen(f"http://{identity}/readyz").read() == b"smtp://127.0.0.1:25"
    run.send_signal(signal.SIGINT)
    assert "Stopped." in run.stdout.read()
    assert run.wait(30) == 0
    assert not [name for name, pid in children.items() if pids.started_at(pid)]
    assert not (runner.folder / "stack.json").exists()


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells children of their parent's death")
def test_no_process_outlives_a_killed_supervisor_and_the_next_run_takes_over(runner):
    run = runner.ready()
    children, ports = runner.children(), (runner.folder / "ports").read_text()
    run.kill()
    eventually_gone(children.values())
    again = runner.ready()
    assert (runner.folder / "ports").read_text() == ports
    again.send_signal(signal.SIGTERM)
    assert again.wait(30) == 0


def test_a_process_left_behind_is_stopped_first_so_that_its_port_is_free(runner):
    port = runner.environment["JOURNEYMAN_PORT"]
    left = Process(
        "gateway",
        (sys.executable, str(STANDIN / "gateway.py")),
        environment={"JOURNEYMAN_LISTEN": f"{HOST}:{port}"},
    )
    orphan = launch(left, runner.folder / "log")
    pids.record(runner.folder / "pids", "gateway", orphan.pid, signal.SIGTERM)
    while is_free(int(port)):
        assert orphan.poll() is None
    runner.ready()
    assert orphan.wait() == -signal.SIGTERM


def test_a_taken_port_gives_one_line_and_exit_code_1(runner):
    port = int(runner.environment["JOURNEYMAN_PORT"])
    with socket.create_server((HOST, port)):
        run = runner.start()
        said = run.stdout.read().splitlines()
    assert said == [f"journeyman: port {port} of {HOST} is taken: stop its user or set JOURNEYMAN_PORT"]
    assert run.wait() == 1


@pytest.mark.parametrize("port", ["http", "0", "70000"])
def test_a_port_that_is_none_gives_one_line_and_exit_code_1(runner, port):
    runner.environment["JOURNEYMAN_PORT"] = port
    run = runner.start()
    assert len(run.stdout.read().splitlines()) == 1
    assert run.wait() == 1


def test_a_second_run_of_one_checkout_says_where_the_first_is(runner):
    with state.locked(runner.folder):
        state.announce(runner.folder, state.RunningStack("http://127.0.0.1:8080", "clock", 4711))
        run = runner.start()
        assert "already runs at http://127.0.0.1:8080, process 4711" in run.stdout.read()
    assert run.wait() == 1


def test_a_stack_of_its_own_serves_a_test_on_free_ports_and_in_real_time(folder, monkeypatch):
    monkeypatch.setenv("PYTHONPATH", str(STANDIN))
    (folder / "clock.json").write_text("left by a demo")
    with Stack(folder) as stack:
        assert not stack.clock_file.exists()
        assert urllib.request.urlopen(stack.url("gateway")).status == 200
        assert stack.url("visit").startswith(HOST)
        with stack.down("visit"):
            assert not table.answers_ready(stack.ops_url("visit").removeprefix("http://"))
        for server in table.SERVERS:
            stack.kill(server)
        stack.wait_ready()


def test_a_server_named_by_its_url_gets_the_databases(folder, monkeypatch):
    monkeypatch.setenv("PYTHONPATH", str(STANDIN))
    monkeypatch.setattr(table, "SERVICES", ("customer",))
    redis = os.environ["JOURNEYMAN_TEST_REDIS_URL"]
    # A server of its own: the roles that a stack makes are those of the testing kit, with other passwords.
    with temporary_folder(in_memory=True) as elsewhere, embedded_postgres(elsewhere) as server:
        url = server.superuser_url
        with Stack(folder, postgres_url=url, redis_url=redis) as stack:
            assert not (folder / "postgresql-18").exists()
            assert stack.clock_file.parent == folder
        with psycopg.connect(url) as connection:
            found = connection.execute(
                "SELECT count(*) FROM pg_database WHERE datname = 'journeyman_customer'"
            )
            assert found.fetchone() == (1,)
