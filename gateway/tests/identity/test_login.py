from concurrent.futures import ThreadPoolExecutor

import grpc
import jwt
import pytest
from chassis.access import Scope
from google.rpc import error_details_pb2

ALIKE = ("UNAUTHENTICATED", "WRONG_CREDENTIALS")


@pytest.fixture
def no_login(identity, refused):
    """Fails unless the login is refused as every wrong one is."""

    def try_login(username, password="a wrong password"):
        with refused() as refusal:
            identity.login(username, password)
        assert (refusal.code, refusal.reason) == ALIKE

    return try_login


def test_a_session_carries_the_person_and_the_grants(identity):
    session = identity.login("shanghai.rep1")
    caller = identity.runtime.verifier.verify(session.access_token)
    assert caller.is_person
    assert caller.unit_id == identity.unit_id("shanghai")
    assert [(grant.unit_id, grant.scope) for grant in caller.grants] == [(caller.unit_id, Scope.SELF)]
    assert caller.may("visits.write")
    assert not caller.may("users.create")
    assert (session.expires_in, session.token_type) == (900, "Bearer")
    assert caller.expires_at - caller.issued_at == pytest.approx(900)


def test_a_token_names_its_key_and_its_type(identity):
    header = jwt.get_unverified_header(identity.token("admin"))
    assert (header["alg"], header["typ"]) == ("EdDSA", "at+jwt")
    assert header["kid"] == identity.value("SELECT kid FROM signing_keys")


def test_upper_and_lower_case_of_a_login_name_are_the_same(identity):
    assert identity.me(identity.token("Shanghai.REP1")).user.username == "shanghai.rep1"


def test_unknown_wrong_and_disabled_accounts_are_refused_alike(identity, no_login):
    identity.change("UPDATE users SET state = 'DISABLED' WHERE username = 'shanghai.rep2'")
    no_login("nobody")
    no_login("shanghai.rep1")
    no_login("shanghai.rep2", "journeyman-demo")


@pytest.mark.rule("R147")
def test_an_account_without_a_role_cannot_sign_in_R147(identity, no_login):
    identity.change(
        "DELETE FROM role_assignments WHERE user_id = (SELECT id FROM users WHERE username = 'shanghai.rep1')"
    )
    no_login("shanghai.rep1", "journeyman-demo")


def test_only_two_passwords_are_hashed_at_once(identity, refused):
    hasher = identity.parts.servicers[0]._password_sign_in._check._hasher
    with hasher._turn(), hasher._turn(), refused() as refusal:
        identity.login("admin")
    assert (refusal.code, refusal.reason) == ("RESOURCE_EXHAUSTED", "TOO_MANY_SIGN_INS")
    assert refusal.unpack(error_details_pb2.RetryInfo)[0].retry_delay.seconds == 1
    assert identity.login("admin")


def test_no_connection_waits_for_a_hash(identity):
    hasher = identity.parts.servicers[0]._password_sign_in._check._hasher
    with ThreadPoolExecutor(1) as threads, hasher._turn(), hasher._turn():
        login = threads.submit(identity.login, "admin")
        while not hasher._turns._cond._waiters:
            assert not login.done()
        assert identity.database.connections_used() == 0
        with pytest.raises(grpc.RpcError):
            login.result()


def test_a_password_of_any_text_is_compared_and_not_stored_in_clear(identity, no_login):
    no_login("admin", "密码\x7f" * 60)
    assert identity.value("SELECT bool_and(password_hash LIKE '$argon2id$%') FROM credentials")
