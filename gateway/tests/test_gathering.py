"""Methods that several services answer are one answer, whatever becomes of some of the services."""

import threading
import time
from contextlib import closing

import grpc
import pytest
from gateway.app import Gateway
from gateway.breaker import FAILURES_TO_OPEN, MOST_IN_FLIGHT
from gateway.merging import Merge, NotGatherableError
from google.protobuf import any_pb2
from google.rpc import error_details_pb2, status_pb2
from grpc_health.v1 import health_pb2
from grpc_status import rpc_status
from journeyman.customer.v1 import customers_pb2
from journeyman.search.v1 import search_pb2
from journeyman.work.v1 import work_pb2

from gateway import gathering

TASKS = "/journeyman.work.v1.WorkService/ListMyTasks"
SEARCH = "/journeyman.search.v1.SearchService/Search"


@pytest.fixture
def gateway(settings, stubs):
    """A gateway of the test's own: it remembers who serves what."""
    with closing(Gateway(settings)) as running:
        yield running
    for stub in stubs.values():
        stub.health.set("", health_pb2.HealthCheckResponse.SERVING)


@pytest.fixture
def short_deadline(monkeypatch):
    monkeypatch.setattr(gathering, "DEADLINE_SECONDS", 0.3)


@pytest.fixture
def ask(client, tokens):
    """Asks for open work."""

    def asked(**query):
        return client.get("/v1/me/tasks", query_string=query, headers=tokens.bearer())

    return asked


def tasks_of(*keys, most=200):
    """A service where these wait; it gives `most` a page even when asked for more."""

    def answer(request, _):
        asked = work_pb2.ListMyTasksRequest.FromString(request)
        size = min(asked.page_size or 50, most)
        found = sorted(key for key in keys if key > asked.page_token)
        page = work_pb2.ListMyTasksResponse(tasks=[work_pb2.Task(sort_key=key) for key in found[:size]])
        if len(found) > size:
            page.next_page_token = found[size - 1]
        return page.SerializeToString()

    return answer


def refuse(code, reason=""):
    """A service that refuses with a reason of its own, or without one as a server that broke does."""
    status = status_pb2.Status(code=code.value[0], message="no")
    if reason:
        status.details.append(any_pb2.Any())
        status.details[0].Pack(error_details_pb2.ErrorInfo(reason=reason, domain="journeyman"))
    return lambda _, context: context.abort_with_status(rpc_status.to_status(status))


def keys_in(answer):
    assert answer.status_code == 200, answer.json
    return [task["sortKey"] for task in answer.json["tasks"]]


def pages(ask, size):
    token, found = "", []
    while not found or token:
        answer = ask(pageSize=size, pageToken=token)
        found.append(keys_in(answer))
        token = answer.json["nextPageToken"]
    return found


@pytest.mark.parametrize("size", [1, 2, 3, 7, 8])
def test_the_lists_of_several_services_are_paged_as_one(ask, stubs, size):
    stubs["visit"].answers[TASKS] = tasks_of("01", "04", "05")
    stubs["marketing"].answers[TASKS] = tasks_of("02", "~1", most=1)
    stubs["identity"].answers[TASKS] = tasks_of("03", "~2")
    found = pages(ask, size)
    assert [key for page in found for key in page] == ["01", "02", "03", "04", "05", "~1", "~2"]
    assert all(len(page) <= size for page in found)


def test_a_page_has_fifty_items_unless_asked_and_never_more_than_two_hundred(ask, stubs):
    for name in ("visit", "marketing"):
        stubs[name].answers[TASKS] = tasks_of(*(f"{number:03d}{name}" for number in range(150)))
    assert len(keys_in(ask())) == 50
    assert len(keys_in(ask(pageSize=10_000))) == 200


def test_every_service_hears_who_asks_in_which_language(client, stubs, tokens):
    for name in ("visit", "marketing"):
        stubs[name].answers[TASKS] = tasks_of("1")
    headers = tokens.bearer() | {"Accept-Language": "zh-CN"}
    client.get("/v1/me/tasks", headers=headers)
    for name in ("visit", "marketing"):
        metadata = stubs[name].last(TASKS).metadata
        assert metadata["authorization"] == headers["Authorization"]
        assert metadata["accept-language"] == "zh-CN"


def test_what_has_no_sort_key_stands_service_by_service(client, stubs, tokens):
    for name, found in (("reporting", "ab"), ("customer", "cd"), ("marketing", "e")):
        results = [search_pb2.SearchResult(title=title) for title in found]
        stubs[name].answer_with(SEARCH, search_pb2.SearchResponse(results=results))
    answer = client.get("/v1/search", query_string={"query": "x", "pageSize": 1}, headers=tokens.bearer())
    assert [result["title"] for result in answer.json["results"]] == ["c", "d", "e", "a", "b"]


def test_a_service_that_does_not_serve_the_method_is_left_out_and_asked_again_later(ask, stubs, monkeypatch):
    stubs["visit"].answers[TASKS] = tasks_of("1")
    stubs["customer"].answers[TASKS] = refuse(grpc.StatusCode.UNIMPLEMENTED)
    for _ in range(3):
        assert ask().json["unavailableServices"] == []
    assert len([call for call in stubs["customer"].calls if call.path == TASKS]) == 1
    monkeypatch.setattr(time, "monotonic", lambda now=time.monotonic: now() + 61)
    stubs["customer"].answers[TASKS] = tasks_of("2")
    assert keys_in(ask()) == ["1", "2"]


def test_what_nobody_serves_is_not_there(ask):
    for _ in range(2):
        answer = ask()
        assert (answer.status_code, answer.json["reason"]) == (501, "NOT_IMPLEMENTED")


