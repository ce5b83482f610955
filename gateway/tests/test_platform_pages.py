import json
import re
import threading
import time
from contextlib import closing

import pytest
from gateway.app import Gateway
from google.protobuf import timestamp_pb2
from journeyman.customer.v1 import customers_pb2
from journeyman.identity.v1 import sessions_pb2

GET_CUSTOMER = "/journeyman.customer.v1.CustomerService/GetCustomer"
SESSIONS = "/journeyman.identity.v1.SessionService"
CONSOLE = "https://console.example.com"


@pytest.mark.parametrize("path", ["/livez", "/readyz", "/version", "/openapi.json", "/docs", "/docs/errors"])
def test_a_page_needs_no_token(client, path):
    assert client.get(path).status_code == 200


def test_the_docs_load_nothing_from_elsewhere(client):
    pages = [client.get(path) for path in ("/docs", "/docs/docs.js", "/docs/docs.css", "/docs/errors")]
    for page in pages:
        assert not re.search(rb"(?:src|href|url|import|fetch)[=(\s\"']+(?:https?:)?//", page.data)
        assert "default-src 'none'" in page.headers["Content-Security-Policy"]
    linked = set(re.findall(r'(?:src|href)="(/[^"]+)"', pages[0].text))
    assert {client.get(path).status_code for path in linked} == {200}


def test_a_problem_points_to_its_place_in_the_docs(client):
    path, _, reason = client.get("/nowhere").json["type"].partition("#")
    assert f'id="{reason}"' in client.get(path).text


def test_the_document_is_that_of_the_served_contracts(client):
    document = json.loads(client.get("/openapi.json").data)
    assert "/v1/customers/{customerId}" in document["paths"]


def test_every_answer_has_the_security_headers(client, tokens):
    for path in ("/livez", "/nowhere", "/v1/me"):
        headers = client.get(path, headers=tokens.bearer()).headers
        assert headers["X-Content-Type-Options"] == "nosniff"
        assert headers["Referrer-Policy"] == "no-referrer"
        assert headers["Cache-Control"] == "no-store"
        assert "Strict-Transport-Security" not in headers


def test_behind_a_trusted_https_proxy_browsers_are_told_to_stay(settings):
    with closing(Gateway(settings.model_copy(update={"proxy_hops": 1}))) as gateway:
        client = gateway.application.test_client()
        headers = client.get("/livez", headers={"X-Forwarded-Proto": "https"}).headers
    assert "Strict-Transport-Security" in headers


def test_only_the_address_that_our_own_proxy_saw_is_believed(settings):
    with closing(Gateway(settings.model_copy(update={"proxy_hops": 1, "requests_per_minute": 5}))) as gateway:
        client = gateway.application.test_client()
        answers = [
            client.get("/v1/me", headers={"X-Forwarded-For": f"10.0.0.{at}, 192.0.2.7"}) for at in range(12)
        ]
    assert 429 in {answer.status_code for answer in answers}


def test_a_page_of_an_allowed_origin_may_read_the_answers(client, tokens):
    answer = client.get("/v1/me", headers=tokens.bearer() | {"Origin": CONSOLE})
    assert answer.headers["Access-Control-Allow-Origin"] == CONSOLE
    assert "ETag" in answer.headers["Access-Control-Expose-Headers"]


def test_a_preflight_is_answered_without_a_token(client):
    answer = client.options(
        "/v1/customers/c1", headers={"Origin": CONSOLE, "Access-Control-Request-Method": "PATCH"}
    )
    assert answer.status_code == 204
    assert "PATCH" in answer.headers["Access-Control-Allow-Methods"]
    assert "Authorization" in answer.headers["Access-Control-Allow-Headers"]


def test_a_page_of_another_origin_may_not(client):
    answer = client.options("/v1/customers", headers={"Origin": "https://evil.example.com"})
    assert "Access-Control-Allow-Origin" not in answer.headers
    assert answer.headers["Vary"] == "Origin"


