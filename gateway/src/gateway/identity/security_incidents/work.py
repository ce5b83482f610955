"""What waits for people who handle security incidents. The rulebook names no deadline (R149)."""

from collections.abc import Sequence

from chassis.server import Call
from chassis.work import Place, Waiting, Words

from gateway.identity.security_incidents import store


class ToTakeUp:
    kind = "securityIncidents.takeUp"
    collection = "securityIncidents"
    title = Words("Take up the incident: {title}", "受理安全事件:{title}")

    def waiting(self, call: Call, after: Place | None, limit: int) -> Sequence[Waiting]:
        rows = store.reported(call.connection, call.reach("securityIncidents.handle"), after, limit)
        return [Waiting(row.id, row.created_at, names={"title": row.title}) for row in rows]


class ToClose:
    kind = "securityIncidents.resolve"
    collection = "securityIncidents"
    title = Words("Resolve the incident: {title}", "处理安全事件:{title}")

    def waiting(self, call: Call, after: Place | None, limit: int) -> Sequence[Waiting]:
        rows = store.taken_up_by(call.connection, call.caller.subject, after, limit)
        return [Waiting(row.id, row.taken_up_at, names={"title": row.title}) for row in rows]
