"""The edge of a service: everything that happens around a servicer's method, folded into one closure."""

import re
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

import grpc
import psycopg
import structlog
from google.protobuf.descriptor import MethodDescriptor, ServiceDescriptor
from google.protobuf.message import Message
from google.protobuf.message_factory import GetMessageClass
from grpc_status import rpc_status
from journeyman.audit.v1 import events_pb2 as audit_pb2
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolUsedUp

from chassis.access import Caller, InvalidToken, KeysUnknown, TokenVerifier, UnitTree
from chassis.access.methods import MethodRule, method_rule
from chassis.access.permitted import demand_permitted
from chassis.access.replaced import demand_captured_before
from chassis.clock import Clock
from chassis.database import Database
from chassis.errors import (
    CallInFlight,
    Conflict,
    ErrorTable,
    IdempotencyKeyMissing,
    NotSignedIn,
    Unavailable,
    language_of,
    render,
)
from chassis.idempotency import IdempotentCall, secret_fields
from chassis.metrics import Metrics
from chassis.outbox import Fact, publication
from chassis.server.call import Call
from chassis.server.threads import Method, Refusal
from chassis.validation import validate

log = structlog.get_logger()

_SNAKE = re.compile(r"(?<!^)(?=[A-Z])")


class Servicer(Protocol):
    """Answers the methods of one contract: `ListCustomers` is answered by `list_customers(request, call)`."""

    contract: ServiceDescriptor


@dataclass(frozen=True, slots=True, kw_only=True)
class Edge:
    """What the methods of a service have around them."""

    service: str
    database: Database
    clock: Clock
    verifier: TokenVerifier
    tree: UnitTree
    metrics: Metrics
    errors: ErrorTable

    def methods(self, servicer: Servicer) -> dict[str, Method]:
        """Return the methods of a servicer by their path.

        Raises MissingAccessRule for a method without access rule, AttributeError for one without an answer.
        """
        contract = servicer.contract
        return {f"/{contract.full_name}/{rpc.name}": self._method(servicer, rpc) for rpc in contract.methods}

    def _method(self, servicer: Servicer, method: MethodDescriptor) -> Method:
        answer = getattr(servicer, _SNAKE.sub("_", method.name).lower())
        around = _Method(self, method, method_rule(method), answer)
        return Method(GetMessageClass(method.input_type), around)


