"""What the gateway counts of strangers who say who they are."""

import secrets

import grpc
import pytest
from chassis.errors import ErrorKind, render
from chassis.networks import KEY
from grpc_status import rpc_status
from journeyman.identity.v1 import passwords_pb2, sessions_pb2

LOGIN = "/journeyman.identity.v1.SessionService/Login"
REQUEST_RESET = "/journeyman.identity.v1.PasswordService/RequestPasswordReset"
RESET = "/journeyman.identity.v1.PasswordService/ResetPassword"


@pytest.fixture
def network():
    """An address that no other test counts against."""
    return f"198.51.{secrets.randbelow(256)}.{secrets.randbelow(256)}"


@pytest.fixture
def post(client, network):
    def send(path, body, address=network):
        return client.post(path, json=body, environ_base={"REMOTE_ADDR": address})

    return send


@pytest.fixture
def sign_in(post):
    def send(name, **where):
        return post("/v1/auth/login", {"username": name, "password": "x"}, **where).status_code

    return send


def refusing(reason):
    kind = ErrorKind(grpc.StatusCode.UNAUTHENTICATED, reason, "No.", "不。")
    details = render(Exception(), {Exception: kind}, "en").details
    return lambda _, context: context.abort_with_status(rpc_status.to_status(details))


def test_one_password_tried_on_many_names_from_one_network_comes_to_an_end(stubs, sign_in):
    stubs["identity"].answers[LOGIN] = refusing("WRONG_CREDENTIALS")
    statuses = [sign_in(f"name{at}") for at in range(70)]
    assert statuses.count(429) >= 10  # a minute may end in between
    assert sign_in("name0", address="192.0.2.1") == 401


def test_a_network_is_all_that_one_customer_of_a_provider_has(stubs, sign_in):
    stubs["identity"].answers[LOGIN] = refusing("WRONG_CREDENTIALS")
    statuses = [sign_in(f"name{at}", address=f"2001:db8:5:6::{at:x}") for at in range(70)]
    assert statuses.count(429) >= 10
    assert sign_in("name0", address="2001:db8:5:7::1") == 401


@pytest.mark.parametrize("reason", ["OTP_REQUIRED", "TOO_MANY_SIGN_INS", None])
def test_a_building_full_of_people_signs_in_from_one_address(stubs, sign_in, reason):
    if reason:
        stubs["identity"].answers[LOGIN] = refusing(reason)
    else:
        stubs["identity"].answer_with(LOGIN, sessions_pb2.Session(access_token="a"))
    assert 429 not in [sign_in(f"name{at}") for at in range(100)]


def test_mails_are_asked_for_a_few_times_a_minute(stubs, post):
    stubs["identity"].answer_with(REQUEST_RESET, passwords_pb2.RequestPasswordResetResponse())

    def ask(name):
        return post("/v1/auth/password:requestReset", {"username": name}).status_code

    statuses = [ask("Rep1") for _ in range(8)]
    assert statuses.count(429) >= 2  # a minute may end in between
    assert [ask(f"name{at}") for at in range(70)].count(429) >= 10


def test_links_are_not_guessed(stubs, post):
    stubs["identity"].answers[RESET] = refusing("RESET_LINK_ENDED")
    body = {"token": "x", "newPassword": "a lantern hums twice"}
    assert [post("/v1/auth/password:reset", body).status_code for _ in range(70)].count(429) >= 10


def test_identity_is_told_the_network_of_a_stranger_whatever_the_stranger_says(stubs, client, tokens):
    stubs["identity"].answer_with(LOGIN, sessions_pb2.Session(access_token="a"))
    client.post(
        "/v1/auth/login",
        json={"username": "rep1", "password": "x"},
        headers={KEY: "192.0.2.9", "X-Forwarded-For": "192.0.2.9"},
        environ_base={"REMOTE_ADDR": "2001:db8::1"},
    )
    assert stubs["identity"].last(LOGIN).metadata[KEY] == "2001:db8::/64"
