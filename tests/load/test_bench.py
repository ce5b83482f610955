"""The bench's own arithmetic; `make bench` itself is not part of the suite."""

import os
import subprocess
import sys
import time

import pytest

from tests.load.client import Answer, Load, NotAnswered
from tests.load.measure import Figures, ratio
from tests.load.processes import Postgres, Usage, cpu_seconds, database_of, usage

BURN = "import time\nwhile time.process_time() < 0.3: pass"


def test_a_dead_child_counts_for_its_parent():
    before = cpu_seconds([os.getpid()])
    subprocess.run([sys.executable, "-c", BURN], check=True)
    assert cpu_seconds([os.getpid()]) - before >= 0.28


def test_a_living_grandchild_counts():
    code = f"import subprocess, sys; subprocess.run([sys.executable, '-c', {BURN + chr(10) + 'input()'!r}])"
    with subprocess.Popen([sys.executable, "-c", code], stdin=subprocess.PIPE) as child:
        deadline = time.monotonic() + 20
        while cpu_seconds([child.pid]) < 0.28:
            assert time.monotonic() < deadline
        child.communicate(b"\n")


def test_a_process_may_be_called_what_it_likes():
    line = "7 (a) b (c) S 3 7 7 0 -1 4194304 1 2 3 4 100 20 30 4 20 0 1 0 9 1 1"
    assert usage(7, line) == Usage(7, 3, 1.54 * 100 / os.sysconf("SC_CLK_TCK"))


def test_backends_of_others_do_not_count_and_the_rest_of_the_server_does():
    databases = {1: "", 2: "journeyman_customer", 3: "bench_orm"}
    before = Postgres({1: Usage(1, 0, 1.0), 2: Usage(2, 1, 1.0)}, databases)
    after = Postgres({1: Usage(1, 0, 1.5), 2: Usage(2, 1, 3.0), 3: Usage(3, 1, 4.0)}, databases)
    assert after.spent_since(before, own=["journeyman_customer"]) == pytest.approx(2.5)
    assert after.spent_since(before, own=["bench_orm"]) == pytest.approx(4.5)


def test_the_title_of_a_backend_names_its_database_and_other_titles_none():
    assert database_of("postgres: visit_runtime journeyman_visit 127.0.0.1(40712) idle") == "journeyman_visit"
    assert database_of("postgres: autovacuum launcher") == ""
    assert database_of("postgres: io worker 1") == ""


def test_the_ratio_is_the_median_over_rounds_that_ran_side_by_side():
    ours = Figures([{"a": 1.0, "b": 0.5}, {"a": 9.0, "b": 0.0}, {"a": 2.0, "b": 1.0}])
    theirs = Figures([{"c": 3.0}, {"c": 18.0}, {"c": 1.0}])
    assert ratio(ours, theirs) == pytest.approx(0.5)
    assert ours.by_process() == {"a": 2.0, "b": 0.5}


def test_costs_are_for_a_thousand_requests():
    figures = Figures()
    figures.add({"a": 0.5}, Load(2.0, [0.01] * 250))
    assert (figures.total, figures.rates, figures.milliseconds(99)) == (2.0, [125.0], 10.0)


def test_an_answer_is_complete_with_its_last_byte():
    answer = Answer()
    assert not answer.feed(b"HTTP/1.1 200 OK\r\ncontent-length: 3\r\n")
    assert not answer.feed(b"\r\nab")
    assert answer.feed(b"c")
    assert answer.body == b"abc"


def test_any_failure_ends_the_bench():
    with pytest.raises(NotAnswered):
        Answer().feed(b"HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\n\r\n")
