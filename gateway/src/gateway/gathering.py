"""Methods that several services answer, each for its own: all are asked at once, their answers made one."""

import time
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from http import HTTPStatus

import structlog
from google.protobuf.message_factory import GetMessageClass

from gateway import kinds
from gateway.backends import RETRY_AFTER_SECONDS, Backend, Metadata, Outcome, ServiceProblem
from gateway.contracts import Binding
from gateway.merging import Merge
from gateway.problem import Problem

DEADLINE_SECONDS = 1.0
_UNSERVED_SECONDS = 60.0  # the next version of a service may serve what this one does not

_log = structlog.get_logger(__name__)


class Gathering:
    """Asks every service that serves a method. Safe from all threads.

    A service that is away, too slow or broken is named in the answer. One that does not serve the method is
    left out, and not asked again for a minute.
    """

    def __init__(self, binding: Binding, backends: Mapping[str, Backend]) -> None:
        self._path = binding.grpc_path
        self._backends = tuple(backends.values())
        self._request = GetMessageClass(binding.descriptor.input_type)
        self._merge = Merge(binding.descriptor.output_type)
        self._unserved_until: dict[str, float] = {}

    def __call__(self, request: bytes, metadata: Metadata) -> bytes:
        """The wire bytes of the services' answers as one. Raises Problem and ServiceProblem."""
        answers = dict(self._answers(request, metadata))
        away = [name for name, answer in answers.items() if answer is None]
        found = [answer for answer in answers.values() if answer is not None]
        if not found:
            raise _nobody(away)
        if away:
            _log.warning("gathered_without", method=self._path, services=away)
        page_size = getattr(self._request.FromString(request), "page_size", 0)
        return self._merge(found, page_size, away)

    def _answers(self, request: bytes, metadata: Metadata) -> Iterator[tuple[str, bytes | None]]:
        """The answers by service, always in one order; None: it should have answered and did not."""
        serving = [backend for backend in self._backends if self._may_serve(backend)]
        asked = self._begin(serving, request, metadata)
        for backend in serving:
            try:
                yield backend.name, asked[backend.name]() if backend.name in asked else None
            except Problem:
                yield backend.name, None
            except ServiceProblem as problem:
                if problem.rendered.status is HTTPStatus.NOT_IMPLEMENTED:
                    self._unserved_until[backend.name] = time.monotonic() + _UNSERVED_SECONDS
                elif problem.rendered.status < HTTPStatus.INTERNAL_SERVER_ERROR:
                    raise
                else:
                    yield backend.name, None

    def _begin(self, serving: Iterable[Backend], request: bytes, metadata: Metadata) -> dict[str, Outcome]:
        """Asks the services, and returns how to read the answer of each that let the call in.

        First come those with a free place: whoever has to be waited for must not keep them waiting.
        """
        ends_at = time.monotonic() + DEADLINE_SECONDS
        asked: dict[str, Outcome] = {}
        for patient in (False, True):
            for backend in serving:
                left = max(ends_at - time.monotonic(), 0)
                if backend.name not in asked:
                    with suppress(Problem):
                        asked[backend.name] = backend.begin(
                            self._path, request, metadata, deadline=left, patience=left if patient else 0
                        )
        return asked

    def _may_serve(self, backend: Backend) -> bool:
        return self._unserved_until.get(backend.name, 0) <= time.monotonic()


def _nobody(away: list[str]) -> Problem:
    if not away:
        return Problem(kinds.NOT_IMPLEMENTED)
    retry = {"Retry-After": str(RETRY_AFTER_SECONDS)}
    return Problem(kinds.SERVICE_UNAVAILABLE, headers=retry, backend=", ".join(away))
