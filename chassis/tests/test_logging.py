import json
import os
import signal
import subprocess
import sys
import textwrap

import pytest
from chassis.logging import _line, _Writer


def run(script: str) -> list[dict]:
    """Logging belongs to a whole process, so each test has one of its own."""
    prelude = (
        "import logging, os, sys, threading\n"
        "import structlog\n"
        "from chassis.logging import bound, configure, flush\n"
    )
    finished = subprocess.run(
        [sys.executable, "-c", prelude + textwrap.dedent(script)], capture_output=True, check=True, timeout=30
    )
    assert finished.stderr == b""
    return [json.loads(line) for line in finished.stdout.splitlines()]


def test_a_line_is_one_json_object_with_time_level_service_and_event():
    (line,) = run("""
        configure("visit")
        structlog.get_logger().warning("drift", seconds=1.5, shop="全家便利店")
    """)
    assert line.pop("time").endswith("+00:00")
    assert line == {
        "level": "warning",
        "service": "visit",
        "event": "drift",
        "seconds": 1.5,
        "shop": "全家便利店",
    }


def test_a_logger_made_before_configuration_follows_it():
    (line,) = run("""
        early = structlog.get_logger()
        configure("visit")
        early.info("started")
    """)
    assert line["service"] == "visit"


def test_debug_lines_are_left_out():
    assert run("""configure("visit"); structlog.get_logger().debug("noise")""") == []


def test_bound_values_are_on_every_line_inside_and_on_none_after():
    inside, nested, after = run("""
        configure("visit")
        log = structlog.get_logger()
        with bound(request_id="r1"):
            log.info("inside")
            with bound(job="j1"):
                log.info("nested")
        log.info("after")
    """)
    assert inside["request_id"] == "r1"
    assert (nested["request_id"], nested["job"]) == ("r1", "j1")
    assert "request_id" not in after


def test_bound_values_stay_in_their_thread():
    (line,) = run("""
        configure("visit")
        with bound(request_id="r1"):
            other = threading.Thread(target=lambda: structlog.get_logger().info("other"))
            other.start()
            other.join()
    """)
    assert "request_id" not in line


def test_an_exception_is_logged_with_its_traceback():
    (line,) = run("""
        configure("visit")
        try:
            {}["shop"]
        except KeyError:
            structlog.get_logger().exception("failed")
    """)
    assert line["level"] == "error"
    assert "KeyError: 'shop'" in line["exception"]


def test_the_standard_library_logs_in_the_same_shape():
    (line,) = run("""
        configure("visit")
        logging.getLogger("alembic").info("at %s of %s", 3, 7)
    """)
    assert (line["event"], line["logger"], line["level"]) == ("at 3 of 7", "alembic", "info")


def test_a_librarys_wrong_format_string_is_still_logged():
    (line,) = run("""configure("visit"); logging.getLogger("x").info("%d", "seven")""")
    assert line["event"] == "%d"


def test_lines_are_written_without_waiting_for_the_end():
    script = "from chassis.logging import *; import structlog, sys; configure('visit')\n"
    script += "structlog.get_logger().info('started'); sys.stdin.read()"
    with subprocess.Popen(
        [sys.executable, "-c", script], stdout=subprocess.PIPE, stdin=subprocess.PIPE
    ) as process:
        assert b"started" in process.stdout.readline()


def test_flush_writes_what_is_held_even_when_the_process_is_killed_next():
    script = "from chassis.logging import *; import structlog, os; configure('visit')\n"
    script += "structlog.get_logger().info('last words'); flush(); os.kill(os.getpid(), 9)"
    finished = subprocess.run([sys.executable, "-c", script], capture_output=True, check=False, timeout=30)
    assert finished.returncode == -signal.SIGKILL
    assert b"last words" in finished.stdout


def test_a_forked_process_writes_its_own_lines_at_once_and_none_twice():
    lines = run("""
        configure("visit")
        log = structlog.get_logger()
        log.info("parent")
        child = os.fork()
        if child == 0:
            log.info("child")
            os._exit(0)
        os.waitpid(child, 0)
        log.info("after")
    """)
    assert [line["event"] for line in lines] == ["parent", "child", "after"]


def test_lines_another_thread_held_at_a_fork_are_left_to_the_parent():
    writer = _Writer()
    writer.before_fork()
    writer._lines.append(b"of the parent")
    writer.after_fork_in_child()
    assert not writer._lines


def test_configuring_again_after_a_fork_batches_again():
    lines = run("""
        configure("gateway")
        child = os.fork()
        if child == 0:
            configure("worker")
            structlog.get_logger().info("child")
            flush()
            os._exit(0)
        os.waitpid(child, 0)
    """)
    assert [line["service"] for line in lines] == ["worker"]


def test_nothing_runs_before_configure():
    assert (
        run("""
        import chassis.logging
        assert threading.active_count() == 1
    """)
        == []
    )


def test_a_closed_output_stops_no_work():
    reading, writing = os.pipe()
    writer = _Writer()
    with os.fdopen(writing, "wb", buffering=0) as stream:
        os.close(reading)
        writer._stream = stream
        writer.msg(b"line\n")
    writer.msg(b"after the stream is closed\n")


@pytest.mark.parametrize(
    "key",
    [
        "password",
        "new_password",
        "client_secret",
        "refreshToken",
        "Authorization",
        "cookie",
        "apiKey",
        "api_key",
    ],
)
def test_values_under_the_names_of_secrets_are_never_written(key: str):
    for event in ({key: "hunter2"}, {"body": {key: "hunter2"}}, {"items": [{key: ["hunter2"]}]}):
        line = _line(event)
        assert b"hunter2" not in line
        assert b"[redacted]" in line


def test_objects_are_named_not_shown():
    class Login:
        def __repr__(self) -> str:
            return "Login(password='hunter2')"

    assert json.loads(_line({"request": Login()})) == {"request": "<Login>"}


@pytest.mark.parametrize("value", [2**70, "\ud800", {1: 2**70}, {"set": {1}}, b"\xff", float("nan")])
def test_no_value_fails_a_line(value: object):
    json.loads(_line({"value": value}))
