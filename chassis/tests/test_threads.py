"""The threads that serve gRPC calls."""

import queue
import threading
from contextlib import contextmanager

import grpc
import pytest
from chassis.server.threads import Method, Refusal, Threads
from google.protobuf.wrappers_pb2 import StringValue

COUNT, PLACES = 2, 3


class Echo:
    """Answers what it is asked, when its gate is open."""

    def __init__(self) -> None:
        self.entered = threading.Semaphore(0)
        self.gate = threading.Event()
        self.gate.set()

    def __call__(self, request, metadata):
        self.entered.release()
        assert self.gate.wait(10)
        match request.value:
            case "refuse":
                details = b"\0details"
                raise Refusal(grpc.StatusCode.NOT_FOUND, "没有", [("details-bin", details)])
            case "crash":
                message = "the password is hunter2"
                raise RuntimeError(message)
        return StringValue(value=metadata.get("greeting", "") + request.value)


@pytest.fixture
def echo():
    return Echo()


@pytest.fixture
def threads(echo):
    running = Threads(COUNT, PLACES, {"/test.Echo/Say": Method(StringValue, echo)}, [])
    running.port = running.bind("127.0.0.1:0")
    running.start()
    stopped = threading.Event()
    running.stop_once = lambda patience: stopped.is_set() or stopped.set() or running.stop(patience)
    yield running
    echo.gate.set()
    running.stop_once(10)


@pytest.fixture
def say(threads):
    with grpc.insecure_channel(f"127.0.0.1:{threads.port}") as channel:
        yield channel.unary_unary(
            "/test.Echo/Say",
            lambda value: StringValue(value=value).SerializeToString(),
            StringValue.FromString,
        )


@contextmanager
def futures_of(calls):
    """Hand out the calls as they end."""
    ended = queue.SimpleQueue()
    for call in calls:
        call.add_done_callback(ended.put)
    yield ended


def refusal(call):
    with pytest.raises(grpc.RpcError) as refused:
        call()
    return refused.value


def test_a_call_is_answered_with_its_metadata(say):
    assert (
        say("world", metadata=[("greeting", "hello "), ("odd-bin", b"\0")], timeout=5).value == "hello world"
    )


def test_more_calls_than_threads_are_served_one_after_another(say):
    assert [say(str(number), timeout=5).value for number in range(50)] == [str(n) for n in range(50)]


def test_a_refusal_has_its_code_its_words_and_its_details(say):
    error = refusal(lambda: say("refuse", timeout=5))
    told = (error.code(), error.details(), dict(error.trailing_metadata())["details-bin"])
    assert told == (grpc.StatusCode.NOT_FOUND, "没有", b"\0details")


def test_a_crash_tells_nothing_of_itself_and_costs_no_thread(say):
    for _ in range(COUNT + 1):
        error = refusal(lambda: say("crash", timeout=5))
        assert (error.code(), error.details()) == (grpc.StatusCode.INTERNAL, "")
    assert say("well", timeout=5).value == "well"


def test_an_unknown_method_is_unimplemented(threads):
    with grpc.insecure_channel(f"127.0.0.1:{threads.port}") as channel:
        error = refusal(lambda: channel.unary_unary("/test.Echo/Sing")(b"", timeout=5))
    assert error.code() is grpc.StatusCode.UNIMPLEMENTED


def test_a_request_that_is_no_message_is_refused(threads):
    with grpc.insecure_channel(f"127.0.0.1:{threads.port}") as channel:
        error = refusal(lambda: channel.unary_unary("/test.Echo/Say")(b"\xff", timeout=5))
    assert error.code() is grpc.StatusCode.INTERNAL


def test_a_call_for_which_no_thread_is_free_waits_in_line(say, echo):
    echo.gate.clear()
    calls = [say.future("slow", timeout=10) for _ in range(COUNT + PLACES)]
    for _ in range(COUNT):
        assert echo.entered.acquire(timeout=5)
    echo.gate.set()
    assert [call.result(timeout=5).value for call in calls] == ["slow"] * len(calls)


def test_a_call_that_finds_the_line_full_is_refused(say, echo):
    echo.gate.clear()
    calls = [say.future("slow", timeout=10) for _ in range(COUNT + PLACES + 1)]
    with futures_of(calls) as ended:
        refused = ended.get(timeout=5)
    assert refused.code() is grpc.StatusCode.RESOURCE_EXHAUSTED
    echo.gate.set()
    assert [call.result(timeout=5).value for call in calls if call is not refused] == ["slow"] * (
        COUNT + PLACES
    )


def test_who_stands_in_line_when_the_server_stops_is_answered(threads, say, echo):
    echo.gate.clear()
    calls = [say.future("slow", timeout=10) for _ in range(COUNT + PLACES + 1)]
    with futures_of(calls) as ended:
        refused = ended.get(timeout=5)  # then the line is full
    stopping = threading.Thread(target=threads.stop_once, args=(10,))
    stopping.start()
    echo.gate.set()
    assert [call.result(timeout=5).value for call in calls if call is not refused] == ["slow"] * (
        COUNT + PLACES
    )
    stopping.join(5)
    assert not stopping.is_alive()


def test_a_running_call_is_answered_when_the_server_stops(threads, say, echo):
    echo.gate.clear()
    call = say.future("slow", timeout=10)
    assert echo.entered.acquire(timeout=5)
    stopping = threading.Thread(target=threads.stop_once, args=(10,))
    stopping.start()
    echo.gate.set()
    assert call.result(timeout=5).value == "slow"
    stopping.join(5)
    assert not stopping.is_alive()


def test_a_call_that_outlasts_the_patience_is_cancelled(threads, say, echo):
    echo.gate.clear()
    call = say.future("slow", timeout=10)
    assert echo.entered.acquire(timeout=5)
    stopping = threading.Thread(target=threads.stop_once, args=(0.05,))
    stopping.start()
    assert call.exception(timeout=5).code() in (grpc.StatusCode.CANCELLED, grpc.StatusCode.UNAVAILABLE)
    echo.gate.set()
    stopping.join(5)
    assert not stopping.is_alive()


def test_a_server_has_ended_its_threads_before_it_is_gone():
    """One that asks a server that is gone for a call ends the process, if seldom."""
    before = threading.active_count()
    for _ in range(20):
        running = Threads(50, 0, {}, [])
        running.bind("127.0.0.1:0")
        running.start()
        running.stop(10)
        assert threading.active_count() <= before