def test_requests_are_counted_by_method_and_status(client, gateway, stubs, tokens):
    stubs["customer"].answer_with(GET_CUSTOMER, customers_pb2.Customer())
    labels = {"method": "customer.v1.CustomerService/GetCustomer", "code": "200"}
    before = gateway.metrics.registry.get_sample_value("journeyman_requests_total", labels) or 0
    client.get("/v1/customers/c1", headers=tokens.bearer())
    assert gateway.metrics.registry.get_sample_value("journeyman_requests_total", labels) == before + 1


def test_a_crash_in_the_gateway_is_a_problem_without_a_traceback(client, gateway, monkeypatch, tokens):
    def crash(*_: object) -> bytes:
        raise RuntimeError("geheim")

    monkeypatch.setattr(gateway.backends["customer"], "call", crash)
    answer = client.get("/v1/customers/c1", headers=tokens.bearer())
    assert (answer.status_code, answer.json["reason"]) == (500, "INTERNAL")
    assert "geheim" not in answer.text


def test_a_revoked_session_is_refused(settings, stubs, tokens):
    now = timestamp_pb2.Timestamp()
    now.GetCurrentTime()
    stubs["identity"].answer_with(f"{SESSIONS}/GetMe", sessions_pb2.Me())
    revoked = sessions_pb2.ListRevocationsResponse(
        revocations=[sessions_pb2.Revocation(key="s9", issued_before=now)]
    )
    stubs["identity"].answer_with(f"{SESSIONS}/ListRevocations", revoked)
    with closing(Gateway(settings)) as gateway:
        client = gateway.application.test_client()
        headers = tokens.bearer(sid="s9", iat=int(time.time()) - 60)
        give_up = time.monotonic() + 10
        while client.get("/v1/me", headers=headers).status_code != 401:
            assert time.monotonic() < give_up
            threading.Event().wait(0.02)
        assert client.get("/v1/me", headers=tokens.bearer(sid="s8")).status_code == 200


def test_a_token_of_a_key_that_identity_withdrew_is_refused_soon(settings, stubs, tokens, monkeypatch):
    monkeypatch.setattr("chassis.access.keys.FOLLOW_SECONDS", 0.01)
    monkeypatch.setattr("chassis.access.keys.REFRESH_SECONDS", 0.0)
    stubs["identity"].answer_with(f"{SESSIONS}/GetMe", sessions_pb2.Me())
    other = sessions_pb2.SigningKey(kid="k2", public_key=bytes(32))
    with closing(Gateway(settings)) as gateway:
        client = gateway.application.test_client()
        headers = tokens.bearer()
        assert client.get("/v1/me", headers=headers).status_code == 200
        stubs["identity"].answer_with(
            f"{SESSIONS}/ListSigningKeys", sessions_pb2.ListSigningKeysResponse(keys=[other])
        )
        give_up = time.monotonic() + 10
        while client.get("/v1/me", headers=headers).status_code != 401:
            assert time.monotonic() < give_up
            threading.Event().wait(0.02)


def test_without_any_key_the_gateway_is_not_ready_and_blames_identity(settings, stubs, tokens, tmp_path):
    del stubs["identity"].answers[f"{SESSIONS}/ListSigningKeys"]
    with closing(Gateway(settings.model_copy(update={"state_folder": tmp_path}))) as gateway:
        client = gateway.application.test_client()
        assert "keys" in client.get("/readyz").json["problems"]
        answer = client.get("/v1/me", headers=tokens.bearer())
    assert (answer.status_code, answer.json["reason"]) == (503, "SERVICE_UNAVAILABLE")


def test_keys_of_an_earlier_run_are_good_while_identity_is_down(settings, stubs, tokens, tmp_path):
    here = settings.model_copy(update={"state_folder": tmp_path})
    stubs["customer"].answer_with(GET_CUSTOMER, customers_pb2.Customer())
    with closing(Gateway(here)) as gateway:
        client = gateway.application.test_client()
        assert client.get("/v1/customers/c1", headers=tokens.bearer()).status_code == 200
    del stubs["identity"].answers[f"{SESSIONS}/ListSigningKeys"]
    with closing(Gateway(here)) as gateway:
        client = gateway.application.test_client()
        assert client.get("/v1/customers/c1", headers=tokens.bearer()).status_code == 200
