"""Threads that serve gRPC calls, each from the arrival of a call to the last byte of its answer.

In grpc's own server one thread waits for everything, and hands each call, and each step of a call, to a
thread of a pool and back: nine changes of thread for one call, which cost more than the rest of the hop.
Here every thread waits for itself, on a completion queue of its own, and the core gives a call to the first
that is free. The core's Python binding, on which grpc's own server is written, has no public name.
"""

import threading
import time
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import grpc
import structlog
from google.protobuf.message import DecodeError, Message
from grpc._cython import cygrpc  # type: ignore[attr-defined] # no stubs

_NO_FLAGS = 0
_END = "end"

Metadata = Sequence[tuple[str, str | bytes]]

log = structlog.get_logger()


class Refusal(Exception):
    """Answers a call with a status in place of a message."""

    def __init__(self, code: grpc.StatusCode, details: str, metadata: Metadata = ()) -> None:
        super().__init__(details)
        self.code = code
        self.details = details
        self.metadata = metadata


@dataclass(frozen=True, slots=True)
class Method:
    """What answers the calls of a method.

    `answer` gets the request and the metadata that is text. It may raise Refusal.
    """

    request: type[Message]
    answer: Callable[[Any, dict[str, str]], Message]


class Threads:
    """Serves methods by their path, `/<contract>/<method>`.

    While no thread is free, calls are taken into a line; a call that finds the line full is refused.

    Args:
        count: of the threads.
        places: in the line.
        methods: by path.
        options: of the server, as grpc's channel arguments.
    """

    def __init__(
        self, count: int, places: int, methods: Mapping[str, Method], options: Sequence[tuple[str, int]]
    ) -> None:
        self._free, self._places, self._methods = count, places, methods
        self._line: deque[tuple[Any, Any]] = deque()
        self._asked = False
        self._lock = threading.Lock()
        self._ended = threading.Event()
        self._server = cygrpc.Server(tuple(options), False)  # noqa: FBT003 - without xDS
        self._reception = cygrpc.CompletionQueue()
        self._queues = [cygrpc.CompletionQueue() for _ in range(count)]
        self._threads = [threading.Thread(target=self._receive, name="rpc-line", daemon=True)]
        for queue in self._queues:
            self._threads.append(threading.Thread(target=self._serve, args=(queue,), name="rpc", daemon=True))
        for queue in (*self._queues, self._reception):
            self._server.register_completion_queue(queue)

    def bind(self, address: str) -> int:
        """Take the address. Returns its port; raises RuntimeError when it is taken."""
        port: int = self._server.add_http2_port(address.encode())
        if not port:
            message = f"cannot bind to {address}"
            raise RuntimeError(message)
        return port

    def start(self) -> None:
        self._server.start()
        for thread in self._threads:
            thread.start()

    def stop(self, patience: float) -> None:
        """Take no more calls, let those taken finish within so many seconds, and cancel the others."""
        self._server.shutdown(self._reception, _END)
        if not self._ended.wait(patience):
            self._server.cancel_all_calls()
            self._ended.wait()
        end = time.monotonic() + patience
        for thread in self._threads:
            thread.join(max(0, end - time.monotonic()))
        if not any(
            thread.is_alive() for thread in self._threads
        ):  # asking a destroyed server ends the process
            self._server.destroy()

    def _serve(self, queue: Any) -> None:
        while self._request(queue, queue):
            self._work(queue.poll(), queue)

    def _request(self, queue: Any, told: Any) -> bool:
        """Ask for a call: `told` hears of it, `queue` of its steps. Returns whether one may come."""
        try:
            self._server.request_call(queue, told, queue)
        except ValueError:  # the server stops
            return False
        return True

    def _work(self, event: Any, queue: Any) -> None:
        """Serve a call and then those in the line."""
        if not event.success:  # the server stops
            return
        with self._lock:
            self._free -= 1
        self._ask()
        while True:
            try:
                self._serve_call(event, queue)
            except Exception:  # one call's, and a thread less for all others
                log.exception("call not served", method=event.call_details.method.decode())
            with self._lock:
                if not self._line:
                    self._free += 1
                    return
                event, queue = self._line.popleft()

    def _ask(self) -> None:
        """Have a call taken into the line when no thread is free to take it."""
        with self._lock:
            if self._free <= 0 and not self._asked:
                self._asked = self._request(cygrpc.CompletionQueue(), self._reception)

    def _receive(self) -> None:
        while self._line_up(self._reception.poll()):
            self._ask()
        self._ended.set()

    def _line_up(self, event: Any) -> bool:
        """Put a call into the line. Returns whether more may come."""
        if event.tag is _END:
            return False
        with self._lock:
            self._asked = False
            is_busy = self._free <= 0
            is_full = len(self._line) >= self._places
            if event.success and is_busy and not is_full:
                self._line.append((event, event.tag))
        if not is_busy:  # a thread became free meanwhile, and would not look into the line again
            self._work(event, event.tag)
        elif event.success and is_full:
            _finish(event.call, event.tag, _status(grpc.StatusCode.RESOURCE_EXHAUSTED, "no thread is free"))
        return True

    def _serve_call(self, event: Any, queue: Any) -> None:
        body = _step(event.call, queue, cygrpc.ReceiveMessageOperation(_NO_FLAGS)).message()
        if body is not None and event.call_details.deadline > time.time():  # else nobody waits any more
            _finish(event.call, queue, *self._answer(event, body))

    def _answer(self, event: Any, body: bytes) -> tuple[Any, ...]:
        try:
            message = cygrpc.SendMessageOperation(self._response(event, body), _NO_FLAGS)
        except Refusal as refusal:
            return (_status(refusal.code, refusal.details, refusal.metadata),)
        except Exception:  # whatever a method raises is one answer, and the thread serves on
            log.exception("unexpected error", method=event.call_details.method.decode())
            return (_status(grpc.StatusCode.INTERNAL, ""),)
        return message, _status(grpc.StatusCode.OK, "")

    def _response(self, event: Any, body: bytes) -> bytes:
        method = self._methods.get(event.call_details.method.decode())
        if method is None:
            raise Refusal(grpc.StatusCode.UNIMPLEMENTED, "there is no such method")
        try:
            request = method.request.FromString(body)
        except DecodeError:
            raise Refusal(grpc.StatusCode.INTERNAL, "the request is no such message") from None
        metadata = {key: value for key, value in event.invocation_metadata if isinstance(value, str)}
        return method.answer(request, metadata).SerializeToString()


def _step(call: Any, queue: Any, *operations: Any) -> Any:
    """Do operations of a call and wait for them. Returns the first of them, which has what it received."""
    call.start_server_batch(operations, _done)
    return queue.poll().batch_operations[0]


def _finish(call: Any, queue: Any, *answer: Any) -> None:
    opening = cygrpc.SendInitialMetadataOperation((), _NO_FLAGS)
    _step(call, queue, opening, *answer, cygrpc.ReceiveCloseOnServerOperation(_NO_FLAGS))


def _done(_: Any) -> None:
    """Grpc calls a batch's tag with its event."""


def _status(code: grpc.StatusCode, details: str, metadata: Metadata = ()) -> Any:
    return cygrpc.SendStatusFromServerOperation(metadata, code.value[0], details.encode(), _NO_FLAGS)
