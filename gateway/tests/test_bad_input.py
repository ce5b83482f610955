"""What nobody should send: each is refused with a 400 (or its own 4xx) that says where and why."""

import base64
import hashlib
import hmac
import json
import time

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

UPLOAD = "/v1/customers:beginImportUpload"
CUSTOMERS = "/v1/customers"


def post(client, tokens, path, body, content_type="application/json", **headers):
    return client.post(path, data=body, headers=tokens.bearer() | headers, content_type=content_type)


FIELDS = [
    (UPLOAD, b'{"sizeBytes": "many"}', "sizeBytes", "WRONG_TYPE"),
    (UPLOAD, b'{"sizeBytes": true}', "sizeBytes", "WRONG_TYPE"),
    (UPLOAD, b'{"sizeBytes": 1.5}', "sizeBytes", "WRONG_TYPE"),
    (UPLOAD, b'{"sizeBytes": 2147483648}', "sizeBytes", "OUT_OF_RANGE"),
    (UPLOAD, b'{"sizeBytes": 1e300}', "sizeBytes", "OUT_OF_RANGE"),
    (UPLOAD, b'{"sizeBytes": 1e999}', "sizeBytes", "OUT_OF_RANGE"),
    (UPLOAD, b'{"sizeBytes": -' + b"9" * 390 + b"}", "sizeBytes", "OUT_OF_RANGE"),
    (UPLOAD, b'{"sizeBytes": ' + b"9" * 100_000 + b"}", "sizeBytes", "OUT_OF_RANGE"),
    (UPLOAD, b'{"sizeBytes": "' + b"9" * 5000 + b'"}', "sizeBytes", "OUT_OF_RANGE"),
    (UPLOAD, b'{"sizeBytes": NaN}', "sizeBytes", "WRONG_TYPE"),
    (UPLOAD, b'{"sizeBytes": 1, "sizeBytes": 2}', "sizeBytes", "DUPLICATE_FIELD"),
    (UPLOAD, b'{"size": 1}', "size", "UNKNOWN_FIELD"),
    (UPLOAD, b'{"sizeBytes": [[[[1]]]]}', "sizeBytes", "WRONG_TYPE"),
    (UPLOAD, b"[]", "", "WRONG_TYPE"),
    (UPLOAD, b"null", "", "WRONG_TYPE"),
    (UPLOAD, b'"text"', "", "WRONG_TYPE"),
    (CUSTOMERS, b'{"name": 5}', "customer.name", "WRONG_TYPE"),
    (CUSTOMERS, b'{"name": "a\\u0000b"}', "customer.name", "INVALID_CHARACTER"),
    (CUSTOMERS, b'{"name": "\\ud800"}', "customer.name", "INVALID_CHARACTER"),
    (CUSTOMERS, b'{"naem": "x"}', "customer.naem", "UNKNOWN_FIELD"),
    (CUSTOMERS, b'{"state": "OPEN"}', "customer.state", "UNKNOWN_VALUE"),
    (CUSTOMERS, b'{"state": 1.5}', "customer.state", "UNKNOWN_VALUE"),
    (CUSTOMERS, b'{"state": ' + b"9" * 30 + b"}", "customer.state", "UNKNOWN_VALUE"),
    (CUSTOMERS, b'{"createTime": "yesterday"}', "customer.createTime", "INVALID_FORMAT"),
    (CUSTOMERS, b'{"createTime": "2026-02-30T00:00:00Z"}', "customer.createTime", "INVALID_FORMAT"),
    (CUSTOMERS, b'{"createTime": 5}', "customer.createTime", "WRONG_TYPE"),
    (CUSTOMERS, b'{"position": "here"}', "customer.position", "WRONG_TYPE"),
    (
        CUSTOMERS,
        b'{"position": {"location": {"latitude": "north"}}}',
        "customer.position.location.latitude",
        "WRONG_TYPE",
    ),
    (
        CUSTOMERS,
        b'{"position": {"location": {"latitude": 1' + b"0" * 400 + b"}}}",
        "customer.position.location.latitude",
        "WRONG_TYPE",
    ),
    ("/v1/tracks:append", b'{"points": {}}', "points", "WRONG_TYPE"),
    ("/v1/tracks:append", b'{"points": [{}, {"speedMps": "x"}]}', "points[1].speedMps", "WRONG_TYPE"),
    ("/v1/tracks:append", b'{"points": [null]}', "points[0]", "WRONG_TYPE"),
    (
        "/v1/customers:import",
        b'{"columns": [{"values": {"a": 5}}]}',
        "columns[0].values.a",
        "WRONG_TYPE",
    ),
    (
        "/v1/customers:import",
        b'{"columns": [{"values": {"a": "x", "a": "y"}}]}',
        "columns[0].values.a",
        "DUPLICATE_FIELD",
    ),
    ("/v1/customers:import", b'{"columns": [{"values": []}]}', "columns[0].values", "WRONG_TYPE"),
]


