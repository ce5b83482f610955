"""Who may call what, at the gateway and past it: every method of every contract, as its access rule says.

The contracts come from the generated code and the roles from the platform, so that a new method or role is
walked without a word here. Requests are empty: behind the gate nearly all of them are refused as invalid.
"""

import re
import uuid
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass
from fnmatch import fnmatchcase
from functools import cached_property
from importlib import import_module
from pathlib import Path

import grpc
import httpx
import journeyman
import pytest
from google.api import annotations_pb2
from journeyman.identity.v1 import sessions_pb2, sessions_pb2_grpc
from journeyman.options.v1 import access_pb2
from local_stack import table
from local_stack.state import secret

PASSES = "passes"
REFUSALS = {401: "UNAUTHENTICATED", 403: "PERMISSION_DENIED"}
# A machine that the access rule lets in, at a method for people: it is refused behind the gate.
PERSONS_ONLY = b"PERSON_REQUIRED"
# After these the caller's token is good for nothing more.
ENDS_SESSION = {"journeyman.identity.v1.SessionService.Logout"}
NARROW = ("orgUnits.read",)


def contracts():
    modules = {
        ".".join(path.with_suffix("").relative_to(folder.parent).parts)
        for folder in map(Path, journeyman.__path__)
        for path in folder.rglob("*_pb2.py")
    }
    services = [
        service
        for name in sorted(modules)
        for service in import_module(name).DESCRIPTOR.services_by_name.values()
    ]
    return {service.full_name: service for service in services}


CONTRACTS = contracts()


@dataclass
class Caller:
    """Somebody with permission patterns, or nobody: None. `sign_in` returns a new access token."""

    name: str
    permissions: tuple[str, ...] | None
    sign_in: Callable[[], str]

    @cached_property
    def token(self):
        return self.sign_in()

    def expected(self, method):
        rule = method.GetOptions().Extensions[access_pb2.access]
        if rule.public:
            return PASSES
        if self.permissions is None:
            return "UNAUTHENTICATED"
        may = rule.signed_in or any(fnmatchcase(rule.permission, pattern) for pattern in self.permissions)
        return PASSES if may else "PERMISSION_DENIED"

    def authorization(self, method):
        token = self.sign_in() if method.full_name in ENDS_SESSION else self.token
        return f"Bearer {token}" if token else ""


@pytest.fixture(scope="module")
def callers(stack, organisation, sign_in):
    """Nobody, every role, the strongest role in another unit, and machines."""
    mark = uuid.uuid4().hex[:8]
    here, elsewhere = organisation.unit(f"here-{mark}"), organisation.unit(f"elsewhere-{mark}")
    roles = {
        role["code"]: role["permissions"] for role in organisation.get("/v1/roles", pageSize=200)["roles"]
    }
    machine = {"clientId": f"narrow-{mark}", "displayName": "narrow", "permissions": NARROW}
    secrets = {
        machine["clientId"]: organisation.post("/v1/apiClients", machine)["clientSecret"],
        "visit": secret(stack.folder, "visit.client"),
    }

    def person(name, role, unit):
        username = f"{uuid.uuid4().hex}-{role}".replace("_", "-")
        organisation.person(username, unit, **{role: "UNIT"})
        return Caller(name, tuple(roles[role]), lambda: sign_in(username))

    def client(client_id):
        held = organisation.get(f"/v1/apiClients/{client_id}")["permissions"]
        return Caller(client_id, tuple(held), lambda: client_token(stack, client_id, secrets[client_id]))

    found = [
        Caller("nobody", None, str),
        Caller("a forger", None, lambda: sign_in("admin") + "A"),
        *(person(code, code, here) for code in roles),
        person("of another unit", "system_admin", elsewhere),
        *map(client, secrets),
    ]
    assert client(machine["clientId"]).permissions == NARROW
    return found


def client_token(stack, client_id, client_secret):
    request = sessions_pb2.IssueClientTokenRequest(client_id=client_id, client_secret=client_secret)
    with grpc.insecure_channel(stack.url("identity")) as channel:
        stub = sessions_pb2_grpc.SessionServiceStub(channel)
        return stub.IssueClientToken(request, timeout=10).access_token


