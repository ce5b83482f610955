import pytest
from google.protobuf.any_pb2 import Any as Packed
from journeyman.identity.v1 import account_changes_pb2 as pb
from journeyman.identity.v1 import account_changes_pb2_grpc, roles_pb2
from journeyman.notices.v1 import events_pb2 as notices_pb2

from chassis import calendar

Change = pb.AccountChange


class Desk:
    """Account changes as the people of the demo organisation make them."""

    def __init__(self, identity):
        self._identity = identity
        self._stubs = {}
        self.ids = {}

    def stub(self, username):
        if username not in self._stubs:
            session = self._identity.login(username)
            self._stubs[username] = self._identity.stub(
                account_changes_pb2_grpc.AccountChangeServiceStub, session.access_token
            )
        return self._stubs[username]

    def id_of(self, username):
        if username not in self.ids:
            query = "SELECT id FROM users WHERE username = :username"
            self.ids[username] = str(self._identity.value(query, username=username))
        return self.ids[username]

    def file(self, kind, person="", *, by="consumer.admin", **fields):
        """File a change; it happened today unless it says when."""
        today = calendar.local_date(self._identity.runtime.clock.now())
        defaults = {"reason": "离职", "handling": "停用账号", "event_date": today.isoformat()}
        if person:
            defaults["user_id"] = self.id_of(person)
        change = Change(kind=kind, **defaults | fields)
        return self.stub(by).FileAccountChange(pb.FileAccountChangeRequest(account_change=change))

    def close(self, person, successor, **fields):
        return self.file(Change.KIND_CLOSE, person, successor_id=self.id_of(successor), **fields)

    def approve(self, change, *, by="east.manager", note=""):
        return self.stub(by).ApproveAccountChange(
            pb.ApproveAccountChangeRequest(account_change_id=change.id, note=note)
        )

    def reject(self, change, *, by="east.manager", note="no"):
        return self.stub(by).RejectAccountChange(
            pb.RejectAccountChangeRequest(account_change_id=change.id, note=note)
        )

    def withdraw(self, change, *, by="consumer.admin"):
        return self.stub(by).WithdrawAccountChange(
            pb.WithdrawAccountChangeRequest(account_change_id=change.id)
        )

    def carry_out(self, change, *, by="group.marketing", password=""):
        return self.stub(by).CarryOutAccountChange(
            pb.CarryOutAccountChangeRequest(account_change_id=change.id, password=password)
        )

    def freeze(self, person, *, by="east.manager"):
        request = pb.FreezeUserRequest(user_id=self.id_of(person), reason="将离职", handling="提前冻结")
        return self.stub(by).FreezeUser(request)

    def get(self, change, *, by="consumer.admin"):
        return self.stub(by).GetAccountChange(pb.GetAccountChangeRequest(account_change_id=change.id))

    def listed(self, by="consumer.admin", **filters):
        request = pb.ListAccountChangesRequest(page_size=200, **filters)
        return [each.id for each in self.stub(by).ListAccountChanges(request).account_changes]

    def role(self, code, unit="shanghai", scope=roles_pb2.SCOPE_SELF):
        return roles_pb2.RoleAssignment(role_code=code, unit_id=self._identity.unit_id(unit), scope=scope)

    def newcomer(self, username="new.rep", **fields):
        return pb.NewPerson(username=username, display_name="新业务员", **fields)

    def notices(self):
        """Template, permission and recipients of every notice, in order."""
        found = []
        for event in self._identity.events("notice.raised"):
            data = notices_pb2.NoticeRaised()
            Packed.FromString(bytes(event.data)).Unpack(data)
            found.append(data)
        return found


@pytest.fixture
def desk(identity):
    return Desk(identity)
