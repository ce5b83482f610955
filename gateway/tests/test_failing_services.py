"""A service that is down, hung, busy or wrong costs its own callers only."""

import threading
import time
from contextlib import closing

import grpc
import pytest
from gateway.app import Gateway
from gateway.breaker import FAILURES_TO_OPEN, MOST_IN_FLIGHT, Breaker, RefusedError
from gateway.server import THREADS
from google.protobuf import any_pb2, duration_pb2
from google.rpc import code_pb2, error_details_pb2, status_pb2
from grpc_health.v1 import health_pb2
from grpc_status import rpc_status
from journeyman.customer.v1 import customers_pb2
from journeyman.visit.v1 import visits_pb2

from gateway import backends

GET_CUSTOMER = "/journeyman.customer.v1.CustomerService/GetCustomer"
LIST_CUSTOMERS = "/journeyman.customer.v1.CustomerService/ListCustomers"
GET_VISIT = "/journeyman.visit.v1.VisitService/GetVisit"


@pytest.fixture
def gateway(settings, stubs):
    """A gateway of the test's own: its breakers open."""
    with closing(Gateway(settings)) as running:
        yield running
    for stub in stubs.values():
        stub.health.set("", health_pb2.HealthCheckResponse.SERVING)


@pytest.fixture
def short_deadline(monkeypatch):
    monkeypatch.setattr(backends, "DEFAULT_DEADLINE", 0.3)


def get_customer(client, tokens, **headers):
    return client.get("/v1/customers/c1", headers=tokens.bearer() | headers)


def refuse(code: int, *details: object, message: str = "no"):
    """A handler that refuses as the chassis' servers do."""
    status = status_pb2.Status(code=code, message=message)
    for detail in details:
        packed = any_pb2.Any()
        packed.Pack(detail)
        status.details.append(packed)
    return lambda _, context: context.abort_with_status(rpc_status.to_status(status))


@pytest.mark.parametrize(
    ("code", "reason", "status"),
    [
        ("INVALID_ARGUMENT", "BAD_ORDER", 400),
        ("OUT_OF_RANGE", "TOO_FAR", 400),
        ("UNAUTHENTICATED", "NOT_SIGNED_IN", 401),
        ("PERMISSION_DENIED", "NOT_PERMITTED", 403),
        ("NOT_FOUND", "CUSTOMER_NOT_FOUND", 404),
        ("ALREADY_EXISTS", "CODE_TAKEN", 409),
        ("ABORTED", "CALL_IN_FLIGHT", 409),
        ("FAILED_PRECONDITION", "PLAN_NOT_SUBMITTED", 409),
        ("FAILED_PRECONDITION", "ETAG_MISMATCH", 412),
        ("FAILED_PRECONDITION", "IDEMPOTENCY_KEY_REUSED", 422),
        ("RESOURCE_EXHAUSTED", "TOO_MANY_SIGN_INS", 429),
        ("UNAVAILABLE", "UNAVAILABLE", 503),
        ("UNIMPLEMENTED", "NOT_YET", 501),
    ],
)
def test_a_refusal_keeps_its_reason_and_its_words(client, stubs, tokens, code, reason, status):
    stubs["customer"].answers[GET_CUSTOMER] = refuse(
        getattr(code_pb2, code),
        error_details_pb2.ErrorInfo(reason=reason, domain="journeyman"),
        error_details_pb2.LocalizedMessage(locale="zh-CN", message="不行。"),
        error_details_pb2.RetryInfo(retry_delay=duration_pb2.Duration(seconds=7)),
    )
    answer = get_customer(client, tokens)
    assert (answer.status_code, answer.json["reason"], answer.json["detail"]) == (status, reason, "不行。")
    assert answer.headers.get("Retry-After") == ("7" if status in (429, 503) else None)


def test_bad_fields_of_a_service_are_told_by_their_paths(client, stubs, tokens):
    violation = error_details_pb2.BadRequest.FieldViolation(
        field="customer.phone", reason="string.pattern", description="只能包含数字"
    )
    stubs["customer"].answers[GET_CUSTOMER] = refuse(
        code_pb2.INVALID_ARGUMENT,
        error_details_pb2.ErrorInfo(reason="INVALID_FIELDS", domain="journeyman"),
        error_details_pb2.BadRequest(field_violations=[violation]),
    )
    errors = get_customer(client, tokens).json["errors"]
    assert errors == [{"field": "customer.phone", "reason": "string.pattern", "detail": "只能包含数字"}]


