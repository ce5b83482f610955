import contextlib
import socket
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import grpc
import pytest
from chassis.access import InvalidToken, KeyRing, Revocations, TokenVerifier
from chassis.access.revocations import STREAM
from gateway.identity.authority import OwnAuthority
from google.protobuf.any_pb2 import Any as Packed
from journeyman.identity.v1 import events_pb2, sessions_pb2, sessions_pb2_grpc, users_pb2, users_pb2_grpc

ENDED = ("UNAUTHENTICATED", "SESSION_ENDED")


def refresh(identity, token):
    return identity.anonymous.RefreshSession(sessions_pb2.RefreshSessionRequest(refresh_token=token))


def logout(identity, token):
    identity.stub(sessions_pb2_grpc.SessionServiceStub, token).Logout(sessions_pb2.LogoutRequest())


@pytest.fixture
def ended(identity, refused):
    """Fails unless the refresh token is refused."""

    def try_refresh(token):
        with refused() as refusal:
            refresh(identity, token)
        assert (refusal.code, refusal.reason) == ENDED

    return try_refresh


@pytest.fixture
def elsewhere(identity, redis_client):
    """A verifier as another process has it: revocations come over Redis, or from identity."""
    authority = OwnAuthority(identity.database)
    revocations = Revocations(authority.revocations)
    thread = revocations.follow(redis_client)
    yield TokenVerifier(KeyRing(authority.keys), revocations)
    revocations.stop()
    thread.join()


def is_refused_soon(verifier, token):
    """Wait until the verifier refuses the token."""
    tired = threading.Event()
    threading.Timer(10, tired.set).start()
    while not tired.is_set():
        try:
            verifier.verify(token)
        except InvalidToken:
            return True
        tired.wait(0.01)
    return False


def revoked_keys(identity):
    keys = []
    for event in identity.events("access.revoked"):
        data = events_pb2.AccessRevoked()
        Packed.FromString(bytes(event.data)).Unpack(data)
        keys.append(data.key)
    return keys


def test_a_refresh_token_gives_a_new_pair_of_the_same_session(identity):
    first = identity.login("admin")
    second = refresh(identity, first.refresh_token)
    assert second.refresh_token != first.refresh_token
    verifier = identity.runtime.verifier
    assert verifier.verify(second.access_token).session_id == verifier.verify(first.access_token).session_id
    assert refresh(identity, second.refresh_token).access_token


def test_a_refresh_token_that_comes_after_the_one_it_gave_ends_the_session(identity, ended, refused):
    first = identity.login("admin")
    second = refresh(identity, first.refresh_token)
    third = refresh(identity, second.refresh_token)
    ended(first.refresh_token)
    ended(third.refresh_token)
    for session in (first, second, third):
        with refused() as refusal:
            identity.me(session.access_token)
        assert refusal.reason == "NOT_SIGNED_IN"
    assert len(revoked_keys(identity)) == 1
    assert identity.me(identity.token("admin")).user.username == "admin"


def test_a_refresh_whose_answer_was_lost_is_repeated(identity):
    token = identity.login("admin").refresh_token
    for _ in range(3):
        session = refresh(identity, token)
    assert refresh(identity, session.refresh_token).access_token


def test_what_a_repeated_refresh_gave_before_ends_the_session(identity, ended):
    first = identity.login("admin")
    lost = refresh(identity, first.refresh_token)
    session = refresh(identity, first.refresh_token)
    ended(lost.refresh_token)
    ended(session.refresh_token)


def test_half_a_minute_later_a_refresh_token_that_comes_twice_ends_the_session(identity, ended):
    first = identity.login("admin")
    second = refresh(identity, first.refresh_token)
    identity.change(
        "UPDATE refresh_tokens SET used_at = used_at - interval '30 seconds',"
        " issued_at = issued_at - interval '30 seconds'"
    )
    ended(first.refresh_token)
    ended(second.refresh_token)


def test_of_parallel_refreshes_the_last_counts(identity, ended):
    session = identity.login("admin")
    with ThreadPoolExecutor(6) as threads:
        given = list(threads.map(lambda _: refresh(identity, session.refresh_token), range(6)))
    unused = identity.value("SELECT count(*) FROM refresh_tokens WHERE used_at IS NULL")
    assert (len({each.refresh_token for each in given}), unused) == (6, 1)
    for each in given[:2]:  # one of them at least is void
        with contextlib.suppress(grpc.RpcError):
            refresh(identity, each.refresh_token)
    for each in given:
        ended(each.refresh_token)


@pytest.mark.rule("R148")
def test_a_session_without_refresh_ends_after_half_an_hour_R148(identity, ended):
    session = identity.login("admin")
    identity.change("UPDATE sessions SET refreshed_at = clock_timestamp() - interval '29 minutes'")
    session = refresh(identity, session.refresh_token)
    identity.change("UPDATE sessions SET refreshed_at = clock_timestamp() - interval '30 minutes'")
    ended(session.refresh_token)


@pytest.mark.rule("R148")
def test_a_session_ends_after_twelve_hours_however_often_it_is_refreshed_R148(identity, ended):
    session = identity.login("admin")
    identity.change("UPDATE sessions SET opened_at = clock_timestamp() - interval '11 hours 59 minutes'")
    session = refresh(identity, session.refresh_token)
    identity.change("UPDATE sessions SET opened_at = clock_timestamp() - interval '12 hours'")
    ended(session.refresh_token)


def test_foreign_refresh_tokens_are_refused(ended):
    ended("never given")


def test_logout_ends_the_session_and_no_other(identity, ended, refused):
    session, other = identity.login("admin"), identity.login("admin")
    logout(identity, session.access_token)
    ended(session.refresh_token)
    with refused() as refusal:
        identity.me(session.access_token)
    assert refusal.code == "UNAUTHENTICATED"
    assert identity.me(other.access_token)


