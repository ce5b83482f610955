import threading
import time

import pytest
from chassis.health import Readiness


@pytest.fixture
def gate():
    opened = threading.Event()
    yield opened
    opened.set()


def test_without_problems_the_process_is_ready():
    assert Readiness({"database": lambda: None}).problems() == {}


def test_only_the_checks_that_fail_are_named_with_their_reason():
    readiness = Readiness({"database": lambda: None, "redis": lambda: "refused the connection"})
    assert readiness.problems() == {"redis": "refused the connection"}


def test_a_check_that_raises_is_named_without_the_words_of_the_exception():
    def connect() -> None:
        raise ConnectionError("password=hunter2")

    assert Readiness({"database": connect}).problems() == {"database": "ConnectionError"}


def test_a_hanging_check_is_reported_in_time_and_does_not_hide_the_others(gate: threading.Event):
    readiness = Readiness(
        {"hangs": lambda: str(gate.wait()), "fails": lambda: "down", "works": lambda: None},
        limit_seconds=0.05,
    )
    started = time.monotonic()
    assert readiness.problems() == {"hangs": "no answer in time", "fails": "down"}
    assert time.monotonic() - started < 5


def test_a_hanging_check_is_asked_once_however_many_probes_come(gate: threading.Event):
    asked: list[int] = []

    def hang() -> None:
        asked.append(1)
        gate.wait()

    readiness = Readiness({"hangs": hang}, limit_seconds=0.01, kept_seconds=0)
    for _ in range(5):
        assert readiness.problems() == {"hangs": "no answer in time"}
    assert len(asked) == 1


def test_who_asks_while_somebody_waits_for_a_check_gets_the_last_answer(gate: threading.Event):
    answers = [lambda: "down", lambda: str(gate.wait())]

    def hang() -> str:
        return answers.pop(0)()

    readiness = Readiness({"hangs": hang}, limit_seconds=30, kept_seconds=0)
    assert readiness.problems() == {"hangs": "down"}
    waiting = threading.Thread(target=readiness.problems)
    waiting.start()
    while answers:
        time.sleep(0.001)  # the pause between two looks at a condition
    started = time.monotonic()
    assert readiness.problems() == {"hangs": "down"}
    assert time.monotonic() - started < 5
    gate.set()
    waiting.join()


def test_a_check_that_hung_and_came_back_is_asked_again(gate: threading.Event):
    readiness = Readiness(
        {"slow": lambda: None if gate.wait() else "never"}, limit_seconds=0.01, kept_seconds=0
    )
    assert readiness.problems() == {"slow": "no answer in time"}
    gate.set()
    deadline = time.monotonic() + 5
    while readiness.problems():
        assert time.monotonic() < deadline


def test_answers_are_kept_for_a_moment():
    asked: list[int] = []
    readiness = Readiness({"database": lambda: asked.append(1)}, kept_seconds=60)
    readiness.problems()
    readiness.problems()
    assert len(asked) == 1


def test_a_draining_process_is_not_ready_at_once_though_answers_are_kept():
    readiness = Readiness({"database": lambda: None}, kept_seconds=60)
    assert readiness.problems() == {}
    readiness.drain()
    assert readiness.problems() == {"process": "draining"}
