from collections.abc import Sequence
from contextlib import contextmanager
from datetime import UTC, datetime

import grpc
import pytest
from chassis.access import Scope
from chassis.clock import FixedClock
from chassis.database.migrations import migrations_folder
from chassis.testing import DatabaseFactory, Tree, serving
from google.rpc import error_details_pb2
from grpc_status import rpc_status
from visit import app, attendance, organisation, tracks, violations, work_policies

ROOT = "00000000-0000-7000-8000-000000000001"
EAST = "00000000-0000-7000-8000-000000000002"
SHANGHAI = "00000000-0000-7000-8000-000000000003"
HANGZHOU = "00000000-0000-7000-8000-000000000004"
REP = "00000000-0000-7000-8000-0000000000a1"
OTHER_REP = "00000000-0000-7000-8000-0000000000a2"
MANAGER = "00000000-0000-7000-8000-0000000000b1"


@pytest.fixture(scope="session")
def databases():
    factory = DatabaseFactory("visit", migrations_folder(app.__file__))
    yield factory
    factory.close()


@pytest.fixture
def database(databases):
    with databases.database() as made:
        opened = made.open()
        yield opened
        opened.close()


@pytest.fixture
def units():
    return Tree({ROOT: None, EAST: ROOT, SHANGHAI: EAST, HANGZHOU: EAST})


@pytest.fixture
def clock():
    """Monday, 2 March 2026, 08:00 in Shanghai."""
    return FixedClock(datetime(2026, 3, 2, 0, 0, tzinfo=UTC))


class Field:
    """The part of visit for attendance, tracks and violations, served; and its callers."""

    def __init__(self, running):
        self._running = running

    @contextmanager
    def calling(self, stub, *permissions, who=REP, unit=SHANGHAI, scope=Scope.SELF, person=True, claims=None):
        issuer = self._running.issuer
        token = issuer.token(*permissions, subject=who, unit=unit, scope=scope, person=person, claims=claims)
        with self._running.channel(token) as channel:
            yield stub(channel)

    def rep(self, stub, who=REP, unit=SHANGHAI, claims=None):
        permissions = ("attendance.*", "tracks.*", "violations.read")
        return self.calling(stub, *permissions, who=who, unit=unit, claims=claims)

    def manager(self, stub, unit=SHANGHAI):
        permissions = ("workPolicies.*", "attendance.read", "tracks.read", "violations.read")
        return self.calling(stub, *permissions, who=MANAGER, unit=unit, scope=Scope.SUBTREE)


@pytest.fixture
def field(database, clock, units):
    servicers = [
        work_policies.WorkPolicyServicer(units),
        attendance.AttendanceServicer(units),
        tracks.TrackServicer(units),
        violations.ViolationServicer(),
    ]
    errors = {**organisation.ERRORS, **work_policies.ERRORS, **attendance.ERRORS}
    with serving(
        servicers, database=database, clock=clock, tree=units, errors=errors, service="visit"
    ) as running:
        yield Field(running)


class Refusal:
    status = None
    words = ""
    reason = ""
    fields: Sequence[tuple[str, str]] = ()


@pytest.fixture
def refused():
    """A block whose call is refused; afterwards the refusal tells status, words, reason and bad fields."""

    @contextmanager
    def refusing():
        refusal = Refusal()
        with pytest.raises(grpc.RpcError) as caught:
            yield refusal
        refusal.status = caught.value.code()
        refusal.words = caught.value.details()
        for detail in rpc_status.from_call(caught.value).details:
            info, bad = error_details_pb2.ErrorInfo(), error_details_pb2.BadRequest()
            if detail.Unpack(info):
                refusal.reason = info.reason
            elif detail.Unpack(bad):
                refusal.fields = [(item.field, item.reason) for item in bad.field_violations]

    return refusing
