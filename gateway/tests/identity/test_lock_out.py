"""Wrong passwords are counted by name and network, and lock."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from chassis.networks import KEY
from gateway.identity.sessions import attempts
from gateway.identity.sessions.attempts import Attempt
from gateway.identity.sessions.moments import real_now
from gateway.identity.sessions.rules import Outcome, after_failures, faded, locked
from journeyman.identity.v1 import sessions_pb2

NAME = "shanghai.rep1"
RIGHT = "journeyman-demo"
WRONG = Outcome.WRONG

pytestmark = pytest.mark.usefixtures("quick_hash")


@pytest.fixture
def sign_in(identity):
    def call(password="a wrong password", *, username=NAME, network="203.0.113.7"):
        request = sessions_pb2.LoginRequest(username=username, password=password)
        return identity.anonymous.Login(request, metadata=[(KEY, network)])

    return call


@pytest.fixture
def no_sign_in(sign_in, refused):
    def call(password="a wrong password", **where):
        with refused() as refusal:
            sign_in(password, **where)
        assert (refusal.code, refusal.reason) == ("UNAUTHENTICATED", "WRONG_CREDENTIALS")

    return call


@pytest.fixture
def settle(identity):
    """Counts attempts without the hashes. Returns whether the name was locked before each."""

    def count(*networks, outcome=WRONG, username=NAME):
        with identity.database.begin() as connection:
            return [
                attempts.settle(connection, Attempt(username, network), outcome, real_now())
                for network in networks
            ]

    return count


def test_the_lock_lasts_fifteen_minutes_from_the_fifth_failure():
    at = real_now()
    assert after_failures(3, 1, 5, at) == (4, None)
    failures, until = after_failures(4, 1, 5, at)
    assert failures == 0
    assert locked(until, at + timedelta(minutes=15) - timedelta(milliseconds=1))
    assert not locked(until, at + timedelta(minutes=15))


def test_the_fifth_wrong_password_in_a_row_locks_the_name(identity, sign_in, no_sign_in):
    for _ in range(5):
        no_sign_in()
    no_sign_in(RIGHT)
    no_sign_in(RIGHT, username=NAME.upper())
    assert sign_in(RIGHT, username="shanghai.rep2")


def test_a_right_password_starts_the_count_anew(settle, sign_in, no_sign_in):
    for _ in range(2):
        settle("203.0.113.7", "203.0.113.7", "203.0.113.7")
        no_sign_in()
        assert sign_in(RIGHT)


def test_a_lock_ends_by_itself(identity, settle, sign_in, no_sign_in):
    settle(*["203.0.113.7"] * 5)
    no_sign_in(RIGHT)
    identity.change("UPDATE wrong_sign_ins SET locked_until = clock_timestamp()")
    assert sign_in(RIGHT)


def test_whoever_guesses_from_elsewhere_does_not_lock_the_owner_out(settle, sign_in, no_sign_in):
    settle(*["198.51.100.1"] * 9)
    no_sign_in(RIGHT, network="198.51.100.1")
    assert sign_in(RIGHT, network="203.0.113.7")


def test_guesses_from_many_networks_lock_the_name_everywhere(settle, sign_in, no_sign_in):
    assert settle(*[f"198.51.100.{at}" for at in range(49)]) == [False] * 49
    assert settle("198.51.100.200", "198.51.100.201") == [False, True]
    no_sign_in(RIGHT, network="203.0.113.7")
    assert sign_in(RIGHT, username="shanghai.rep2")


def test_fifty_of_all_networks_fade_within_the_time_of_a_lock():
    at = real_now()
    assert [faded(49, at - timedelta(minutes=minutes), at) for minutes in (0, 3, 15, 99)] == [49, 39, 0, 0]


def test_who_guesses_slowly_locks_nothing_everywhere(identity, settle):
    for number in range(3):
        identity.change("UPDATE wrong_sign_ins SET counted_at = counted_at - interval '15 minutes'")
        settle("203.0.113.7", outcome=Outcome.RIGHT)  # what is not counted keeps nothing from fading
        assert settle(*[f"198.51.{number}.{at}" for at in range(49)]) == [False] * 49


def test_an_unknown_name_is_locked_like_a_known_one(settle, no_sign_in):
    assert settle(*[""] * 6, username="nobody") == settle(*[""] * 6) == [False] * 5 + [True]
    no_sign_in(username="nobody", network="")


def test_parallel_failures_are_counted_exactly(identity, settle):
    with ThreadPoolExecutor(8) as threads:
        found = [was for answer in threads.map(lambda _: settle("", "x"), range(8)) for was in answer]
    # on "" and on "x" five each count, and three come behind the fifth
    assert sorted(found) == [False] * 10 + [True] * 6
    assert identity.value("SELECT failures FROM wrong_sign_ins WHERE network = '*'") == 10


def test_wrong_and_right_ones_at_once_do_not_wait_for_each_other_for_ever(identity, settle):
    """Who counts and who forgets lock the rows of a name in the same order."""

    def sign_in(number):
        if number % 2:
            settle("203.0.113.7")
            return
        with identity.database.begin() as connection:
            attempts.clear(connection, Attempt(NAME, "203.0.113.7"))

    with ThreadPoolExecutor(8) as threads:
        list(threads.map(sign_in, range(240)))


def test_a_right_guess_behind_the_fifth_wrong_one_is_refused_although_it_was_hashed_before(settle):
    settle(*[""] * 5)
    assert settle("", outcome=Outcome.RIGHT) == [True]


def test_guesses_of_somebody_who_is_past_the_first_door_lock_the_name_everywhere(settle):
    assert settle(*"abcde", outcome=Outcome.WRONG_INSIDE) == [False] * 5
    assert settle("f", outcome=Outcome.RIGHT) == [True]


def test_a_network_that_is_none_is_read_as_none(sign_in, no_sign_in):
    no_sign_in(network="*")
    no_sign_in(network="1' OR '1' = '1")
    assert sign_in(RIGHT, network="x" * 200)


def test_no_name_is_kept_in_clear_and_none_for_longer_than_a_day(identity, settle):
    settle("", username="a password in the wrong field")
    assert (
        identity.value("SELECT count(*) FROM wrong_sign_ins WHERE position('pass' in name_digest::text) > 0")
        == 0
    )
    identity.change("UPDATE wrong_sign_ins SET counted_at = counted_at - interval '1 day 1 minute'")
    next(sweep for sweep in identity.parts.sweeps if sweep.name == "forget-sessions").run()
    assert identity.value("SELECT count(*) FROM wrong_sign_ins") == 0


def test_the_operator_sees_how_sign_ins_end(identity, sign_in, no_sign_in, settle):
    def count(outcome):
        return identity.runtime.metrics.registry.get_sample_value(
            "journeyman_sign_ins_total", {"outcome": outcome}
        )

    sign_in(RIGHT)
    no_sign_in()
    no_sign_in(username="nobody")
    settle(*["203.0.113.7"] * 5)
    no_sign_in(RIGHT)
    identity.change("UPDATE users SET state = 'DISABLED' WHERE username = 'shanghai.rep2'")
    no_sign_in(RIGHT, username="shanghai.rep2")
    outcomes = ("right", "wrong", "unknown", "locked", "closed", "otp_wrong")
    assert [count(outcome) for outcome in outcomes] == [1, 1, 1, 1, 1, 0]
