"""Answers the URLs of the contracts: all of them by this one handler."""

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

from chassis.errors import FieldProblem

from gateway import kinds
from gateway.backends import Backend, ServiceProblem
from gateway.codec import Codec
from gateway.contracts import Binding, wire_class
from gateway.doorkeeper import Doorkeeper
from gateway.gathering import Gathering
from gateway.incoming import Answer, Incoming
from gateway.problem import Problem
from gateway.requests import RequestShape

BODY_LIMIT = 1024 * 1024
_LOGIN = "/journeyman.identity.v1.SessionService/Login"
_PASSWORDS = "/journeyman.identity.v1.PasswordService"
_ASK_FOR_RESET = f"{_PASSWORDS}/RequestPasswordReset"
_RESET = f"{_PASSWORDS}/ResetPassword"
_GUARDED = {_LOGIN, _ASK_FOR_RESET, _RESET}


class ContractRoute:
    def __init__(self, binding: Binding, backends: Mapping[str, Backend], doorkeeper: Doorkeeper) -> None:
        self._rule = binding.rule
        self._path = binding.grpc_path
        self._label = binding.grpc_path.removeprefix("/journeyman.")
        self._shape = RequestShape(binding)
        self._answers = Codec(binding.descriptor.output_type)
        self._backends = backends
        self._backend = backends[binding.backend] if binding.backend else None
        self._gathering = Gathering(binding, backends) if binding.rule.gathered else None
        self._doorkeeper = doorkeeper
        self._request_class: Any = wire_class(binding.descriptor.input_type)

    def __call__(self, incoming: Incoming, path_values: tuple[str, ...]) -> Answer:
        """The service's answer. Raises Problem and ServiceProblem."""
        incoming.route = self._label
        self._doorkeeper.admit(incoming, self._rule)
        request = self._shape.to_wire(path_values, incoming.query_string, _json_body(incoming))
        if self._path in _GUARDED:
            return self._render(incoming, self._ask_stranger(request, incoming))
        return self._render(incoming, self._ask(request, incoming))

    def _ask_stranger(self, request: bytes, incoming: Incoming) -> bytes:
        """Asks for somebody who says who they are: each guess counts."""
        if self._path == _RESET:
            with self._doorkeeper.sign_in(incoming, ""):
                return self._ask(request, incoming)
        name = self._request_class.from_binary(request).username
        if self._path == _LOGIN:
            with self._doorkeeper.sign_in(incoming, name):
                return self._ask(request, incoming)
        self._doorkeeper.admit_reset(incoming, name)
        return self._ask(request, incoming)

    def _ask(self, request: bytes, incoming: Incoming) -> bytes:
        if self._gathering is not None:
            return self._gathering(request, incoming.metadata())
        if self._backend is not None:
            return self._backend.call(self._path, request, incoming.metadata())
        try:
            return self._owner(request).call(self._path, request, incoming.metadata())
        except ServiceProblem as problem:
            if problem.rendered.status is HTTPStatus.NOT_IMPLEMENTED:  # a service that owns none of these
                raise Problem(kinds.NOT_FOUND) from None
            raise

    def _owner(self, request: bytes) -> Backend:
        """The service named before the dot: `customer.<uuid>` is customer's."""
        value: str = getattr(self._request_class.from_binary(request), self._rule.owner_field)
        if not value:  # a path always has one; no service would be asked who could say what is missing
            raise Problem(
                kinds.INVALID_FIELDS,
                fields=[FieldProblem(self._rule.owner_field, "REQUIRED", "must be there", "必填")],
            )
        backend = self._backends.get(value.partition(".")[0])
        if backend is None:
            raise Problem(kinds.NOT_FOUND)
        return backend

    def _render(self, incoming: Incoming, wire: bytes) -> Answer:
        body, etag = self._answers.to_json(wire)
        if not etag:
            return Answer(HTTPStatus.OK, body)
        if self._rule.reads and etag in incoming.header("HTTP_IF_NONE_MATCH"):
            return Answer(HTTPStatus.NOT_MODIFIED, b"", headers={"ETag": etag})
        return Answer(HTTPStatus.OK, body, headers={"ETag": etag})


def _json_body(incoming: Incoming) -> bytes:
    body = incoming.read_body(BODY_LIMIT)
    content_type = incoming.header("CONTENT_TYPE").partition(";")[0].strip().lower()
    if body and content_type not in ("", "application/json"):
        raise Problem(kinds.UNSUPPORTED_MEDIA_TYPE, expected="application/json")
    return body