@pytest.mark.parametrize("code", ["INTERNAL", "UNKNOWN", "DATA_LOSS"])
def test_an_internal_error_tells_nothing_of_itself(client, stubs, tokens, code):
    stubs["customer"].answers[GET_CUSTOMER] = refuse(getattr(code_pb2, code), message="password=geheim")
    answer = get_customer(client, tokens)
    assert (answer.status_code, answer.json["reason"]) == (500, "INTERNAL")
    assert b"geheim" not in answer.data


def test_a_crash_in_a_service_is_a_plain_500(client, stubs, tokens):
    def crash(*_: object) -> bytes:
        raise RuntimeError("geheim")

    stubs["customer"].answers[GET_CUSTOMER] = crash
    answer = get_customer(client, tokens)
    assert answer.status_code == 500
    assert b"geheim" not in answer.data


def test_bytes_that_are_no_message_are_a_plain_500(client, stubs, tokens):
    stubs["customer"].answers[GET_CUSTOMER] = lambda *_: b"\xff\xff\xff"
    answer = get_customer(client, tokens)
    assert (answer.status_code, answer.json["reason"]) == (500, "INTERNAL")


def test_a_full_server_is_503_and_does_not_open_the_breaker(client, gateway, stubs, tokens):
    stubs["customer"].answers[GET_CUSTOMER] = lambda _, context: context.abort(
        grpc.StatusCode.RESOURCE_EXHAUSTED, "Concurrent RPC limit exceeded!"
    )
    for _ in range(FAILURES_TO_OPEN + 1):
        answer = get_customer(client, tokens)
        assert (answer.status_code, answer.json["reason"]) == (503, "SERVICE_UNAVAILABLE")
        assert answer.headers["Retry-After"]
    assert not gateway.backends["customer"].breaker.is_open


def test_a_dead_service_is_503_at_once_and_others_answer_until_it_is_back(client, gateway, stubs, tokens):
    stubs["customer"].answer_with(GET_CUSTOMER, customers_pb2.Customer(id="c1"))
    stubs["visit"].answer_with(GET_VISIT, visits_pb2.Visit(id="v1"))
    stubs["customer"].stop()
    while not gateway.backends["customer"].breaker.is_open:
        assert get_customer(client, tokens).status_code == 503
    started = time.monotonic()
    answer = get_customer(client, tokens, **{"Accept-Language": "zh"})
    assert time.monotonic() - started < 0.1
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "2")
    assert answer.json["detail"] == "customer 服务暂不可用，请稍后重试。"
    assert client.get("/v1/visits/v1", headers=tokens.bearer()).status_code == 200
    stubs["customer"].start()
    give_up = time.monotonic() + 15
    while get_customer(client, tokens).status_code != 200:
        assert time.monotonic() < give_up
        threading.Event().wait(0.05)


@pytest.fixture
def hung_customer(stubs):
    """A service with no thread left: it takes connections and calls, and answers none, not even health."""
    inside, go_on = threading.Semaphore(0), threading.Event()

    def hang(*_: object) -> bytes:
        inside.release()
        go_on.wait(20)
        return b""

    stubs["customer"].answers[GET_CUSTOMER] = hang
    with grpc.insecure_channel(stubs["customer"].target) as channel:
        calls = [channel.unary_unary(GET_CUSTOMER).future(b"") for _ in range(stubs["customer"].threads)]
        for _ in calls:
            assert inside.acquire(timeout=5)
        yield
        go_on.set()
        for call in calls:
            call.result()


@pytest.mark.usefixtures("short_deadline", "hung_customer")
def test_a_hung_service_is_504_then_503_at_once_while_others_answer(client, gateway, stubs, tokens):
    stubs["visit"].answer_with(GET_VISIT, visits_pb2.Visit(id="v1"))
    statuses = [get_customer(client, tokens).status_code for _ in range(FAILURES_TO_OPEN)]
    assert statuses == [504] * FAILURES_TO_OPEN
    started = time.monotonic()
    assert get_customer(client, tokens).status_code == 503
    assert time.monotonic() - started < 0.1
    assert client.get("/v1/visits/v1", headers=tokens.bearer()).status_code == 200
    assert gateway.backends["customer"].breaker.is_open