def test_a_logout_reaches_other_processes_over_redis(identity, elsewhere):
    session = identity.login("admin")
    assert elsewhere.verify(session.access_token).is_person
    logout(identity, session.access_token)
    assert is_refused_soon(elsewhere, session.access_token)


def test_a_logout_outlives_the_loss_of_redis(identity, redis_client, elsewhere):
    session = identity.login("admin")
    logout(identity, session.access_token)
    redis_client.flushall()
    rebuilt = Revocations(OwnAuthority(identity.database).revocations)
    thread = rebuilt.follow(redis_client)
    verifier = TokenVerifier(KeyRing(OwnAuthority(identity.database).keys), rebuilt)
    assert is_refused_soon(verifier, session.access_token)
    another = identity.login("admin")
    assert elsewhere.verify(another.access_token)
    logout(identity, another.access_token)
    assert is_refused_soon(elsewhere, another.access_token)
    assert is_refused_soon(verifier, another.access_token)
    rebuilt.stop()
    thread.join()


@pytest.mark.parametrize("hangs", [False, True])
def test_a_logout_waits_for_no_redis_that_is_down_or_hangs(identity, redis_client, ended, hangs):
    session = identity.login("admin")
    announce = next(sweep.run for sweep in identity.parts.sweeps if sweep.name == "announce-revocations")
    pool = announce._redis.connection_pool
    right = pool.connection_kwargs["port"]
    with socket.create_server(("127.0.0.1", 0)) as silent:
        pool.connection_kwargs["port"] = silent.getsockname()[1] if hangs else 1
        started = time.monotonic()
        logout(identity, session.access_token)
        assert time.monotonic() - started < 3
    with pytest.raises(InvalidToken):
        identity.runtime.verifier.verify(session.access_token)
    ended(session.refresh_token)
    pool.connection_kwargs["port"] = right
    pool.reset()
    announce()
    assert len(redis_client.xrange(STREAM)) == 1


def test_a_revocation_whose_process_died_is_announced_by_the_sweep(identity, redis_client):
    identity.change("INSERT INTO revocations (key, issued_before) VALUES ('someone', clock_timestamp())")
    announce = next(sweep for sweep in identity.parts.sweeps if sweep.name == "announce-revocations")
    announce.run()
    announce.run()
    assert [fields[b"key"] for _, fields in redis_client.xrange(STREAM)] == [b"someone"]


def test_services_list_the_revocations_that_still_matter(identity):
    identity.change(
        "INSERT INTO revocations (key, issued_before)"
        " VALUES ('old', clock_timestamp() - interval '16 minutes'), ('new', clock_timestamp())"
    )
    token = identity.anonymous.IssueClientToken(
        sessions_pb2.IssueClientTokenRequest(
            client_id="visit", client_secret="a-secret-of-a-service-that-nobody-guesses"
        )
    ).access_token
    stub = identity.stub(sessions_pb2_grpc.SessionServiceStub, token)
    answer = stub.ListRevocations(sessions_pb2.ListRevocationsRequest())
    assert [found.key for found in answer.revocations] == ["new"]


def test_revocations_are_shown_to_who_reaches_everything_only(identity):
    identity.change("INSERT INTO revocations (key, issued_before) VALUES ('somebody', clock_timestamp())")
    request = sessions_pb2.ListRevocationsRequest()
    seen = identity.stub(sessions_pb2_grpc.SessionServiceStub, identity.token("auditor"))
    assert [found.key for found in seen.ListRevocations(request).revocations] == ["somebody"]
    identity.change("UPDATE role_assignments SET scope = 'SUBTREE' WHERE role_code = 'auditor'")
    unseen = identity.stub(sessions_pb2_grpc.SessionServiceStub, identity.token("auditor"))
    assert list(unseen.ListRevocations(request).revocations) == []


def test_a_disabled_account_loses_its_tokens_and_sessions_at_once(identity, ended, refused):
    session = identity.login("shanghai.rep1")
    users = identity.stub(users_pb2_grpc.UserServiceStub, identity.token("admin"))
    rep = identity.me(session.access_token).user
    users.UpdateUser(
        users_pb2.UpdateUserRequest(user=users_pb2.User(id=rep.id, state=users_pb2.User.STATE_DISABLED))
    )
    with refused() as refusal:
        identity.me(session.access_token)
    assert refusal.code == "UNAUTHENTICATED"
    ended(session.refresh_token)
    assert revoked_keys(identity) == [rep.id]


def test_the_revocation_and_its_event_are_written_together(identity):
    session = identity.login("admin")
    session_id = identity.runtime.verifier.verify(session.access_token).session_id
    logout(identity, session.access_token)
    assert revoked_keys(identity) == [session_id]
    assert identity.value("SELECT key FROM revocations") == session_id


def test_a_machine_that_logs_out_ends_nobodys_session(identity):
    token = identity.anonymous.IssueClientToken(
        sessions_pb2.IssueClientTokenRequest(client_id="finance-erp", client_secret="journeyman-demo")
    ).access_token
    logout(identity, token)
    assert identity.me(token).client_id == "finance-erp"


def test_old_sessions_and_revocations_are_forgotten(identity):
    identity.login("admin")
    identity.change("UPDATE sessions SET refreshed_at = refreshed_at - interval '8 days'")
    identity.change(
        "INSERT INTO revocations (key, issued_before) VALUES ('old', clock_timestamp() - interval '1 hour')"
    )
    forget = next(sweep for sweep in identity.parts.sweeps if sweep.name == "forget-sessions")
    forget.run()
    for table in ("sessions", "refresh_tokens", "revocations"):
        assert identity.value(f"SELECT count(*) FROM {table}") == 0
