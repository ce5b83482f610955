"""Whatever comes in, the answer is a problem that names what is wrong, never a 5xx."""

import base64
import json
import time

import httpx
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

NASTY_BODIES = {
    "a number for a name": b'{"name": 1}',
    "a list for a message": b"[]",
    "text for a message": b'"shop"',
    "null": b"null",
    "a huge integer": b'{"name": "a", "state": 99999999999999999999999999}',
    "a number beyond double": b'{"name": "a", "position": {"location": {"latitude": 1e999}}}',
    "NaN": b'{"name": "a", "position": {"location": {"latitude": NaN}}}',
    "a NUL byte": b'{"name": "a\\u0000b"}',
    "a lone surrogate": b'{"name": "\\ud800"}',
    "bytes that are no UTF-8": b'{"name": "\xff\xfe"}',
    "an unknown field": b'{"name": "a", "password": "b"}',
    "the same field twice": b'{"name": "a", "name": "b", "state": {}}',
    "half of a document": b'{"name": "a',
    "deep lists": b'{"name": ' + b"[" * 100_000 + b"]" * 100_000 + b"}",
    "deep objects": b'{"position":' * 50_000 + b"1" + b"}" * 50_000,
    "nothing": b"",
}


@pytest.mark.parametrize("body", NASTY_BODIES.values(), ids=NASTY_BODIES)
def test_a_body_that_is_no_customer_is_refused_with_its_fault(client, body):
    answer = client.post("/v1/customers", content=body, headers={"Content-Type": "application/json"})
    assert answer.status_code == 400, answer.text
    assert_problem(answer)


def test_a_body_of_10_megabytes_is_refused_unread(client):
    answer = client.post("/v1/customers", content=b'{"name":"' + b"a" * 10_000_000 + b'"}')
    assert answer.status_code == 413
    assert_problem(answer)


NASTY_URLS = {
    "no id": ("/v1/customers/none", 400),
    "a NUL in the path": ("/v1/customers/%00", 400),
    "no UTF-8 in the path": ("/v1/customers/%ff", 400),
    "an unknown verb": ("/v1/customers/01890000-0000-7000-8000-000000000000:explode", 404),
    "an unknown parameter": ("/v1/customers?colour=red", 400),
    "a size that is no number": ("/v1/customers?pageSize=many", 400),
    "a huge size": ("/v1/customers?pageSize=99999999999999999999", 400),
    "a forged page token": ("/v1/customers?pageToken=AAAA", 400),
    "no such order": ("/v1/customers?orderBy=phone%20desc", 400),
    "a NUL in a search": ("/v1/customers?query=%00", 400),
    "no UTF-8 in a search": ("/v1/customers?query=%ff", 400),
    "no such day": ("/v1/reports/visits?fromDate=2026-02-30&toDate=2026-03-01", 400),
    "an operation of nobody": ("/v1/operations/nobody.01890000-0000-7000-8000-000000000000", 404),
    "nothing there": ("/v1/nothing", 404),
}


@pytest.mark.parametrize(("path", "status"), NASTY_URLS.values(), ids=NASTY_URLS)
def test_a_url_that_asks_for_nonsense_is_refused(client, path, status):
    answer = client.get(path)
    assert answer.status_code == status, answer.text
    assert_problem(answer)


def tampered(token):
    head, claims, signature = token.split(".")
    values = decoded(claims) | {"sub": "00000000-0000-0000-0000-000000000000"}
    return f"{head}.{encoded(values)}.{signature}"


def unsigned(token):
    _, claims, _ = token.split(".")
    return f"{encoded({'alg': 'none', 'typ': 'at+jwt'})}.{claims}."


def signed_by_a_stranger(token):
    head, claims, _ = token.split(".")
    signature = Ed25519PrivateKey.generate().sign(f"{head}.{claims}".encode())
    return f"{head}.{claims}.{base64.urlsafe_b64encode(signature).rstrip(b'=').decode()}"


def expired(token):
    head, claims, signature = token.split(".")
    return f"{head}.{encoded(decoded(claims) | {'exp': int(time.time()) - 3600})}.{signature}"


def keyed_by_hmac(token):
    _, claims, signature = token.split(".")
    return f"{encoded({'alg': 'HS256', 'typ': 'at+jwt'})}.{claims}.{signature}"


def no_token(_):
    return "x.y.z"


def oversized(token):
    return token + "A" * 6000


@pytest.mark.parametrize(
    "forge", [tampered, unsigned, signed_by_a_stranger, expired, keyed_by_hmac, no_token, oversized]
)
def test_a_forged_token_opens_nothing(url, token, forge):
    headers = {"Authorization": f"Bearer {forge(token)}"}
    answer = httpx.get(f"{url}/v1/customers", headers=headers)
    assert answer.status_code == 401, answer.text
    assert_problem(answer)


def decoded(part):
    return json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)))


def encoded(values):
    return base64.urlsafe_b64encode(json.dumps(values).encode()).rstrip(b"=").decode()


def assert_problem(answer):
    assert answer.headers["content-type"].startswith("application/problem+json")
    problem = answer.json()
    assert problem["status"] == answer.status_code
    assert problem["reason"]
    assert problem["requestId"]
