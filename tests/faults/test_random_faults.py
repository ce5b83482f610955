"""Whatever breaks: what was acknowledged is there once, and every event took effect once."""

import random
import sys
import threading
import time
from contextlib import ExitStack, closing

import pytest
from havoc import recount, spending
from havoc.account import Account
from havoc.customers import CustomerWriter
from havoc.injuries import Surgeon, injuries
from havoc.spending import DECIDERS, Cast, Purse, SpendingWriter
from havoc.visits import VisitWriter
from havoc.writers import Writers

IN_THE_SUITE = 40
IN_THE_SOAK = 1000
ACKNOWLEDGED_BETWEEN = 5  # writes: the platform is broken at work, not while it lies on the ground
AT_WORK_AGAIN = 60.0


@pytest.fixture
def accounts(stack, seed):
    """Opens accounts; one thread each."""
    with ExitStack() as held:

        def account(username, thread="", *, is_machine=False):
            made = Account(stack.url("gateway"), username, f"{seed} {thread}", is_machine=is_machine)
            held.enter_context(closing(made))
            made.get("/v1/orgUnits")  # signed in while everything is well
            return made

        yield account


@pytest.fixture
def writers(accounts, seed, today):
    def cast(thread):
        deciders = tuple(accounts(name, thread) for name in DECIDERS)
        erp = accounts("finance-erp", thread, is_machine=True)
        return Cast(accounts("ioc.planner", thread), deciders, erp)

    unit_id = accounts("ioc.planner").get("/v1/me")["user"]["unitId"]
    purse = Purse(accounts("hq.finance"), unit_id, today)
    return Writers(
        [
            CustomerWriter(accounts("shanghai.rep1"), seed),
            CustomerWriter(accounts("hangzhou.rep1"), seed),
            VisitWriter(accounts("shanghai.rep2"), seed, today),
            VisitWriter(accounts("hangzhou.rep2"), seed, today),
            *(SpendingWriter(cast(str(thread)), purse, f"{seed} {thread}") for thread in range(2)),
        ]
    )


def break_often(stack, writers, seed, count):
    """Inflict `count` injuries while everybody writes; each when some writes went through after the last."""
    pick = random.Random(seed)
    surgeon = Surgeon(stack, pick)
    with writers.at_work():
        for number, injury in enumerate(injuries(pick, count), 1):
            enough = writers.acknowledged + ACKNOWLEDGED_BETWEEN
            surgeon.inflict(injury)
            wait_for(writers, enough)
            sys.stdout.write(f"{number}/{count} {injury}: {writers.acknowledged} writes acknowledged\n")
            if failures := writers.failures():
                return failures
    return writers.failures()


def wait_for(writers, acknowledged):
    pause = threading.Event()
    give_up = time.monotonic() + AT_WORK_AGAIN
    while writers.acknowledged < acknowledged and not writers.failures():
        assert time.monotonic() < give_up, "nobody can write any more"
        pause.wait(0.02)


def nothing_is_lost_or_doubled(stack, accounts, databases, writers):
    stack.wait_ready()
    assert recount.unsettled(databases) == []
    assert writers.losses(databases) == []
    assert recount.differences(databases) == []
    assert list(spending.books(databases, accounts("auditor"))) == []


def test_forty_random_faults_lose_and_double_nothing(stack, accounts, databases, writers, seed):
    sys.stdout.write(f"JOURNEYMAN_FAULTS_SEED={seed}\n")
    assert break_often(stack, writers, seed, IN_THE_SUITE) == []
    nothing_is_lost_or_doubled(stack, accounts, databases, writers)


@pytest.mark.soak
def test_a_thousand_random_faults_lose_and_double_nothing(stack, accounts, databases, writers, seed):
    sys.stdout.write(f"JOURNEYMAN_FAULTS_SEED={seed}\n")
    assert break_often(stack, writers, seed, IN_THE_SOAK) == []
    nothing_is_lost_or_doubled(stack, accounts, databases, writers)
