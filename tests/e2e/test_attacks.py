"""Who wants in without a right to: each attack against the running platform, from the outside."""

import base64
import json
import secrets
import time
import uuid
from contextlib import ExitStack

import grpc
import httpx
import jwt
import pytest
from branches.asking import told
from branches.organisation import PASSWORD
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from journeyman.customer.v1 import customers_pb2, customers_pb2_grpc

GUESS = "a lantern hums twice"


@pytest.fixture
def at(url):
    """A client with an address of this machine: `at("127.0.0.66")` shares no limit with other tests."""
    with ExitStack() as opened:

        def client(address, token=""):
            headers = {"Authorization": f"Bearer {token}"} if token else {}
            transport = httpx.HTTPTransport(local_address=address)
            return opened.enter_context(
                httpx.Client(base_url=url, transport=transport, headers=headers, timeout=30)
            )

        yield client


@pytest.fixture
def attacker(at):
    return at(f"127.66.{secrets.randbelow(256)}.{secrets.randbelow(256)}")


@pytest.fixture
def victim(organisation):
    """The name of a new account with a role."""
    username = f"victim-{uuid.uuid4().hex[:8]}"
    organisation.person(username, organisation.top, field_rep="SELF")
    return username


@pytest.fixture
def sessions(at):
    """Opens sessions by password, from where nobody attacks."""
    http = at("127.0.0.77")

    def open_session(username, password=PASSWORD):
        answer = http.post("/v1/auth/login", json={"username": username, "password": password})
        assert answer.status_code == 200, answer.text
        return answer.json()

    return open_session


@pytest.fixture
def accepted(at, stack):
    """Where an access token is accepted: at the gateway, and at a service without it."""

    def places(token):
        found = []
        http = at("127.0.0.78", token)
        if http.get("/v1/me").status_code == 200:
            found.append("gateway")
        with grpc.insecure_channel(stack.url("customer")) as channel:
            stub = customers_pb2_grpc.CustomerServiceStub(channel)
            try:
                metadata = [("authorization", f"Bearer {token}")]
                stub.ListCustomers(customers_pb2.ListCustomersRequest(), metadata=metadata, timeout=10)
                found.append("customer")
            except grpc.RpcError as error:
                if error.code() is not grpc.StatusCode.UNAUTHENTICATED:
                    raise
        return found

    return places


def refresh(http, session):
    return http.post("/v1/auth/refresh", json={"refreshToken": session["refreshToken"]})


def claims_of(token):
    return jwt.decode(token, options={"verify_signature": False})


def reason(answer):
    return answer.status_code, answer.json().get("reason")


# Password spraying


def test_one_password_tried_on_many_names_comes_to_an_end_and_locks_nobody(attacker, sessions, victim):
    def attempt(name):
        return reason(attacker.post("/v1/auth/login", json={"username": name, "password": GUESS}))

    refused = [attempt(name) for name in [victim, *(f"nobody{number}" for number in range(29))]]
    assert set(refused) == {(401, "WRONG_CREDENTIALS")}
    # a minute may end in between
    assert any(attempt(f"another{number}") == (429, "TOO_MANY_REQUESTS") for number in range(35))
    assert sessions(victim)


# Theft of refresh tokens


def test_a_stolen_refresh_token_ends_the_session_as_soon_as_both_have_gone_on(
    attacker, sessions, victim, accepted, eventually
):
    session = sessions(victim)
    stolen = refresh(attacker, session).json()
    assert accepted(stolen["accessToken"]) == ["gateway", "customer"]
    honest = refresh(attacker, session).json()  # as if the answer had been lost
    assert reason(refresh(attacker, stolen)) == (401, "SESSION_ENDED")
    assert reason(refresh(attacker, honest)) == (401, "SESSION_ENDED")
    tokens = [each["accessToken"] for each in (session, stolen, honest)]
    eventually(lambda: [accepted(token) for token in tokens] == [[], [], []])


def test_a_refresh_token_that_was_stolen_after_its_use_ends_the_session(attacker, sessions, victim):
    session = sessions(victim)
    honest = refresh(attacker, refresh(attacker, session).json()).json()
    assert reason(refresh(attacker, session)) == (401, "SESSION_ENDED")
    assert reason(refresh(attacker, honest)) == (401, "SESSION_ENDED")


