import time

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from gateway.identity.authority import OwnAuthority
from gateway.identity.sessions import signing_keys
from gateway.identity.sessions.moments import real_now
from journeyman.identity.v1 import sessions_pb2


@pytest.fixture
def claims(identity):
    """Claims of a token that would be good, and its header."""
    token = identity.token("admin")
    return jwt.decode(token, options={"verify_signature": False}), jwt.get_unverified_header(token)


@pytest.fixture
def not_signed_in(identity, refused):
    def call(token):
        with refused() as refusal:
            identity.me(token)
        assert (refusal.code, refusal.reason) == ("UNAUTHENTICATED", "NOT_SIGNED_IN")

    return call


def private_key(identity):
    raw = identity.value("SELECT private_key FROM signing_keys ORDER BY created_at DESC LIMIT 1")
    return Ed25519PrivateKey.from_private_bytes(bytes(raw))


def test_a_token_signed_with_our_key_is_good(identity, claims):
    payload, header = claims
    token = jwt.encode(payload | {"jti": "another"}, private_key(identity), "EdDSA", headers=header)
    assert identity.me(token).user.username == "admin"


def test_a_token_without_signature_is_refused(claims, not_signed_in):
    payload, header = claims
    not_signed_in(jwt.encode(payload, None, "none", headers=header | {"alg": "none"}))


def test_a_token_signed_by_somebody_else_is_refused(claims, not_signed_in):
    payload, header = claims
    not_signed_in(jwt.encode(payload, Ed25519PrivateKey.generate(), "EdDSA", headers=header))


def test_a_token_signed_with_the_public_key_as_a_secret_is_refused(identity, claims, not_signed_in):
    payload, header = claims
    public = bytes(identity.value("SELECT public_key FROM signing_keys")).hex()
    not_signed_in(jwt.encode(payload, public, "HS256", headers=header | {"alg": "HS256"}))


def test_a_changed_token_is_refused(identity, not_signed_in):
    head, _, signature = identity.token("shanghai.rep1").split(".")
    body = identity.token("admin").split(".")[1]
    not_signed_in(f"{head}.{body}.{signature}")


def test_an_expired_token_is_refused(identity, claims, not_signed_in):
    payload, header = claims
    late = payload | {"iat": time.time() - 910, "exp": time.time() - 10}
    not_signed_in(jwt.encode(late, private_key(identity), "EdDSA", headers=header))


def test_a_token_of_another_type_is_refused(identity, claims, not_signed_in):
    payload, header = claims
    not_signed_in(jwt.encode(payload, private_key(identity), "EdDSA", headers=header | {"typ": "JWT"}))


def test_a_token_of_another_issuer_is_refused(identity, claims, not_signed_in):
    payload, header = claims
    without = {name: value for name, value in payload.items() if name != "iss"}
    for theirs in (without, payload | {"iss": ""}, payload | {"iss": "another"}):
        not_signed_in(jwt.encode(theirs, private_key(identity), "EdDSA", headers=header))


@pytest.mark.parametrize("token", ["x", "a.b.c", "." * 5000])
def test_what_is_no_token_is_refused(not_signed_in, token):
    not_signed_in(token)


def test_after_a_rotation_the_new_key_signs_and_the_old_one_is_listed_for_an_hour(identity):
    old = identity.token("admin")
    with identity.database.begin() as connection:
        kid = signing_keys.rotate(connection, real_now())
    identity.parts.servicers[0]._signer._key._looked_at = -60
    new = identity.token("admin")
    assert jwt.get_unverified_header(new)["kid"] == kid
    assert identity.me(old).user.username == identity.me(new).user.username == "admin"
    listed = identity.anonymous.ListSigningKeys(sessions_pb2.ListSigningKeysRequest()).keys
    assert [key.kid for key in listed] == [kid, jwt.get_unverified_header(old)["kid"]]
    identity.change("UPDATE signing_keys SET created_at = created_at - interval '1 hour'")
    assert list(OwnAuthority(identity.database).keys()) == [kid]


def test_a_rotation_forgets_keys_that_nobody_can_need(identity):
    for _ in range(2):
        identity.change("UPDATE signing_keys SET created_at = created_at - interval '2 hours'")
        with identity.database.begin() as connection:
            signing_keys.rotate(connection, real_now())
    assert identity.value("SELECT count(*) FROM signing_keys") == 2


def test_what_was_signed_with_a_withdrawn_key_is_refused_and_sessions_go_on(identity, not_signed_in):
    session = identity.login("admin")
    own = identity.runtime.token()
    with identity.database.begin() as connection:
        kid = signing_keys.withdraw(connection, real_now())
    identity.parts.servicers[0]._signer._key._looked_at = -60
    request = sessions_pb2.RefreshSessionRequest(refresh_token=session.refresh_token)
    new = identity.anonymous.RefreshSession(request).access_token
    assert identity.me(new).user.username == "admin"
    not_signed_in(session.access_token)
    assert list(OwnAuthority(identity.database).keys()) == [kid]
    assert identity.runtime.token() != own
    assert jwt.get_unverified_header(identity.runtime.token())["kid"] == kid


def test_processes_that_start_together_make_one_key(identity):
    for _ in range(2):
        with identity.database.begin() as connection:
            signing_keys.make_first(connection, real_now())
    assert identity.value("SELECT count(*) FROM signing_keys") == 1