@pytest.mark.parametrize(("path", "body", "field", "reason"), FIELDS)
def test_a_bad_field_is_named_with_the_reason(client, tokens, path, body, field, reason):
    answer = post(client, tokens, path, body)
    assert answer.status_code == 400
    assert answer.content_type == "application/problem+json"
    found = {(error["field"], error["reason"]) for error in answer.json["errors"]}
    assert (field, reason) in found
    assert all(error["detail"] for error in answer.json["errors"])


def test_all_bad_fields_are_told_at_once_up_to_twenty(client, tokens):
    body = json.dumps({"points": [{"speedMps": "x"}] * 30})
    errors = post(client, tokens, "/v1/tracks:append", body).json["errors"]
    assert [error["field"] for error in errors] == [f"points[{at}].speedMps" for at in range(20)]


@pytest.mark.parametrize(
    "body",
    [
        b"{",
        b'{"name": "\xff"}',
        b"\xef\xbb\xbf{}",
        b'{"name": "a\x00b"}',
        b"{} {}",
        b"{'name': 'x'}",
        b"\x00",
        b"[" * 200_000,
        b'{"a":' * 100_000,
        b'{"position":' * 5_000 + b"1" + b"}" * 5_000,
    ],
)
def test_what_is_no_json_is_refused_and_the_place_is_told(client, tokens, body):
    answer = post(client, tokens, CUSTOMERS, body)
    assert (answer.status_code, answer.json["reason"]) == (400, "INVALID_JSON")


def test_deep_json_that_the_parser_takes_is_refused_at_the_first_unknown_field(client, tokens):
    body = b'{"x":' + b"[" * 500 + b"]" * 500 + b"}"
    answer = post(client, tokens, CUSTOMERS, body)
    assert [error["field"] for error in answer.json["errors"]] == ["customer.x"]


@pytest.mark.parametrize(
    ("query", "field", "reason"),
    [
        ("pageSize=x", "pageSize", "WRONG_TYPE"),
        ("pageSize=", "pageSize", "WRONG_TYPE"),
        ("pageSize=99999999999999999999", "pageSize", "OUT_OF_RANGE"),
        ("pageSize=1&pageSize=2", "pageSize", "DUPLICATE_PARAMETER"),
        ("page_size=1", "page_size", "UNKNOWN_PARAMETER"),
        ("debug=1", "debug", "UNKNOWN_PARAMETER"),
        ("state=open", "state", "UNKNOWN_VALUE"),
        ("query=%00", "query", "INVALID_CHARACTER"),
    ],
)
def test_a_bad_query_parameter_is_named(client, tokens, query, field, reason):
    answer = client.get(f"{CUSTOMERS}?{query}", headers=tokens.bearer())
    assert answer.status_code == 400
    assert [(error["field"], error["reason"]) for error in answer.json["errors"]] == [(field, reason)]


def test_a_query_that_is_not_utf8_is_refused(client, tokens):
    answer = client.get("/v1/customers?query=%ff", headers=tokens.bearer())
    assert (answer.status_code, answer.json["reason"]) == (400, "INVALID_URL")


def test_a_nul_in_a_path_variable_is_refused(client, tokens):
    answer = client.get("/v1/customers/a%00b", headers=tokens.bearer())
    assert [error["field"] for error in answer.json["errors"]] == ["customerId"]


def test_a_thousand_query_parameters_are_refused(client, tokens):
    answer = client.get("/v1/customers?" + "query=a&" * 1000, headers=tokens.bearer())
    assert answer.status_code == 400


def test_a_body_that_names_another_resource_than_the_url_is_refused(client, tokens):
    answer = client.patch("/v1/customers/c1", json={"id": "c2"}, headers=tokens.bearer())
    assert [error["reason"] for error in answer.json["errors"]] == ["CONTRADICTS_URL"]


def test_a_body_with_the_resource_of_the_url_is_taken(client, tokens):
    answer = client.patch("/v1/customers/c1", json={"id": "c1"}, headers=tokens.bearer())
    assert answer.json["reason"] == "NOT_IMPLEMENTED"  # by the stub: the gateway let it through


def test_a_get_with_a_body_is_refused(client, tokens):
    answer = client.get("/v1/customers", data=b"{}", headers=tokens.bearer())
    assert [error["reason"] for error in answer.json["errors"]] == ["UNEXPECTED_BODY"]


@pytest.mark.parametrize("content_type", ["text/plain", "application/xml", "multipart/form-data", "json"])
def test_another_content_type_is_415(client, tokens, content_type):
    answer = post(client, tokens, CUSTOMERS, b'{"name": "x"}', content_type)
    assert (answer.status_code, answer.json["reason"]) == (415, "UNSUPPORTED_MEDIA_TYPE")


def test_a_body_over_the_limit_is_413(client, tokens):
    answer = post(client, tokens, CUSTOMERS, b'{"name": "' + b"x" * 1024 * 1024 + b'"}')
    assert (answer.status_code, answer.json["reason"]) == (413, "BODY_TOO_LARGE")