def test_tokens_that_were_stolen_before_the_logout_are_worth_nothing_after_it(
    at, attacker, sessions, victim, accepted, eventually
):
    session = sessions(victim)
    assert at("127.0.0.77", session["accessToken"]).post("/v1/auth/logout", json={}).status_code == 200
    assert reason(refresh(attacker, session)) == (401, "SESSION_ENDED")
    eventually(lambda: accepted(session["accessToken"]) == [])


# Session fixation


def test_nobody_gives_a_session_its_id_or_its_tokens(attacker, sessions, victim):
    mine = sessions(victim)
    chosen = claims_of(mine["accessToken"])["sid"]
    body = {"username": victim, "password": PASSWORD}
    for field in ("sessionId", "sid", "refreshToken", "accessToken"):
        answer = attacker.post("/v1/auth/login", json={**body, field: chosen})
        assert reason(answer) == (400, "INVALID_FIELDS")
    carried = {
        "Cookie": f"sid={chosen}; session={chosen}; refreshToken={mine['refreshToken']}",
        "X-Session-Id": chosen,
        "Authorization": f"Bearer {mine['accessToken']}",
    }
    fresh = attacker.post("/v1/auth/login", json=body, headers=carried).json()
    assert claims_of(fresh["accessToken"])["sid"] != chosen
    assert fresh["refreshToken"] != mine["refreshToken"]
    invented = {"refreshToken": "x" * 43}
    assert reason(refresh(attacker, invented)) == (401, "SESSION_ENDED")
    sessions(victim)
    assert reason(refresh(attacker, invented)) == (401, "SESSION_ENDED")


def test_whoever_knew_the_session_before_a_change_of_password_knows_none_after_it(
    at, attacker, sessions, victim, accepted, eventually
):
    known = sessions(victim)
    body = {"currentPassword": PASSWORD, "newPassword": GUESS}
    changed = at("127.0.0.77", known["accessToken"]).post("/v1/me/password:change", json=body).json()
    assert claims_of(changed["accessToken"])["sid"] != claims_of(known["accessToken"])["sid"]
    assert reason(refresh(attacker, known)) == (401, "SESSION_ENDED")
    eventually(lambda: accepted(known["accessToken"]) == [])
    assert accepted(changed["accessToken"]) == ["gateway", "customer"]


# Confusion of tokens, of clients and people


def client_token(http, client_id, secret=PASSWORD):
    form = {"grant_type": "client_credentials", "client_id": client_id, "client_secret": secret}
    return http.post("/oauth2/token", data=form)


def test_a_machine_does_not_do_what_only_people_do(at, attacker):
    machine = at("127.0.0.66", client_token(attacker, "finance-erp").json()["access_token"])
    for path, body in (
        ("/v1/me/password:change", {"currentPassword": PASSWORD, "newPassword": GUESS}),
        ("/v1/me/totp:enroll", {"password": PASSWORD}),
        ("/v1/me/totp:confirm", {"code": "123456"}),
        ("/v1/me/totp:disable", {"password": PASSWORD, "code": "123456"}),
    ):
        assert reason(machine.post(path, json=body)) == (403, "PERSON_REQUIRED")


def test_a_person_is_no_client_and_a_client_no_person(attacker, victim, sessions):
    person = claims_of(sessions(victim)["accessToken"])["sub"]
    for name in (victim, person):
        refused = client_token(attacker, name)
        assert (refused.status_code, refused.json()["error"]) == (401, "invalid_client")
    body = {"username": "finance-erp", "password": PASSWORD}
    assert reason(attacker.post("/v1/auth/login", json=body)) == (401, "WRONG_CREDENTIALS")


def test_a_machine_that_is_named_like_a_person_is_not_the_person(at, attacker, organisation, sessions):
    name = f"twin-{uuid.uuid4().hex[:8]}"
    user_id = organisation.person(name, organisation.top, system_admin="ALL")
    made = organisation.post(
        "/v1/apiClients", {"clientId": name, "displayName": name, "permissions": ["orgUnits.read"]}
    )
    machine = at("127.0.0.66", client_token(attacker, name, made["clientSecret"]).json()["access_token"])
    me = machine.get("/v1/me").json()
    assert (me["clientId"], "user" in me, me["permissions"]) == (name, False, ["orgUnits.read"])
    assert machine.get(f"/v1/users/{user_id}").status_code == 403
    # what ends the person's sessions leaves the machine alone, and a machine has none to end
    session = sessions(name)
    assert machine.post("/v1/auth/logout", json={}).status_code == 200
    assert refresh(attacker, session).status_code == 200
    assert client_token(attacker, name).status_code == 401


