"""The services behind the gateway: one channel and one breaker each, bytes in and bytes out."""

import threading
from collections.abc import Callable, Mapping
from typing import Any

import grpc
from chassis.client import open_channel
from grpc_health.v1 import health_pb2, health_pb2_grpc

from gateway import kinds
from gateway.asking import Method
from gateway.breaker import Breaker, RefusedError
from gateway.contracts import BACKEND_OF_PACKAGE, package_files
from gateway.problem import Problem, Rendered
from gateway.service_errors import is_overload, is_silence, rendered

DEFAULT_DEADLINE = 5.0
# Signing in waits for a free password hasher in the rush at 08:25.
_DEADLINES = {
    "/journeyman.identity.v1.PasswordService/ChangePassword": 10.0,
    "/journeyman.identity.v1.PasswordService/ResetPassword": 10.0,
    "/journeyman.identity.v1.SessionService/Login": 10.0,
}
RETRY_AFTER_SECONDS = 2
_HEALTH_SECONDS = 0.5
_LOOK_AGAIN_SECONDS = 0.5

Metadata = tuple[tuple[str, str], ...]
Outcome = Callable[[], bytes]  # raises Problem and ServiceProblem, as `Backend.call` does


class ServiceProblem(Exception):
    """A service refused the request, in its own words."""

    def __init__(self, rendered: Rendered) -> None:
        super().__init__(rendered.reason)
        self.rendered = rendered


class Backend:
    """One service. `call` is safe from all threads."""

    def __init__(self, name: str, channel: grpc.Channel) -> None:
        self.name = name
        self.channel = channel
        self.breaker = Breaker()
        self._closed = threading.Event()
        self._health: Any = health_pb2_grpc.HealthStub(channel)  # the stubs' stub has no methods
        self._methods: dict[str, Method] = {}
        self._stubs: dict[str, Any] = {}

    def call(self, path: str, request: bytes, metadata: Metadata = (), deadline: float = 0) -> bytes:
        """The answer's wire bytes. Raises Problem and ServiceProblem."""
        try:
            self.breaker.enter()
        except RefusedError:
            raise self._unavailable() from None
        answered = False
        try:
            seconds = deadline or _DEADLINES.get(path, DEFAULT_DEADLINE)
            answer = self._method(path).ask(request, metadata, seconds)
            answered = True
        except grpc.RpcError as error:
            answered = not self._is_silent(error)
            raise self._problem(error) from error
        finally:
            self._leave(answered=answered)
        return answer

    def begin(
        self, path: str, request: bytes, metadata: Metadata, *, deadline: float, patience: float
    ) -> Outcome:
        """Asks, and returns what waits for the answer. The call's place is free when that is there.

        Raises Problem when the call is not let in within `patience` seconds.
        """
        try:
            self.breaker.enter(patience)
        except RefusedError:
            raise self._unavailable() from None
        asked = self._stub(path).future(request, timeout=deadline, metadata=metadata)
        asked.add_done_callback(self._settle)
        return lambda: self._outcome(asked)

    def _outcome(self, asked: Any) -> bytes:
        try:
            answer: bytes = asked.result()
        except grpc.RpcError as error:
            raise self._problem(error) from error
        return answer

    def close(self) -> None:
        self._closed.set()
        self.channel.close()

    def _method(self, path: str) -> Method:
        return self._methods.get(path) or self._methods.setdefault(path, Method(self.channel, path))

    def _stub(self, path: str) -> Any:
        return self._stubs.get(path) or self._stubs.setdefault(path, self.channel.unary_unary(path))

    def _settle(self, asked: Any) -> None:
        """Gives back the place of a call that has ended. The channel's own thread does: it must not wait."""
        if asked.code() is not grpc.StatusCode.DEADLINE_EXCEEDED:
            self._leave(answered=not is_silence(asked))
            return
        health = self._health.Check.future(health_pb2.HealthCheckRequest(), timeout=_HEALTH_SECONDS)
        health.add_done_callback(lambda told: self._leave(answered=not is_silence(told)))

    def _leave(self, *, answered: bool) -> None:
        if self.breaker.leave(answered=answered):
            threading.Thread(target=self._close_breaker, name=f"{self.name}-breaker", daemon=True).start()

    def _is_silent(self, error: grpc.RpcError) -> bool:
        """Whether the service is away. One method may be too slow while the others answer: health tells."""
        if error.code() is grpc.StatusCode.DEADLINE_EXCEEDED:
            return not self._lives()
        return is_silence(error)

    def _lives(self) -> bool:
        try:
            self._health.Check(health_pb2.HealthCheckRequest(), timeout=_HEALTH_SECONDS)
        except grpc.RpcError as answer:
            return not is_silence(answer)
        return True

    def _close_breaker(self) -> None:
        """Looks after the service until it answers, so that no caller need try."""
        while self.breaker.is_open and not self._closed.wait(_LOOK_AGAIN_SECONDS):
            if self._lives():
                self.breaker.close()

    def _problem(self, error: grpc.RpcError) -> Exception:
        if error.code() is grpc.StatusCode.DEADLINE_EXCEEDED:
            return Problem(kinds.DEADLINE_EXCEEDED)
        if is_silence(error) or is_overload(error):
            return self._unavailable()
        return ServiceProblem(rendered(error))

    def _unavailable(self) -> Problem:
        return Problem(
            kinds.SERVICE_UNAVAILABLE, headers={"Retry-After": str(RETRY_AFTER_SECONDS)}, backend=self.name
        )


def open_backends(targets: Mapping[str, str]) -> dict[str, Backend]:
    """A backend for each target. Called after the fork: a channel does not survive one."""
    return {name: Backend(name, open_channel(target, _contracts(name))) for name, target in targets.items()}


def _contracts(name: str) -> list[Any]:
    packages = [package for package, owner in BACKEND_OF_PACKAGE.items() if owner in (name, None)]
    files = (file for package in packages for file in package_files(package))
    return [service for file in files for service in file.services_by_name.values()]