@pytest.fixture(scope="module")
def ports(stack):
    """A channel to each service."""
    with ExitStack() as opened:
        yield {name: opened.enter_context(grpc.insecure_channel(stack.url(name))) for name in table.SERVICES}


@pytest.fixture(scope="module")
def http(url):
    with httpx.Client(base_url=url, timeout=30) as client:
        yield client


def outcome_of_port(channel, method, authorization):
    """PASSES, or the status code by which the call is refused."""
    call = channel.unary_unary(f"/{method.containing_service.full_name}/{method.name}")
    try:
        call(b"", timeout=10, metadata=[("authorization", authorization)] if authorization else [])
    except grpc.RpcError as error:
        if any(PERSONS_ONLY in str(value).encode() for _, value in error.trailing_metadata() or ()):
            return PASSES
        code = error.code().name
        return code if code in {*REFUSALS.values(), "UNIMPLEMENTED", "INTERNAL", "UNKNOWN"} else PASSES
    return PASSES


def is_served(channel, contract):
    return outcome_of_port(channel, contract.methods[0], "") != "UNIMPLEMENTED"


def urls(method):
    """The HTTP methods and URLs of a method, with ids of nothing in them."""
    options = method.GetOptions()
    if not options.HasExtension(annotations_pb2.http):
        return
    rule = options.Extensions[annotations_pb2.http]
    owner_field = options.Extensions[access_pb2.access].owner_field
    for binding in (rule, *rule.additional_bindings):
        verb = binding.WhichOneof("pattern")

        def value(variable):
            owned = variable[1] == owner_field
            return f"customer.{uuid.uuid4()}" if owned else str(uuid.uuid4())

        path = re.sub(r"\{(.+?)\}", value, getattr(binding, verb))
        yield verb.upper(), path, b"{}" if binding.body else b""


def outcome_of_gateway(http, request, authorization):
    verb, path, body = request
    headers = {"Content-Type": "application/json"} | (
        {"Authorization": authorization} if authorization else {}
    )
    answer = http.request(verb, path, content=body, headers=headers)
    if answer.status_code in REFUSALS and PERSONS_ONLY not in answer.content:
        assert answer.json()["reason"] in {"NOT_SIGNED_IN", "INVALID_TOKEN", "NOT_PERMITTED"}, answer.text
        return REFUSALS[answer.status_code]
    return PASSES if answer.status_code < 500 else answer.text


@pytest.mark.parametrize("contract", CONTRACTS.values(), ids=CONTRACTS)
def test_the_gateway_lets_in_whom_the_access_rule_names(contract, callers, ports, http):
    if not any(is_served(channel, contract) for channel in ports.values()):
        pytest.skip("not served yet")
    wrong = [
        (method.name, caller.name, caller.expected(method), found)
        for method in contract.methods
        for request in urls(method)
        for caller in callers
        if (found := outcome_of_gateway(http, request, caller.authorization(method)))
        != caller.expected(method)
    ]
    assert wrong == []


@pytest.mark.parametrize("contract", CONTRACTS.values(), ids=CONTRACTS)
def test_every_service_lets_in_whom_the_access_rule_names(contract, callers, ports):
    serving = {name: channel for name, channel in ports.items() if is_served(channel, contract)}
    if not serving:
        pytest.skip("not served yet")
    wrong = [
        (name, method.name, caller.name, caller.expected(method), found)
        for name, channel in serving.items()
        for method in contract.methods
        for caller in callers
        if (found := outcome_of_port(channel, method, caller.authorization(method)))
        != caller.expected(method)
    ]
    assert wrong == []


def test_every_contract_of_a_service_that_runs_is_served(ports):
    packages = {
        contract.file.package
        for contract in CONTRACTS.values()
        if any(is_served(channel, contract) for channel in ports.values())
    }
    unserved = [
        name
        for name, contract in CONTRACTS.items()
        if contract.file.package in packages
        and not any(is_served(channel, contract) for channel in ports.values())
    ]
    assert unserved == []
    assert len(packages) >= len(table.SERVICES)