@pytest.mark.parametrize("header", ["Idempotency-Key", "If-Match"])
@pytest.mark.parametrize("value", ["x" * 300, "schlüssel", "a\tb"])
def test_a_header_that_cannot_travel_on_is_refused(client, tokens, header, value):
    answer = post(client, tokens, CUSTOMERS, b"{}", **{header: value})
    assert (answer.status_code, answer.json["reason"]) == (400, "INVALID_HEADER")
    assert header in answer.json["detail"]


def test_the_words_are_chinese_for_who_asks_for_chinese(client, tokens):
    answer = client.get("/v1/customers?pageSize=x", headers=tokens.bearer() | {"Accept-Language": "zh-CN"})
    assert answer.json["detail"] == "部分字段不合法。"
    assert answer.json["errors"][0]["detail"] == "必须是 -2147483648 到 2147483647 之间的整数"
    assert answer.headers["Content-Language"] == "zh-CN"


def encoded(*parts: object) -> str:
    texts = (base64.urlsafe_b64encode(json.dumps(part).encode()) for part in parts)
    return ".".join(text.rstrip(b"=").decode() for text in texts)


def unsigned(tokens) -> str:
    return encoded({"alg": "none", "typ": "at+jwt", "kid": tokens.kid}, tokens.claims()) + "."


def signed_with_the_public_key(tokens) -> str:
    """The old confusion: the public key taken as the secret of an HMAC."""
    body = encoded({"alg": "HS256", "typ": "at+jwt", "kid": tokens.kid}, tokens.claims())
    signature = hmac.digest(tokens.public_key(), body.encode(), hashlib.sha256)
    return f"{body}.{base64.urlsafe_b64encode(signature).rstrip(b'=').decode()}"


def forged(tokens) -> str:
    headers = {"kid": tokens.kid, "typ": "at+jwt"}
    return jwt.encode(tokens.claims(), Ed25519PrivateKey.generate(), algorithm="EdDSA", headers=headers)


TOKENS = {
    "forged": forged,
    "alg none": unsigned,
    "hmac": signed_with_the_public_key,
    "expired": lambda tokens: tokens.sign(exp=int(time.time()) - 60),
    "another issuer": lambda tokens: tokens.sign(iss="somebody"),
    "unknown key": lambda tokens: tokens.sign(headers={"kid": "other"}),
    "another type": lambda tokens: tokens.sign(headers={"typ": "JWT"}),
    "no claims": lambda tokens: jwt.encode({}, tokens.key, algorithm="EdDSA", headers={"kid": tokens.kid}),
    "odd grants": lambda tokens: tokens.sign(grants="*"),
    "rubbish": lambda _: "rubbish",
    "dots": lambda _: "..",
    "long": lambda _: "a" * 6000,
    "not ascii": lambda _: "tökén",
}


@pytest.mark.parametrize("kind", TOKENS)
def test_a_token_that_is_not_good_is_401(client, tokens, kind):
    answer = client.get("/v1/me", headers={"Authorization": f"Bearer {TOKENS[kind](tokens)}"})
    assert (answer.status_code, answer.json["reason"]) == (401, "INVALID_TOKEN")
    assert answer.headers["WWW-Authenticate"] == 'Bearer error="invalid_token"'


@pytest.mark.parametrize("header", [None, "", "Bearer", "Bearer "])
def test_no_token_is_401(client, header):
    answer = client.get("/v1/me", headers={"Authorization": header} if header is not None else {})
    assert (answer.status_code, answer.json["reason"]) == (401, "NOT_SIGNED_IN")


def test_another_scheme_is_401(client, tokens):
    answer = client.get("/v1/me", headers={"Authorization": f"Basic {tokens.sign()}"})
    assert (answer.status_code, answer.json["reason"]) == (401, "INVALID_TOKEN")


def test_a_caller_without_the_permission_is_403_and_the_service_is_not_asked(client, stubs, tokens):
    grants = [{"permissions": ["visits.*"], "unit": "u1", "scope": "ALL"}]
    answer = client.get("/v1/customers", headers=tokens.bearer(grants=grants))
    assert (answer.status_code, answer.json["reason"]) == (403, "NOT_PERMITTED")
    assert "customers.read" in answer.json["detail"]
    assert stubs["customer"].calls == []


@pytest.mark.parametrize(
    ("claims", "reason"),
    [
        ({"captured_until": 1_772_409_600.5}, "DEVICE_REPLACED"),
        ({"password_change_required": True}, "PASSWORD_CHANGE_REQUIRED"),
    ],
)
def test_a_caller_who_is_held_back_is_told_what_keeps_them_out(client, stubs, tokens, claims, reason):
    answer = client.get("/v1/customers", headers=tokens.bearer(grants=[], **claims))
    assert (answer.status_code, answer.json["reason"]) == (403, reason)
    assert "customers.read" not in answer.json["detail"]
    assert stubs["customer"].calls == []


def test_bad_input_never_reaches_a_service(client, stubs, tokens):
    for path, body, _, _ in FIELDS:
        post(client, tokens, path, body)
    assert stubs["customer"].calls == stubs["visit"].calls == []
