import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import grpc
import pytest
from chassis.calendar import local_date
from chassis.clock import FixedClock
from gateway.identity import demo
from gateway.identity.org_unit_changes.sweep import DueChanges
from gateway.identity.org_units.store import OwnTree
from gateway.identity.roles.builtin import ROLES, Role
from google.protobuf.any_pb2 import Any as Packed
from journeyman.identity.v1 import org_unit_changes_pb2 as pb
from journeyman.identity.v1 import org_unit_changes_pb2_grpc as grpc_pb
from journeyman.identity.v1 import (
    org_units_pb2,
    org_units_pb2_grpc,
    roles_pb2,
    roles_pb2_grpc,
    users_pb2,
    users_pb2_grpc,
)
from journeyman.notices.v1 import events_pb2 as notices_pb2

Unit = org_units_pb2.OrgUnit
TODAY = local_date(datetime.now(UTC))


class Tree:
    """The demo organisation as its administrator reorganises it, unless a stub of somebody else is given."""

    def __init__(self, identity):
        self._identity = identity
        token = identity.token("admin")
        self.changes = identity.stub(grpc_pb.OrgUnitChangeServiceStub, token)
        self.units = identity.stub(org_units_pb2_grpc.OrgUnitServiceStub, token)
        self.users = identity.stub(users_pb2_grpc.UserServiceStub, token)
        self.roles = identity.stub(roles_pb2_grpc.RoleServiceStub, token)

    def changes_of(self, username):
        """The service of moves and merges as somebody else sees it."""
        return self._identity.stub(grpc_pb.OrgUnitChangeServiceStub, self._identity.token(username))

    def id_of(self, unit):
        """The id of a unit, by its code or its id."""
        return self._identity.unit_id(unit) if len(unit) < 36 else unit

    def move(self, unit, parent, *, days=0, stub=None):
        request = pb.MoveOrgUnitRequest(
            org_unit_id=self.id_of(unit), parent_id=self.id_of(parent), reason="新架构"
        )
        request.effective_date = (TODAY + timedelta(days=days)).isoformat()
        return (stub or self.changes).MoveOrgUnit(request)

    def merge(self, unit, into, *, days=0, stub=None):
        request = pb.MergeOrgUnitRequest(
            org_unit_id=self.id_of(unit), into_unit_id=self.id_of(into), reason="合并"
        )
        request.effective_date = (TODAY + timedelta(days=days)).isoformat()
        return (stub or self.changes).MergeOrgUnit(request)

    def create(self, code, parent, kind=Unit.KIND_DISTRICT):
        given = Unit(code=code, display_name=code, parent_id=self.id_of(parent), kind=kind)
        return self.units.CreateOrgUnit(org_units_pb2.CreateOrgUnitRequest(org_unit=given))

    def cancel(self, change):
        request = pb.CancelOrgUnitChangeRequest(org_unit_change_id=change.id)
        return self.changes.CancelOrgUnitChange(request)

    def sweep(self, days):
        """Apply what is due that many days from now."""
        clock = FixedClock(datetime.now(UTC) + timedelta(days=days))
        database = self._identity.database
        DueChanges(database, clock, OwnTree(database), lambda: None)()

    def unit(self, code):
        return self.units.GetOrgUnit(org_units_pb2.GetOrgUnitRequest(org_unit_id=self.id_of(code)))

    def now(self, change):
        return self.changes.GetOrgUnitChange(pb.GetOrgUnitChangeRequest(org_unit_change_id=change.id))

    def seen_by(self, username):
        """The codes of the units that a person sees."""
        stub = self._identity.stub(org_units_pb2_grpc.OrgUnitServiceStub, self._identity.token(username))
        answer = stub.ListOrgUnits(org_units_pb2.ListOrgUnitsRequest(page_size=200))
        return [unit.code for unit in answer.org_units]

    def hire(self, username, unit):
        """Open the account of somebody who may sign in once they have a role."""
        user = users_pb2.User(username=username, display_name=username, unit_id=self.id_of(unit))
        user.certified_time.FromDatetime(datetime.now(UTC) - timedelta(days=1))
        return self.users.CreateUser(users_pb2.CreateUserRequest(user=user, password=demo.PASSWORD))

    def appoint(self, user, role, unit, scope=roles_pb2.SCOPE_SUBTREE):
        given = roles_pb2.RoleAssignment(role_code=role, unit_id=self.id_of(unit), scope=scope)
        return self.roles.CreateRoleAssignment(
            roles_pb2.CreateRoleAssignmentRequest(user_id=user.id, role_assignment=given)
        )

    def take_back(self, user, assignment):
        self.roles.DeleteRoleAssignment(
            roles_pb2.DeleteRoleAssignmentRequest(user_id=user.id, role_assignment_id=assignment.id)
        )

    def facts(self, type_, message):
        return [_unpacked(row, message) for row in self._identity.events(type_)]

    def notices(self):
        """Template, recipients and reason of every notice, in order."""
        return [
            (fact.template, list(fact.recipient_ids), fact.parameters["reason"])
            for fact in self.facts("notice.raised", notices_pb2.NoticeRaised)
        ]


def _unpacked(row, message):
    found = message()
    assert Packed.FromString(bytes(row.data)).Unpack(found)
    return found


@pytest.fixture
def tree(identity):
    return Tree(identity)


@pytest.fixture
def chief(tree, monkeypatch):
    """Somebody with a role only to reorganise, where given, and a section beside the demo's."""
    permissions = frozenset({"orgUnits.reorganise", "orgUnitChanges.read"})
    for code, held in (("organiser", permissions), ("distributor", frozenset({"customers.distribute"}))):
        monkeypatch.setitem(ROLES, code, Role(code, "", "", "", held))
    tree.create("drinks", "hq-group", Unit.KIND_SECTION)
    tree.create("west", "drinks", Unit.KIND_REGION)
    return tree.hire("chief", "consumer-goods")


@pytest.fixture
def reorganiser(tree, chief):
    def over(unit, role="organiser"):
        tree.appoint(chief, role, unit)
        return tree.changes_of("chief")

    return over


@pytest.fixture
def at_once():
    """Do all at the same moment. Returns the code of each refusal, or None."""

    def do(*actions):
        barrier = threading.Barrier(len(actions))

        def run(action):
            barrier.wait()
            try:
                action()
            except grpc.RpcError as error:
                return error.code().name
            return None

        with ThreadPoolExecutor(len(actions)) as threads:
            return list(threads.map(run, actions))

    return do
