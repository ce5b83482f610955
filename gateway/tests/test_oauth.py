import base64

import jwt
import pytest
from google.protobuf import any_pb2
from google.rpc import code_pb2, error_details_pb2, status_pb2
from grpc_status import rpc_status
from journeyman.identity.v1 import sessions_pb2

ISSUE = "/journeyman.identity.v1.SessionService/IssueClientToken"
FORM = {"grant_type": "client_credentials"}


def basic(client_id: str, secret: str) -> dict[str, str]:
    return {"Authorization": "Basic " + base64.b64encode(f"{client_id}:{secret}".encode()).decode()}


@pytest.fixture
def wrong_secret(stubs):
    status = status_pb2.Status(code=code_pb2.UNAUTHENTICATED, message="no")
    detail = any_pb2.Any()
    detail.Pack(error_details_pb2.ErrorInfo(reason="WRONG_CREDENTIALS", domain="journeyman"))
    status.details.append(detail)
    stubs["identity"].answers[ISSUE] = lambda _, context: context.abort_with_status(
        rpc_status.to_status(status)
    )


@pytest.mark.parametrize(
    ("headers", "form"),
    [
        (basic("finance-erp", "a%2Bb%3A"), {}),
        ({}, {"client_id": "finance-erp", "client_secret": "a+b:"}),
    ],
)
def test_a_machine_gets_a_token_by_basic_or_by_form(client, stubs, headers, form):
    answer = client.post("/oauth2/token", data=FORM | form, headers=headers)
    assert answer.json == {"access_token": "t", "token_type": "Bearer", "expires_in": 900}
    assert answer.headers["Cache-Control"] == "no-store"
    request = sessions_pb2.IssueClientTokenRequest.FromString(stubs["identity"].last(ISSUE).request)
    assert (request.client_id, request.client_secret) == ("finance-erp", "a+b:")


@pytest.mark.usefixtures("wrong_secret")
def test_a_wrong_secret_is_invalid_client(client):
    answer = client.post("/oauth2/token", data=FORM, headers=basic("finance-erp", "wrong"))
    assert (answer.status_code, answer.json["error"]) == (401, "invalid_client")
    assert answer.headers["WWW-Authenticate"].startswith("Basic ")


@pytest.mark.parametrize(
    ("form", "headers", "status", "error"),
    [
        ({"scope": "x"}, {}, 400, "invalid_request"),
        ({"grant_type": "password"}, {}, 400, "unsupported_grant_type"),
        (FORM, {}, 401, "invalid_client"),
        (FORM, {"Authorization": "Basic ???"}, 401, "invalid_client"),
        (FORM, {"Authorization": "Basic /w=="}, 401, "invalid_client"),
        (FORM, {"Authorization": "Bearer x"}, 401, "invalid_client"),
        (FORM, basic("a", "%ff"), 401, "invalid_client"),
        (FORM, basic("a\0", "b"), 401, "invalid_client"),
        (FORM | {"client_id": "x" * 5000, "client_secret": "y"}, {}, 200, None),
    ],
)
def test_errors_have_the_names_of_rfc_6749(client, form, headers, status, error):
    answer = client.post("/oauth2/token", data=form, headers=headers)
    assert (answer.status_code, answer.json.get("error")) == (status, error)


@pytest.mark.parametrize(
    "body", [b"grant_type=a&grant_type=b", b"grant_type=%ff", b"\xff\xff", b"a=b&" * 50, b""]
)
def test_a_bad_form_is_invalid_request(client, body):
    answer = client.post("/oauth2/token", data=body, content_type="application/x-www-form-urlencoded")
    assert (answer.status_code, answer.json["error"]) == (400, "invalid_request")


def test_another_content_type_is_a_problem(client):
    answer = client.post("/oauth2/token", json=FORM)
    assert (answer.status_code, answer.json["reason"]) == (415, "UNSUPPORTED_MEDIA_TYPE")


def test_the_published_keys_verify_tokens(client, tokens):
    answer = client.get("/.well-known/jwks.json")
    key = jwt.PyJWKSet.from_dict(answer.json)[tokens.kid]
    assert jwt.decode(tokens.sign(), key, algorithms=["EdDSA"])["sub"] == "rep-1"
    assert "max-age" in answer.headers["Cache-Control"]
