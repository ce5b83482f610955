"""One service is dead or hangs: its callers are told at once, and the others' notice nothing."""

import random
import statistics
import threading
import time
from contextlib import contextmanager
from typing import NamedTuple

import httpx
import pytest
from gateway.breaker import FAILURES_TO_OPEN
from havoc.account import PASSWORD
from havoc.injuries import frozen

ROUTES = {
    "customer": "/v1/customers",
    "visit": "/v1/visits",
    "marketing": "/v1/budgets",
    "reporting": "/v1/reports/customers",
    "identity": "/v1/users",
}
CALLERS = 10  # more than the gateway has threads
PAUSE = 0.1
MEASURED = 30
REFUSED = 20
REFUSED_WITHIN = 0.1
SLOWER = 2.0
STALLED = 3.0  # the deadline of a call to the service that hangs is five
NOISE = 0.03  # of two cores that other tests use too


FAILURE = {"dead": 503, "hung": 504}


class Answer(NamedTuple):
    began: float
    seconds: float
    status: int


class Callers:
    """A few callers of one route, again and again, until the block ends."""

    def __init__(self, client, path):
        self._client = client
        self._path = path
        self._stopped = threading.Event()
        self.answers = []

    def run(self):
        while not self._stopped.wait(PAUSE):
            self.answers.append(call(self._client, self._path))

    @contextmanager
    def calling(self):
        threads = [threading.Thread(target=self.run) for _ in range(CALLERS)]
        for thread in threads:
            thread.start()
        try:
            yield self
        finally:
            self._stopped.set()
            for thread in threads:
                thread.join()

    def since(self, moment):
        return [answer for answer in list(self.answers) if answer.began >= moment]

    def failed(self, since, status):
        """Return when calls had failed in this way, in order."""
        return sorted(one.began + one.seconds for one in self.since(since) if one.status == status)


def call(client, path):
    began = time.monotonic()
    response = client.get(path)
    return Answer(began, time.monotonic() - began, response.status_code)


@pytest.fixture
def client(stack):
    with httpx.Client(base_url=stack.url("gateway"), timeout=30) as http:
        body = {"username": "admin", "password": PASSWORD}
        answer = http.post("/v1/auth/login", json=body)
        http.headers["Authorization"] = f"Bearer {answer.json()['accessToken']}"
        eventually(lambda: all(http.get(path).status_code == 200 for path in ROUTES.values()))
        yield http


def eventually(condition, seconds=30):
    pause = threading.Event()
    give_up = time.monotonic() + seconds
    while not (found := condition()):
        assert time.monotonic() < give_up
        pause.wait(0.02)
    return found


def median_seconds(client, paths):
    """Return how long each route takes, by the median of calls in turn. Each must be answered in time."""
    taken = {path: [] for path in paths}
    for _ in range(MEASURED):
        for path in paths:
            answer = call(client, path)
            assert (path, answer.status, answer.seconds < STALLED) == (path, 200, True)
            taken[path].append(answer.seconds)
    return {path: statistics.median(seconds) for path, seconds in taken.items()}


@pytest.mark.parametrize("state", ["dead", "hung"])
def test_its_callers_are_refused_at_once_and_the_others_are_as_fast_as_before(stack, client, seed, state):
    away = random.Random(f"{seed} {state}").choice(list(ROUTES))
    others = [path for service, path in ROUTES.items() if service != away]
    with Callers(client, ROUTES[away]).calling() as callers:
        before = median_seconds(client, others)
        with stack.down(away) if state == "dead" else frozen(stack, away):
            began = time.monotonic()
            during = median_seconds(client, others)  # from the first moment: nobody knows yet that it hangs
            eventually(lambda: len(callers.failed(began, FAILURE[state])) >= FAILURES_TO_OPEN)
            opened = callers.failed(began, FAILURE[state])[FAILURES_TO_OPEN - 1]
            eventually(lambda: len(callers.since(opened)) >= REFUSED)
            refused = callers.since(opened)
            problems = client.get("/readyz").json()["problems"]
            retry_after = client.get(ROUTES[away]).headers["retry-after"]
        eventually(lambda: callers.answers[-1].status == 200)
    assert problems.keys() == {away}
    assert int(retry_after) > 0
    assert {one.status for one in refused} == {503}
    taken = [one.seconds for one in refused]
    assert (statistics.median(taken) < REFUSED_WITHIN, max(taken) < STALLED) == (True, True), taken
    slower = {path: (before[path], seconds) for path, seconds in during.items()}
    assert [
        (path, was, now) for path, (was, now) in slower.items() if now > max(was * SLOWER, was + NOISE)
    ] == []