@pytest.mark.parametrize(
    ("code", "reason"),
    [
        (grpc.StatusCode.INTERNAL, ""),
        (grpc.StatusCode.UNKNOWN, ""),
        (grpc.StatusCode.UNAVAILABLE, ""),
        (grpc.StatusCode.UNAVAILABLE, "UNAVAILABLE"),
        (grpc.StatusCode.RESOURCE_EXHAUSTED, ""),
    ],
)
def test_a_service_that_cannot_answer_is_named_and_the_others_are_shown(ask, stubs, code, reason):
    stubs["visit"].answers[TASKS] = tasks_of("1")
    stubs["marketing"].answers[TASKS] = refuse(code, reason)
    answer = ask()
    assert keys_in(answer) == ["1"]
    assert answer.json["unavailableServices"] == ["marketing"]


def test_what_a_service_finds_wrong_with_the_request_is_the_answer(ask, stubs):
    stubs["visit"].answers[TASKS] = tasks_of("1")
    stubs["marketing"].answers[TASKS] = refuse(grpc.StatusCode.INVALID_ARGUMENT, "FOREIGN_PAGE_TOKEN")
    answer = ask(pageToken="x")
    assert (answer.status_code, answer.json["reason"]) == (400, "FOREIGN_PAGE_TOKEN")


def test_while_all_are_away_the_answer_is_503(ask, stubs):
    for name in ("visit", "marketing"):
        stubs[name].answers[TASKS] = refuse(grpc.StatusCode.UNAVAILABLE)
    answer = ask()
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "2")
    assert "visit, marketing" in answer.json["detail"]


def test_a_service_that_is_down_is_named(ask, stubs):
    stubs["visit"].answers[TASKS] = tasks_of("1")
    stubs["marketing"].stop()
    try:
        assert ask().json["unavailableServices"] == ["marketing"]
    finally:
        stubs["marketing"].start()


@pytest.fixture
def hung_visit(stubs):
    """A service of which no method answers, not even health; set it to let the calls end."""
    inside, go_on = threading.Semaphore(0), threading.Event()

    def hang(*_):
        inside.release()
        go_on.wait(20)
        return b""

    stubs["visit"].answers[TASKS] = hang
    with grpc.insecure_channel(stubs["visit"].target) as channel:
        calls = [channel.unary_unary(TASKS).future(b"") for _ in range(stubs["visit"].threads)]
        for _ in calls:
            assert inside.acquire(timeout=5)
        yield
        go_on.set()
        for call in calls:
            call.result()


@pytest.mark.usefixtures("hung_visit")
def test_a_hung_service_costs_the_deadline_until_its_breaker_opens(ask, gateway, stubs, short_deadline):
    stubs["marketing"].answers[TASKS] = tasks_of("1")
    give_up = time.monotonic() + 15
    while not gateway.backends["visit"].breaker.is_open:
        started = time.monotonic()
        assert ask().json["unavailableServices"] == ["visit"]
        assert time.monotonic() - started < 1
        assert time.monotonic() < give_up
    started = time.monotonic()
    answer = ask()
    assert time.monotonic() - started < 0.2
    assert (keys_in(answer), answer.json["unavailableServices"]) == (["1"], ["visit"])


def test_a_slow_method_opens_no_breaker(ask, gateway, stubs, short_deadline):
    go_on = threading.Event()
    stubs["visit"].answers[TASKS] = lambda *_: bytes(go_on.wait(20))
    stubs["marketing"].answers[TASKS] = tasks_of("1")
    for _ in range(FAILURES_TO_OPEN + 1):
        assert ask().json["unavailableServices"] == ["visit"]
    assert not gateway.backends["visit"].breaker.is_open
    go_on.set()


def test_callers_who_wait_for_a_hung_service_hold_no_place_of_the_others(gateway, stubs, tokens):
    inside, go_on = threading.Semaphore(0), threading.Event()

    def hang(*_):
        inside.release()
        go_on.wait(20)
        return b""

    stubs["visit"].answers[TASKS] = hang
    stubs["marketing"].answers[TASKS] = tasks_of("1")  # whose answer is read after that of visit

    def get(url):
        return gateway.application.test_client().get(url, headers=tokens.bearer())

    callers = [threading.Thread(target=get, args=["/v1/me/tasks"]) for _ in range(MOST_IN_FLIGHT)]
    for caller in callers:
        caller.start()
    for _ in callers:
        assert inside.acquire(timeout=5)
    breaker = gateway.backends["marketing"].breaker
    for _ in range(MOST_IN_FLIGHT):
        breaker.enter(patience=0.9)  # raises when those callers hold a place
    for _ in range(MOST_IN_FLIGHT):
        breaker.leave(answered=True)
    assert any(caller.is_alive() for caller in callers)
    go_on.set()
    for caller in callers:
        caller.join()


def test_a_busy_service_is_waited_for(ask, gateway, stubs):
    stubs["visit"].answers[TASKS] = tasks_of("1")
    breaker = gateway.backends["visit"].breaker
    for _ in range(MOST_IN_FLIGHT):
        breaker.enter()
    leaving = threading.Timer(0.1, lambda: breaker.leave(answered=True))
    leaving.start()
    assert keys_in(ask()) == ["1"]
    leaving.join()


def test_answers_that_are_no_list_cannot_be_put_together():
    with pytest.raises(NotGatherableError):
        Merge(customers_pb2.ListCustomersResponse.DESCRIPTOR)


def test_openapi_tells_of_what_may_be_missing(client):
    document = client.get("/openapi.json").json
    assert "get" in document["paths"]["/v1/me/tasks"]
    schema = document["components"]["schemas"]["work.v1.ListMyTasksResponse"]
    assert schema["properties"]["unavailableServices"]["type"] == "array"