def test_no_token_passes_for_another_kind(attacker, sessions, victim, accepted):
    session = sessions(victim)
    assert accepted(session["refreshToken"]) == []
    assert accepted(base64.b64encode(f"{victim}:{PASSWORD}".encode()).decode()) == []
    swapped = {"refreshToken": session["accessToken"][:512]}
    assert reason(refresh(attacker, swapped)) == (401, "SESSION_ENDED")
    for token in (session["refreshToken"], session["accessToken"][:512]):
        answer = attacker.post("/v1/auth/password:reset", json={"token": token, "newPassword": GUESS})
        assert reason(answer) == (401, "RESET_LINK_ENDED")


OURS = Ed25519PrivateKey.generate()
PUBLIC = base64.urlsafe_b64encode(OURS.public_key().public_bytes_raw()).rstrip(b"=").decode()
KEY = {"kty": "OKP", "crv": "Ed25519", "x": PUBLIC}
FORGERIES = {
    "a key of their own under our key's name": {},
    "a key of their own under its own name": {"kid": "theirs"},
    "a key that the token brings along": {"jwk": KEY},
    "a key that the token points to": {"jku": "http://127.0.0.1:1/jwks.json", "kid": "theirs"},
    "a key's name that is a path": {"kid": "../../dev/null"},
    "a key's name that is a query": {"kid": "' OR '1'='1"},
    "another type of token": {"typ": "JWT"},
}


@pytest.mark.parametrize("header", FORGERIES.values(), ids=FORGERIES)
def test_a_token_that_others_have_signed_opens_nothing(header, sessions, victim, accepted):
    token = sessions(victim)["accessToken"]
    genuine = jwt.get_unverified_header(token)
    forged = claims_of(token) | {"grants": [{"permissions": ["*"], "unit": "", "scope": "ALL"}]}
    assert accepted(jwt.encode(forged, OURS, "EdDSA", headers=genuine | header)) == []


def test_a_token_without_a_signature_or_with_a_public_one_opens_nothing(at, sessions, victim, accepted):
    head, body, signature = sessions(victim)["accessToken"].split(".")
    (public,) = {key["x"] for key in at("127.0.0.66").get("/.well-known/jwks.json").json()["keys"][:1]}
    header = jwt.get_unverified_header(f"{head}.{body}.{signature}")
    payload = claims_of(f"{head}.{body}.{signature}")
    unsigned = base64.urlsafe_b64encode(json.dumps(header | {"alg": "none"}).encode()).decode().rstrip("=")
    stronger = base64.urlsafe_b64encode(
        json.dumps(payload | {"exp": time.time() + 9e6, "kind": "client"}).encode()
    ).decode()
    for token in (
        f"{unsigned}.{body}.",
        f"{unsigned}.{body}.{signature}",
        f"{head}.{stronger.rstrip('=')}.{signature}",
        jwt.encode(payload, public * 2, "HS256", headers=header | {"alg": "HS256"}),
    ):
        assert accepted(token) == []


# Enumeration of ids


def neighbours(id_):
    """Ids that somebody would guess from this one: made in the same and the next milliseconds."""
    value = uuid.UUID(id_).int
    for offset in (1, -1, 1 << 62, 1 << 64, 1 << 80, -(1 << 80)):
        yield str(uuid.UUID(int=value + offset))


def test_ids_that_are_guessed_from_ones_own_tell_nothing(at, organisation, victim, sessions):
    """Two accounts that were opened one after the other: who has one id gets no nearer to the other."""
    mark = uuid.uuid4().hex[:8]
    first, second = (organisation.person(f"guess{at_}-{mark}", organisation.top) for at_ in "ab")
    random_bits = (1 << 62) - 1
    assert abs((uuid.UUID(first).int & random_bits) - (uuid.UUID(second).int & random_bits)) > 1 << 32
    http = at("127.0.0.66", sessions(victim)["accessToken"])
    answers = {
        told(Told(http.get(f"/v1/users/{id_}")), id_)
        for id_ in (first, second, *neighbours(first), str(uuid.uuid4()))
    }
    ((status, _),) = answers
    assert status == 404


class Told:
    """An answer as `told` reads it."""

    def __init__(self, answer):
        self.status, self.text = answer.status_code, answer.text
