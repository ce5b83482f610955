"""Channels to other services, against real gRPC servers that misbehave."""

import threading
import time
from concurrent.futures import ThreadPoolExecutor

import grpc
import pytest
from chassis.client import MachineToken, authenticated, open_channel
from journeyman.identity.v1 import org_units_pb2, org_units_pb2_grpc, sessions_pb2

UNITS = org_units_pb2.DESCRIPTOR.services_by_name["OrgUnitService"]


class Flaky:
    """Fails a number of times, then answers; remembers what came in."""

    def __init__(self, failures: int) -> None:
        self.failures = failures
        self.calls: list[dict[str, str]] = []
        self.tokens = 0
        self.refused: set[str] = set()
        self.hangs = threading.Event()
        self.hangs.set()

    def answer(self, request, context):
        self.calls.append(dict(context.invocation_metadata()))
        if self.calls[-1]["authorization"] in self.refused:
            context.abort(grpc.StatusCode.UNAUTHENTICATED, "no")
        self.calls[-1]["remaining"] = str(context.time_remaining())
        if len(self.calls) <= self.failures:
            context.abort(grpc.StatusCode.UNAVAILABLE, "away")
        return org_units_pb2.OrgUnit()

    def token(self, request, context):
        self.tokens += 1
        self.hangs.wait(10)
        if request.client_secret != "right":
            context.abort(grpc.StatusCode.UNAUTHENTICATED, "no")
        return sessions_pb2.ClientToken(access_token=f"t{self.tokens}", expires_in=61)


@pytest.fixture
def flaky():
    servicer = Flaky(2)
    server = grpc.server(ThreadPoolExecutor(2))
    request = org_units_pb2.GetOrgUnitRequest.FromString

    def handler(behaviour, read):
        return grpc.unary_unary_rpc_method_handler(
            behaviour,
            request_deserializer=read,
            response_serializer=lambda message: message.SerializeToString(),
        )

    units = {
        "GetOrgUnit": handler(servicer.answer, request),
        "CreateOrgUnit": handler(servicer.answer, org_units_pb2.CreateOrgUnitRequest.FromString),
    }
    tokens = {"IssueClientToken": handler(servicer.token, sessions_pb2.IssueClientTokenRequest.FromString)}
    server.add_generic_rpc_handlers(
        (
            grpc.method_handlers_generic_handler(UNITS.full_name, units),
            grpc.method_handlers_generic_handler("journeyman.identity.v1.SessionService", tokens),
        )
    )
    servicer.target = f"127.0.0.1:{server.add_insecure_port('127.0.0.1:0')}"
    server.start()
    yield servicer
    server.stop(0).wait()


@pytest.fixture
def stub(flaky):
    with open_channel(flaky.target, [UNITS]) as channel:
        yield org_units_pb2_grpc.OrgUnitServiceStub(authenticated(channel, lambda: "mine"))


def test_a_read_is_tried_again_while_the_service_is_away(stub, flaky):
    stub.GetOrgUnit(org_units_pb2.GetOrgUnitRequest())
    assert len(flaky.calls) == 3


def test_a_write_that_may_not_be_repeated_is_sent_once(stub, flaky):
    with pytest.raises(grpc.RpcError) as refused:
        stub.CreateOrgUnit(org_units_pb2.CreateOrgUnitRequest())
    assert refused.value.code() is grpc.StatusCode.UNAVAILABLE
    assert len(flaky.calls) == 1


def test_every_call_has_the_token_and_a_deadline(stub, flaky):
    flaky.failures = 0
    stub.GetOrgUnit(org_units_pb2.GetOrgUnitRequest())
    assert flaky.calls[0]["authorization"] == "Bearer mine"
    assert 0 < float(flaky.calls[0]["remaining"]) <= 5.1


def test_the_machines_token_is_kept_until_a_minute_before_its_end(flaky):
    with open_channel(flaky.target) as channel:
        token = MachineToken(channel, "visit", "right")
        assert token() == token() == "t1"
        renewed = time.monotonic() + 5
        while token() == "t1" and time.monotonic() < renewed:
            pass
        assert token() == "t2"


def test_a_wrong_secret_is_an_error_and_no_token(flaky):
    with open_channel(flaky.target) as channel, pytest.raises(grpc.RpcError):
        MachineToken(channel, "visit", "wrong")()


def test_while_identity_hangs_callers_wait_for_one_token_together(flaky, monkeypatch):
    monkeypatch.setattr("chassis.client.TOKEN_DEADLINE_SECONDS", 0.3)
    flaky.hangs.clear()
    with open_channel(flaky.target) as channel, ThreadPoolExecutor(8) as pool:
        token = MachineToken(channel, "visit", "right")
        failures = [call.exception() for call in [pool.submit(token) for _ in range(8)]]
        flaky.hangs.set()
    assert all(isinstance(failure, grpc.RpcError) for failure in failures)
    assert flaky.tokens == 1


def test_a_token_that_is_still_good_outlives_a_failed_renewal(flaky):
    with open_channel(flaky.target) as channel:
        token = MachineToken(channel, "visit", "right")
        assert token() == "t1"
        token._request.client_secret = "wrong"
        renewed = time.monotonic() + 5
        while flaky.tokens == 1 and time.monotonic() < renewed:
            assert token() == "t1"
        assert flaky.tokens == 2


@pytest.fixture
def machine(flaky):
    flaky.failures = 0
    with open_channel(flaky.target) as channel:
        token = MachineToken(channel, "visit", "right")
        yield org_units_pb2_grpc.OrgUnitServiceStub(authenticated(channel, token))


def test_a_token_that_is_refused_is_given_up_and_the_call_sent_again(machine, flaky, monkeypatch):
    monkeypatch.setattr("chassis.client.TOKEN_PAUSE_SECONDS", 0)
    machine.CreateOrgUnit(org_units_pb2.CreateOrgUnitRequest())
    flaky.refused = {"Bearer t1"}
    machine.CreateOrgUnit(org_units_pb2.CreateOrgUnitRequest())
    assert [call["authorization"] for call in flaky.calls] == ["Bearer t1", "Bearer t1", "Bearer t2"]


def test_a_service_that_refuses_every_token_does_not_have_identity_asked_at_each_call(machine, flaky):
    flaky.refused = {f"Bearer t{n}" for n in range(9)}
    for _ in range(20):
        with pytest.raises(grpc.RpcError) as refused:
            machine.GetOrgUnit(org_units_pb2.GetOrgUnitRequest())
        assert refused.value.code() is grpc.StatusCode.UNAUTHENTICATED
    assert flaky.tokens <= 2
