"""Owed jobs on a real Valkey with real RQ workers."""

import os
import signal
import subprocess
import sys
import threading

import pytest
from chassis.errors import Unavailable
from chassis.jobs import JobRunner, enqueue, intents, runner
from chassis.jobs.runner import ATTEMPTS
from chassis.leases import Lease
from sqlalchemy import text

REDIS = "JOURNEYMAN_TEST_REDIS_URL"


class Recorder:
    """A job that notes what it did, and fails as often as it is told to."""

    def __init__(self, failures: int = 0) -> None:
        self.failures = failures
        self.done: list[dict[str, object]] = []
        self.given_up: list[str] = []

    def run(self, payload, beat):
        beat()
        if self.failures:
            self.failures -= 1
            message = "not yet"
            raise ValueError(message)
        self.done.append(dict(payload))

    def give_up(self, payload, error):
        self.given_up.append(str(error))


@pytest.fixture
def running(database, redis_client):
    stopped = threading.Event()
    threads = []

    def start(job):
        runner = JobRunner("notes", database, redis_client, {"record": job})
        for loop in (runner.sweep, runner.work):
            thread = threading.Thread(target=loop, args=(stopped,))
            thread.start()
            threads.append(thread)

    yield start
    stopped.set()
    for thread in threads:
        thread.join()


def owe(database, n=1):
    with database.begin() as connection:
        return [enqueue(connection, "record", {"n": i}) for i in range(n)]


def owed(database):
    with database.reading() as connection:
        return connection.execute(text("SELECT count(*) FROM job_intents")).scalar_one()


def eventually(condition, seconds=15.0):
    waiting = threading.Event()
    for _ in range(int(seconds / 0.05)):
        if condition():
            return True
        waiting.wait(0.05)
    return False


def test_owed_jobs_are_done_once(database, running):
    job = Recorder()
    running(job)
    owe(database, 10)
    assert eventually(lambda: owed(database) == 0)
    assert sorted(item["n"] for item in job.done) == list(range(10))


def test_a_job_of_a_transaction_that_fails_is_never_done(database):
    with pytest.raises(ZeroDivisionError), database.begin() as connection:
        enqueue(connection, "record", {})
        _ = 1 / 0
    assert owed(database) == 0


def test_a_job_that_redis_lost_is_put_back(database, redis_client, running):
    owe(database)
    with database.begin() as connection:
        assert len(intents.take_due(connection)) == 1
        assert intents.take_due(connection) == []
        connection.execute(text("UPDATE job_intents SET run_after = clock_timestamp()"))
    redis_client.flushdb()
    job = Recorder()
    running(job)
    assert eventually(lambda: owed(database) == 0)
    assert len(job.done) == 1


def test_a_failing_job_is_tried_again(database, running, monkeypatch):
    monkeypatch.setattr(intents, "hide", at_once)
    job = Recorder(failures=2)
    running(job)
    owe(database)
    assert eventually(lambda: owed(database) == 0)
    assert len(job.done) == 1


def test_a_job_that_always_fails_is_given_up(database, running, monkeypatch):
    monkeypatch.setattr(intents, "hide", at_once)
    job = Recorder(failures=99)
    running(job)
    owe(database)
    assert eventually(lambda: owed(database) == 0)
    assert job.given_up == ["not yet"]


def test_a_job_that_waits_for_another_service_is_not_given_up(database, running, monkeypatch):
    monkeypatch.setattr(runner, "UNAVAILABLE_PAUSE_SECONDS", 0)
    job = Away(times=ATTEMPTS + 2)
    running(job)
    owe(database)
    assert eventually(lambda: owed(database) == 0)
    assert (len(job.done), job.given_up) == (1, [])


class Away(Recorder):
    """Asks a service that is away a number of times."""

    def __init__(self, times):
        super().__init__()
        self.times = times

    def run(self, payload, beat):
        self.times -= 1
        if self.times >= 0:
            raise Unavailable
        super().run(payload, beat)


HIDE = intents.hide


def at_once(connection, intent_id, seconds):
    HIDE(connection, intent_id, seconds if seconds == intents.VISIBILITY_SECONDS else 0)


def test_a_job_that_another_worker_holds_is_left_alone(database, redis_client):
    [intent_id] = owe(database)
    other = Lease(database, f"job:{intent_id}")
    other.hold()
    job = Recorder()
    JobRunner("notes", database, redis_client, {"record": job}).perform(intent_id)
    assert job.done == []


def test_a_worker_that_was_overtaken_does_not_give_up(database, redis_client, monkeypatch):
    monkeypatch.setattr(intents, "VISIBILITY_SECONDS", 0)
    [intent_id] = owe(database)
    with database.begin() as connection:
        connection.execute(text("UPDATE job_intents SET attempts = 4"))

    class Stalls(Recorder):
        def run(self, payload, beat):
            with database.begin() as connection:  # expired meanwhile, another worker took it
                connection.execute(text("UPDATE leases SET holder = 'another', expires_at = 'infinity'"))
            beat()

    job = Stalls()
    JobRunner("notes", database, redis_client, {"record": job}).perform(intent_id)
    assert job.given_up == []
    assert owed(database) == 1


DEADLY = """
import os, sys
import redis
from chassis.database import Database
from chassis.jobs import JobRunner


class Deadly:
    def run(self, payload, beat):
        beat()
        os.abort()

    def give_up(self, payload, error):
        print(type(error).__name__)


database_url, redis_url, intent_id = sys.argv[1:]
client = redis.Redis.from_url(redis_url)
runner = JobRunner("notes", Database(database_url, "t"), client, {"record": Deadly()})
runner.perform(intent_id)
"""


def test_a_job_that_kills_its_worker_every_time_is_given_up(test_database, database):
    [intent_id] = owe(database)
    command = [sys.executable, "-c", DEADLY, test_database.runtime_url, os.environ[REDIS], intent_id]
    ends = []
    for _ in range(ATTEMPTS + 1):
        with database.begin() as connection:  # half a minute later
            connection.execute(text("DELETE FROM leases"))
        ends.append(subprocess.run(command, capture_output=True, check=False, text=True))
    assert [end.returncode for end in ends] == [-signal.SIGABRT] * ATTEMPTS + [0]
    assert ends[-1].stdout == "WorkerDied\n"
    assert owed(database) == 0


def test_what_waits_behind_a_long_job_stands_in_the_queue_once(database, redis_client, monkeypatch):
    monkeypatch.setattr(intents, "VISIBILITY_SECONDS", 0)
    owe(database, 2)
    runner = JobRunner("notes", database, redis_client, {})
    for _ in range(3):
        runner._enqueue_due()
    assert runner._queue.count == 2
