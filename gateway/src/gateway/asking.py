"""Asks a method of a service: bytes in and bytes out, by the thread that wants the answer.

What grpc's own stub makes around a call, for streams, callbacks and interceptors, costs a fifth of the call.
The core's Python binding, on which the stub stands too, has no public name.
"""

import time
from collections.abc import Sequence
from typing import Any

import grpc
from grpc._cython import cygrpc  # type: ignore[attr-defined] # no stubs

_NO_FLAGS = 0
_INHERITING = cygrpc.PropagationConstants.GRPC_PROPAGATE_DEFAULTS
_CODES = {code.value[0]: code for code in grpc.StatusCode}

Metadata = Sequence[tuple[str, str]]


class NotAnswered(grpc.RpcError):
    """A call that ended without a message; tells why as grpc's own errors do."""

    def __init__(self, status: Any) -> None:
        super().__init__(status.details())
        self._status = status

    def code(self) -> grpc.StatusCode:
        return _CODES.get(self._status.code(), grpc.StatusCode.UNKNOWN)

    def details(self) -> str:
        details: bytes | str = self._status.details()
        return details.decode(errors="replace") if isinstance(details, bytes) else details

    def trailing_metadata(self) -> tuple[Any, ...]:
        return tuple(self._status.trailing_metadata())


class Method:
    """A method of a service, for all threads."""

    def __init__(self, channel: grpc.Channel, path: str) -> None:
        self._channel = channel._channel  # type: ignore[attr-defined] # noqa: SLF001 - the core's
        self._path = path.encode()

    def ask(self, request: bytes, metadata: Metadata, seconds: float) -> bytes:
        """Return the answer. Raises NotAnswered, after `seconds` with DEADLINE_EXCEEDED."""
        operations = (
            cygrpc.SendInitialMetadataOperation(metadata, _NO_FLAGS),
            cygrpc.SendMessageOperation(request, _NO_FLAGS),
            cygrpc.SendCloseFromClientOperation(_NO_FLAGS),
            cygrpc.ReceiveInitialMetadataOperation(_NO_FLAGS),
            message := cygrpc.ReceiveMessageOperation(_NO_FLAGS),
            status := cygrpc.ReceiveStatusOnClientOperation(_NO_FLAGS),
        )
        deadline = time.time() + seconds
        call = self._channel.segregated_call(
            _INHERITING, self._path, None, deadline, metadata, None, ((operations, None),), None
        )
        call.next_event()
        if status.code() != cygrpc.StatusCode.ok:
            raise NotAnswered(status)
        answer: bytes = message.message()
        return answer
