"""How long a refused sign-in takes tells nothing of the account.

With the real hash a missing hash shows, and without it the rest: a statement more or less is a third of the
time then, and a fiftieth with the hash.
"""

import statistics
import time

import grpc
import pytest
from gateway.identity.sessions import attempts
from gateway.identity.sessions.attempts import Attempt
from gateway.identity.sessions.moments import real_now
from gateway.identity.sessions.rules import Outcome
from journeyman.identity.v1 import passwords_pb2, passwords_pb2_grpc, sessions_pb2

RIGHT = "journeyman-demo"
ROUNDS = 5  # of which one has to come out even: the machine does other things meanwhile


@pytest.fixture
def seconds(identity):
    """How long it takes to refuse a name with a password."""
    stub = identity.anonymous

    def refuse(name, password="a wrong password"):
        request = sessions_pb2.LoginRequest(username=name, password=password)
        started = time.perf_counter()
        with pytest.raises(grpc.RpcError, match="name or the password is wrong"):
            stub.Login(request)
        return time.perf_counter() - started

    return refuse


def lock(identity, *names):
    with identity.database.begin() as connection:
        for name in names * 5:
            attempts.settle(connection, Attempt(name), Outcome.WRONG, real_now())


def ratio(first, second, turn):
    """Time of the one to the other, asked one after the other in changing order."""
    taken = {}
    for each in (first, second) if turn % 2 else (second, first):
        taken[each] = each()
    return taken[first] / taken[second]


def even(first, second, *, pairs, within):
    """Tell whether in some round the two take as long as each other."""
    return any(
        statistics.median(ratio(first, second, turn) for turn in range(pairs)) == pytest.approx(1, abs=within)
        for _ in range(ROUNDS)
    )


def test_an_unknown_name_takes_a_hash_as_a_known_one_does(seconds):
    assert even(lambda: seconds("shanghai.rep1"), lambda: seconds("nobody"), pairs=5, within=0.4)


def test_an_unknown_name_is_refused_as_fast_as_a_known_one(identity, quick_hash, seconds):
    lock(identity, "shanghai.rep1", "nobody")
    assert even(lambda: seconds("shanghai.rep1"), lambda: seconds("nobody"), pairs=40, within=0.15)


def test_a_locked_name_is_refused_as_fast_as_an_open_one(identity, quick_hash, seconds):
    lock(identity, "shanghai.rep1")

    def open_name():
        identity.change("UPDATE wrong_sign_ins SET failures = 0, locked_until = NULL WHERE failures > 3")
        return seconds("shanghai.rep2")

    assert even(lambda: seconds("shanghai.rep1"), open_name, pairs=40, within=0.15)


def test_a_right_guess_on_a_locked_name_is_refused_as_fast_as_a_wrong_one(identity, quick_hash, seconds):
    lock(identity, "shanghai.rep1")
    assert even(
        lambda: seconds("shanghai.rep1", RIGHT), lambda: seconds("shanghai.rep1"), pairs=40, within=0.15
    )


def test_a_reset_is_heard_as_fast_for_a_known_name_as_for_an_unknown_one(identity):
    identity.change("UPDATE users SET email = 'rep@example.com' WHERE username = 'shanghai.rep1'")
    stub = identity.stub(passwords_pb2_grpc.PasswordServiceStub)

    def ask(name):
        started = time.perf_counter()
        stub.RequestPasswordReset(passwords_pb2.RequestPasswordResetRequest(username=name))
        return time.perf_counter() - started

    assert even(lambda: ask("shanghai.rep1"), lambda: ask("nobody"), pairs=40, within=0.15)
