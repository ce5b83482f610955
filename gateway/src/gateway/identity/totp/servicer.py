"""Answers TotpService."""

from typing import Any

from chassis.access.people import demand_person
from chassis.database import Database
from chassis.errors import NotFound
from chassis.server import Call
from journeyman.identity.v1 import totp_pb2
from sqlalchemy import Row

from gateway.identity.org_units.store import OwnTree
from gateway.identity.passwords import notices
from gateway.identity.passwords.others import lock_other
from gateway.identity.sessions import store as sessions
from gateway.identity.sessions.attempts import Attempt
from gateway.identity.sessions.moments import real_now
from gateway.identity.sessions.password_check import PasswordCheck
from gateway.identity.sessions.revocations import Revoker
from gateway.identity.sessions.rules import OtpWrong, Outcome
from gateway.identity.totp import codes, store
from gateway.identity.totp.rules import TotpEnabledAlready, TotpNotEnrolled
from gateway.identity.totp.second_factor import SecondFactor
from gateway.identity.users import store as users


class TotpServicer:
    contract = totp_pb2.DESCRIPTOR.services_by_name["TotpService"]

    def __init__(
        self,
        database: Database,
        tree: OwnTree,
        check: PasswordCheck,
        second_factor: SecondFactor,
        revoker: Revoker,
    ) -> None:
        self._database = database
        self._tree = tree
        self._check = check
        self._second_factor = second_factor
        self._revoker = revoker

    def enroll_totp(self, request: totp_pb2.EnrollTotpRequest, call: Call) -> totp_pb2.TotpEnrollment:
        account = self._own_account(call)
        self._check.demand(Attempt.of(account.username, call), request.password, Outcome.WRONG_INSIDE)
        secret = codes.new_secret()
        if not store.enroll(call.connection, account.id, secret):
            raise TotpEnabledAlready
        call.changed(f"users/{account.id}", ["totp"])
        return totp_pb2.TotpEnrollment(secret=secret, otpauth_uri=codes.uri(secret, account.username))

    def confirm_totp(self, request: totp_pb2.ConfirmTotpRequest, call: Call) -> totp_pb2.ConfirmTotpResponse:
        account = self._own_account(call)
        self._demand_first_code(Attempt.of(account.username, call), account.id, request.code)
        if not store.confirm(call.connection, account.id, real_now()):
            raise TotpEnabledAlready
        given = codes.new_recovery_codes()
        store.add_recovery_codes(call.connection, account.id, given)
        call.changed(f"users/{account.id}", ["totp"])
        return totp_pb2.ConfirmTotpResponse(recovery_codes=given)

    def disable_totp(self, request: totp_pb2.DisableTotpRequest, call: Call) -> totp_pb2.DisableTotpResponse:
        account = self._own_account(call)
        attempt = Attempt.of(account.username, call)
        self._check.demand(attempt, request.password, Outcome.WRONG_INSIDE)
        self._second_factor.demand(attempt, account.id, request.code)
        self._remove(call, account.id)
        call.publish(notices.totp_disabled(account.id))
        return totp_pb2.DisableTotpResponse()

    def reset_user_totp(
        self, request: totp_pb2.ResetUserTotpRequest, call: Call
    ) -> totp_pb2.ResetUserTotpResponse:
        account = lock_other(call, self._tree, request.user_id, "users.resetTotp")
        self._remove(call, account.id)
        call.publish(notices.totp_reset(account.id))
        sessions.end_all(call.connection, account.id, self._revoker.revoke(call, account.id))
        return totp_pb2.ResetUserTotpResponse()

    def _own_account(self, call: Call) -> "Row[Any]":
        """Return the caller's account, read outside of the call's transaction."""
        demand_person(call.caller)
        with self._database.reading() as connection:
            row = users.find(connection, call.caller.subject)
        if row is None:
            raise NotFound("user")
        return row

    def _demand_first_code(self, attempt: Attempt, user_id: str, code: str) -> None:
        """Use up a code of the authenticator that is not in use yet. Raises OtpWrong, NameLocked."""
        with self._database.begin() as connection:
            found = store.find(connection, user_id)
            if found is None:
                raise TotpNotEnrolled
            if found.confirmed_at:
                raise TotpEnabledAlready
            right = store.spend(connection, found, code, real_now())
        self._check.settle(attempt, Outcome.RIGHT if right else Outcome.WRONG_INSIDE)
        if not right:
            raise OtpWrong

    def _remove(self, call: Call, user_id: str) -> None:
        if not store.remove(call.connection, user_id):
            raise TotpNotEnrolled
        call.changed(f"users/{user_id}", ["totp"])
