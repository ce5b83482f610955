"""Answers DeviceService."""

from datetime import timedelta
from typing import Any

from chassis.access.people import demand_person
from chassis.errors import NotFound
from chassis.pagination import page_of
from chassis.server import Call
from journeyman.identity.v1 import devices_pb2 as pb
from sqlalchemy import Row

from gateway.identity.devices import messages, notices, rules, sharing, store
from gateway.identity.devices.rules import State
from gateway.identity.org_units.store import OwnTree
from gateway.identity.roles import store as roles
from gateway.identity.roles.rules import demand_not_stronger
from gateway.identity.roles.store import own_holdings
from gateway.identity.sessions import store as sessions
from gateway.identity.sessions.moments import real_now
from gateway.identity.sessions.revocations import Revoker
from gateway.identity.users import store as users

READ, DECIDE = "devices.read", "devices.decide"


class DeviceServicer:
    """Answers DeviceService.

    Args:
        tree: the organisation.
        revoker: refuses the tokens of a phone's sessions.
        queue_life: how long a replaced phone hands in what it had queued.
    """

    contract = pb.DESCRIPTOR.services_by_name["DeviceService"]

    def __init__(self, tree: OwnTree, revoker: Revoker, queue_life: timedelta) -> None:
        self._tree = tree
        self._revoker = revoker
        self._queue_life = queue_life

    def get_device(self, request: pb.GetDeviceRequest, call: Call) -> pb.Device:
        return messages.message(_found(request.device_id, call, READ))

    def list_devices(self, request: pb.ListDevicesRequest, call: Call) -> pb.ListDevicesResponse:
        page = page_of(request, keys=1)
        wanted = [_visible(call, READ), *messages.conditions(request)]
        rows = store.read_page(call.connection, page, wanted)
        shown = rows[: page.size]
        return pb.ListDevicesResponse(
            devices=map(messages.message, shown),
            next_page_token=page.token((shown[-1].id,)) if len(rows) > len(shown) else "",
        )

    def approve_device(self, request: pb.ApproveDeviceRequest, call: Call) -> pb.Device:
        device = self._to_decide(request.device_id, call)
        state = rules.decided(State(device.state), State.BOUND)
        former = store.find_bound(call.connection, device.user_id)
        if former is not None:
            self._replace(call, former)
        row = _decide(call, device, state, request.note, bound_at=call.now)
        call.publish(notices.approved(row))
        return messages.message(row)

    def reject_device(self, request: pb.RejectDeviceRequest, call: Call) -> pb.Device:
        device = self._to_decide(request.device_id, call)
        state = rules.decided(State(device.state), State.REJECTED)
        row = _decide(call, device, state, request.note, ended_at=call.now)
        call.publish(notices.rejected(row))
        return messages.message(row)

    def revoke_device(self, request: pb.RevokeDeviceRequest, call: Call) -> pb.Device:
        device = self._locked(request.device_id, call)
        state = rules.revoked(State(device.state))
        for session_id in sessions.of_device(call.connection, device.id):
            sessions.end(call.connection, session_id, self._revoker.revoke(call, session_id))
        row = _decide(call, device, state, request.note, ended_at=call.now, queue_ends_at=None)
        call.publish(notices.revoked(row))
        return messages.message(row)

    def get_device_sharing(self, request: pb.GetDeviceSharingRequest, call: Call) -> pb.DeviceSharing:
        row = sharing.find(call.connection, request.device_sharing_id, sharing.of_scope(call.scope))
        if row is None:
            raise NotFound("device sharing")
        people = sharing.people_of(call.connection, [row.id], call.scope)
        return messages.sharing(row, people[row.id])

    def list_device_sharings(
        self, request: pb.ListDeviceSharingsRequest, call: Call
    ) -> pb.ListDeviceSharingsResponse:
        page = page_of(request, keys=1)
        rows = sharing.read_page(call.connection, page, sharing.of_scope(call.scope, request.user_id))
        shown = rows[: page.size]
        people = sharing.people_of(call.connection, [row.id for row in shown], call.scope)
        return pb.ListDeviceSharingsResponse(
            device_sharings=[messages.sharing(row, people[row.id]) for row in shown],
            next_page_token=page.token((shown[-1].id,)) if len(rows) > len(shown) else "",
        )

    def _to_decide(self, device_id: str, call: Call) -> "Row[Any]":
        device = self._locked(device_id, call)
        rules.demand_other(call.caller.subject, device.user_id)
        return device

    def _locked(self, device_id: str, call: Call) -> "Row[Any]":
        """Return the phone, while nobody else signs in as its person or decides about their phones.

        Raises NotFound, PersonRequired, AccountBeyondOwn, EtagMismatch.
        """
        found = _found(device_id, call, DECIDE)
        demand_person(call.caller)
        users.lock(call.connection, found.user_id)
        if found.user_id != call.caller.subject:
            held = roles.holdings(roles.assignments_of(call.connection, found.user_id))
            demand_not_stronger(held, own_holdings(call.caller), self._tree.subtree, right=DECIDE)
        device = store.lock(call.connection, found.id)
        call.demand_etag("", device.version)
        return device

    def _replace(self, call: Call, former: "Row[Any]") -> None:
        """Let the former phone hand in what it has queued. Its tokens, which do more, are refused."""
        queue_ends_at = real_now() + self._queue_life
        for session_id in sessions.of_device(call.connection, former.id):
            self._revoker.revoke(call, session_id)
        values = {"state": State.REPLACED, "ended_at": call.now, "queue_ends_at": queue_ends_at}
        store.change(call.connection, former.id, **values)


def _visible(call: Call, permission: str) -> Any:
    caller = call.caller
    return store.visible(call.reach(permission), caller.subject if caller.is_person else None)


def _found(device_id: str, call: Call, permission: str) -> "Row[Any]":
    """Return a phone of the caller, or of somebody over whom they hold the permission. Raises NotFound."""
    row = store.find(call.connection, device_id, _visible(call, permission))
    if row is None:
        raise NotFound("device")
    return row


def _decide(call: Call, device: "Row[Any]", state: State, note: str, **values: Any) -> "Row[Any]":
    decision = {"decided_by": call.caller.subject, "decision_note": note.strip()}
    row = store.change(call.connection, device.id, state=state, **decision, **values)
    call.changed(f"devices/{row.id}", ["state"])
    return row
