"""The changes of phone that wait for somebody."""

from collections.abc import Sequence

from chassis.server import Call
from chassis.work import Place, Waiting, Words, behind
from sqlalchemy import null, select

from gateway.identity.devices.notices import DECIDE
from gateway.identity.devices.rules import State
from gateway.identity.devices.tables import devices
from gateway.identity.users.rules import ACTIVE
from gateway.identity.users.tables import users

_columns = devices.c


class ToDecide:
    """What superiors have to decide, other than about their own phone."""

    kind = DECIDE
    collection = "devices"
    title = Words("Decide on the change of phone of {name}", "审批 {name} 的换机申请")

    def waiting(self, call: Call, after: Place | None, limit: int) -> Sequence[Waiting]:
        reached = call.reach(self.kind).clause(users.c.unit_id, null())
        query = (
            select(_columns.id, _columns.created_at, users.c.display_name)
            .join_from(devices, users, users.c.id == _columns.user_id)
            .where(_columns.state == State.PENDING, users.c.state == ACTIVE, reached)
            .where(_columns.user_id != call.caller.subject, behind(after, None, _columns.id))
            .order_by(_columns.id)
        )
        rows = call.connection.execute(query.limit(limit))
        return [Waiting(row.id, row.created_at, None, {"name": row.display_name}) for row in rows]