@pytest.mark.usefixtures("short_deadline", "hung_customer")
def test_while_a_service_hangs_no_caller_waits_to_find_out_whether_it_is_back(client, gateway, tokens):
    while not gateway.backends["customer"].breaker.is_open:
        get_customer(client, tokens)
    until = time.monotonic() + 3
    while time.monotonic() < until:
        assert get_customer(client, tokens).status_code == 503  # 504 is what a caller sent ahead would get


@pytest.mark.usefixtures("short_deadline")
def test_a_slow_method_is_504_and_the_others_of_its_service_answer(client, gateway, stubs, tokens):
    go_on = threading.Event()
    stubs["customer"].answers[GET_CUSTOMER] = lambda *_: bytes(go_on.wait(20))
    stubs["customer"].answer_with(LIST_CUSTOMERS, customers_pb2.ListCustomersResponse())
    statuses = [get_customer(client, tokens).status_code for _ in range(FAILURES_TO_OPEN + 1)]
    assert statuses == [504] * (FAILURES_TO_OPEN + 1)
    assert client.get("/v1/customers", headers=tokens.bearer()).status_code == 200
    go_on.set()


def test_one_service_never_holds_all_threads():
    assert MOST_IN_FLIGHT < THREADS


def test_calls_to_one_service_leave_threads_for_the_others(gateway, stubs, tokens):
    inside, go_on = threading.Semaphore(0), threading.Event()

    def hang(*_: object) -> bytes:
        inside.release()
        go_on.wait(20)
        return b""

    stubs["customer"].answers[GET_CUSTOMER] = hang
    callers = [
        threading.Thread(target=lambda: get_customer(gateway.application.test_client(), tokens))
        for _ in range(MOST_IN_FLIGHT)
    ]
    for caller in callers:
        caller.start()
    for _ in callers:
        assert inside.acquire(timeout=5)
    answer = get_customer(gateway.application.test_client(), tokens)
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "2")
    go_on.set()
    for caller in callers:
        caller.join()


def test_readyz_names_the_service_that_is_not_ready(client, stubs):
    assert client.get("/readyz").json == {"ready": True, "problems": {}, "degraded": {}}
    stubs["visit"].health.set("", health_pb2.HealthCheckResponse.NOT_SERVING)
    give_up = time.monotonic() + 10
    while (answer := client.get("/readyz")).status_code == 200:
        assert time.monotonic() < give_up
        threading.Event().wait(0.05)
    assert answer.json["problems"] == {"visit": "not_serving"}


class Time:
    now = 0.0

    def __call__(self) -> float:
        return self.now


def fail(breaker: Breaker, times: int = FAILURES_TO_OPEN) -> None:
    for _ in range(times):
        breaker.enter()
        breaker.leave(answered=False)


def test_an_open_breaker_refuses_every_call_until_it_is_closed():
    clock = Time()
    breaker = Breaker(clock)
    fail(breaker)
    clock.now += 3600
    for _ in range(3):
        with pytest.raises(RefusedError):
            breaker.enter()
    breaker.close()
    fail(breaker, FAILURES_TO_OPEN - 1)
    assert not breaker.is_open


def test_the_failure_that_opens_a_breaker_is_told_once():
    breaker = Breaker(Time())
    for _ in range(MOST_IN_FLIGHT):
        breaker.enter()
    told = [breaker.leave(answered=False) for _ in range(MOST_IN_FLIGHT)]
    assert told == [False] * (FAILURES_TO_OPEN - 1) + [True] + [False] * (MOST_IN_FLIGHT - FAILURES_TO_OPEN)


def test_an_answer_between_failures_keeps_the_breaker_closed():
    breaker = Breaker(Time())
    for _ in range(3):
        fail(breaker, FAILURES_TO_OPEN - 1)
        breaker.enter()
        breaker.leave(answered=True)
    assert not breaker.is_open


def test_a_call_beyond_the_limit_waits_for_a_place_while_the_service_answers():
    clock = Time()
    breaker = Breaker(clock)
    clock.now += 3600  # nobody has asked the service for an hour, which is not its fault
    for _ in range(MOST_IN_FLIGHT):
        breaker.enter()
    leaving = threading.Timer(0.02, lambda: breaker.leave(answered=True))
    leaving.start()
    breaker.enter()
    leaving.join()
