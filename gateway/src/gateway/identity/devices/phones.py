"""Phones at sign-in and at refresh."""

from datetime import datetime
from typing import Any

from chassis.database import Database
from chassis.server import Call
from journeyman.identity.v1 import devices_pb2
from sqlalchemy import Connection, Row

from chassis import outbox
from gateway.identity.devices import messages, notices, sharing, store
from gateway.identity.devices.rules import DeviceNotBound, OtherDevicePending, Phone, State, takes_part
from gateway.identity.sessions.rules import SessionEnded
from gateway.identity.users import store as users


class ForeignInstallation(Exception):
    """A refresh token of a phone came from another one."""


class Phones:
    """Admits phones to sessions.

    Args:
        database: identity's; what a refused sign-in asks for is written past the call, which is rolled back.
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    def admit(self, call: Call, account: "Row[Any]", device: devices_pb2.DeviceDescription) -> Phone:
        """Return the phone of a person who has proved who they are, bound now if it is their first.

        The account is locked for this person alone. Raises DeviceNotBound, OtherDevicePending.
        """
        phone = self.bind(call, account, device)
        if phone is None:
            raise self._asked(account, messages.described(device), call.now)
        return phone

    def bind(self, call: Call, account: "Row[Any]", device: devices_pb2.DeviceDescription) -> Phone | None:
        """Return the person's phone, bound now if it is their first; None for another, which asks nothing."""
        described = messages.described(device)
        bound = store.note_sign_in(call.connection, account.id, described, State.BOUND, call.now)
        if bound is None and not store.had_one(call.connection, account.id):
            bound = store.add(call.connection, account.id, described, State.BOUND, call.now)
        if bound is None:
            return None
        if account.mobile_installed_at is None:  # R075
            users.change(call.connection, account.id, {"mobile_installed_at": call.now}, call.now)
        self._note_sharing(call, account, described)
        return Phone(bound.id)

    def recognise(
        self, call: Call, account: "Row[Any]", device: devices_pb2.DeviceDescription
    ) -> Phone | None:
        """Return the phone if it is bound to the person already. It binds nothing and asks for nothing.

        For a password that somebody else knows: who signs in with it need not be the person.
        """
        described = messages.described(device)
        bound = store.note_sign_in(call.connection, account.id, described, State.BOUND, call.now)
        self._note_sharing(call, account, described)
        return Phone(bound.id) if bound else None

    def of_session(
        self, connection: Connection, device_id: str | None, installation_id: str, at: datetime
    ) -> Phone | None:
        """Return the phone of a session that is refreshed; None for a session without one.

        Raises ForeignInstallation, SessionEnded.
        """
        if device_id is None:
            return None
        device = store.find(connection, device_id)
        if device is None or device.installation_digest != store.digest(installation_id):
            raise ForeignInstallation
        if not takes_part(State(device.state), device.queue_ends_at, at):
            raise SessionEnded
        return Phone(device.id, device.ended_at if device.state == State.REPLACED else None)

    def _note_sharing(self, call: Call, account: "Row[Any]", described: dict[str, Any]) -> None:
        digest = described["installation_digest"]
        for fact in sharing.note(call.connection, digest, account.id, call.now):
            call.publish(fact)

    def _asked(self, account: "Row[Any]", described: dict[str, Any], at: datetime) -> DeviceNotBound:
        """Ask for a change of phone, unless one waits. Returns the refusal that tells of it."""
        with self._database.begin() as connection:
            facts = sharing.note(connection, described["installation_digest"], account.id, at)
            waits = store.note_sign_in(connection, account.id, described, State.PENDING, at)
            if waits is None:
                waits = store.add(connection, account.id, described, State.PENDING, at)
                facts += notices.asked_for(waits, account.unit_id) if waits else []
            outbox.append(connection, facts, at)
        return DeviceNotBound() if waits else OtherDevicePending()