class _Method:
    """One method of a service with its edge."""

    def __init__(
        self,
        edge: Edge,
        method: MethodDescriptor,
        rule: MethodRule,
        answer: Callable[[Any, Call], Message],
    ) -> None:
        service = method.containing_service
        assert service is not None  # noqa: S101 - every method of a descriptor stands in a service
        self._edge = edge
        self._name = f"{service.full_name}/{method.name}"
        self._rule = rule
        self._answer = answer
        self._response = GetMessageClass(method.output_type)
        self._secret_fields = secret_fields(method.output_type)

    def __call__(self, request: Message, metadata: dict[str, str]) -> Message:
        started = time.perf_counter()
        code = "OK"
        caller: Caller | None = None
        try:
            caller = self._admit(metadata)
            if caller:
                demand_captured_before(request, caller)
            validate(request)
            return self._run(request, caller, metadata)
        except Exception as error:  # noqa: BLE001 - each becomes an answer; an unknown one is logged
            refusal = self._refusal(error, metadata)
            code = refusal.code.name
            raise refusal from None
        finally:
            seconds = time.perf_counter() - started
            self._edge.metrics.requests.observe(self._name, code, seconds)
            log.info(
                "call",
                method=self._name,
                code=code,
                milliseconds=round(seconds * 1000, 2),
                caller=caller.subject if caller else "",
                request_id=metadata.get("x-request-id", ""),
            )

    def _admit(self, metadata: Mapping[str, str]) -> Caller | None:
        """Return the caller when the access rule lets them in."""
        rule = self._rule
        if rule.public:
            return None
        scheme, _, token = metadata.get("authorization", "").partition(" ")
        if scheme.lower() != "bearer" or not token:
            raise NotSignedIn
        try:
            caller = self._edge.verifier.verify(token)
        except KeysUnknown:  # started before identity: the same call is good a moment later
            raise Unavailable from None
        except InvalidToken:
            raise NotSignedIn from None
        demand_permitted(rule, caller)
        return caller

    def _run(self, request: Message, caller: Caller | None, metadata: dict[str, str]) -> Message:
        if self._rule.reads:
            return self._read(request, caller, metadata)
        with self._call(caller, metadata) as call:
            return self._write_once(request, call, caller)

    def _read(self, request: Message, caller: Caller | None, metadata: dict[str, str]) -> Message:
        """Answer, once more when the connection was lost: each kept one ends when the database restarts."""
        try:
            with self._call(caller, metadata) as call:
                return self._answer(request, call)
        except (DBAPIError, psycopg.Error) as error:
            if not _lost_connection(error):
                raise
        with self._call(caller, metadata) as call:
            return self._answer(request, call)

    def _write_once(self, request: Message, call: Call, caller: Caller | None) -> Message:
        key = call.metadata.get("idempotency-key", "")
        if self._rule.requires_idempotency_key and not key:
            raise IdempotencyKeyMissing
        if not key or caller is None:
            return self._write(request, call)
        body = request.SerializeToString(deterministic=True)
        attempt = IdempotentCall(call.connection, caller.subject, self._name, key, body)
        stored = attempt.stored_response()
        if stored is not None:
            return self._response.FromString(stored)
        return self._write(request, call, attempt)

    def _without_secrets(self, response: Message) -> Message:
        kept = self._response()
        kept.CopyFrom(response)
        for name in self._secret_fields:
            kept.ClearField(name)
        return kept

    def _write(self, request: Message, call: Call, attempt: IdempotentCall | None = None) -> Message:
        response = self._answer(request, call)
        if attempt:
            call.write(attempt.record(self._without_secrets(response).SerializeToString()))
        trace = call.metadata.get("traceparent", "")
        call.finish(publication(call.facts, self._audit(call), call.now, trace))
        return response

    def _audit(self, call: Call) -> Fact:
        caller = None if self._rule.public else call.caller
        subject, unit_id = call.actor
        data = audit_pb2.AuditRecorded(
            caller=subject,
            caller_unit_id=unit_id,
            # a service's job says for whom it works; a person could put the blame on anybody
            on_behalf_of=call.metadata.get("x-on-behalf-of", "") if caller and not caller.is_person else "",
            method=self._name,
            resource=call.resource,
            changed_fields=call.changed_fields,
            request_id=call.request_id,
        )
        return Fact(f"journeyman.{self._edge.service}.audit.recorded.v1", call.resource, 0, data)

    def _call(self, caller: Caller | None, metadata: dict[str, str]) -> Call:
        return Call(
            caller=caller,
            permission=self._rule.permission,
            tree=self._edge.tree,
            database=self._edge.database,
            now=self._edge.clock.now(),
            metadata=metadata,
            reads=self._rule.reads,
        )

    def _refusal(self, error: Exception, metadata: Mapping[str, str]) -> Refusal:
        """Return the answer that tells what the error means."""
        if isinstance(error, DBAPIError | psycopg.Error | PoolUsedUp):
            error = _database_error(error)
        language = language_of(metadata.get("accept-language", ""))
        rendering = render(error, self._edge.errors, language)
        if rendering.status is grpc.StatusCode.INTERNAL:
            request_id = metadata.get("x-request-id", "")
            log.error("unexpected error", method=self._name, request_id=request_id, exc_info=error)
        status = rpc_status.to_status(rendering.details)
        return Refusal(status.code, status.details, status.trailing_metadata)


# A process that stood still loses its transaction, and after a failover the old primary only reads.
_AWAY = (
    psycopg.OperationalError,
    psycopg.InterfaceError,
    psycopg.errors.IdleInTransactionSessionTimeout,
    psycopg.errors.ReadOnlySqlTransaction,
    PoolUsedUp,
)


def _lost_connection(error: DBAPIError | psycopg.Error) -> bool:
    """Whether the server ended the connection, or the network did: then there is no state to tell."""
    cause = error.orig if isinstance(error, DBAPIError) else error
    if isinstance(cause, psycopg.errors.ConnectionTimeout) or not isinstance(cause, psycopg.OperationalError):
        return False
    ended = psycopg.errors.AdminShutdown, psycopg.errors.CrashShutdown
    return cause.sqlstate is None or isinstance(cause, ended)


def _database_error(error: DBAPIError | psycopg.Error | PoolUsedUp) -> Exception:
    """Say what a failed statement means: a lost race, a database that is away, or a mistake of ours."""
    cause = error.orig if isinstance(error, DBAPIError) else error
    if isinstance(cause, psycopg.errors.UniqueViolation | psycopg.errors.SerializationFailure):
        return Conflict()
    if isinstance(cause, psycopg.errors.DeadlockDetected | psycopg.errors.LockNotAvailable):
        return CallInFlight()
    if isinstance(cause, _AWAY):
        return Unavailable()
    return error
