"""Answers PasswordService."""

from datetime import timedelta
from typing import Any

from chassis.access.people import demand_person
from chassis.jobs import enqueue
from chassis.outbox import Fact
from chassis.server import Call
from journeyman.identity.v1 import passwords_pb2, sessions_pb2
from sqlalchemy import Row

from gateway.identity.devices.phones import Phones
from gateway.identity.devices.rules import Phone
from gateway.identity.org_units.store import OwnTree
from gateway.identity.passwords import notices, store
from gateway.identity.passwords.jobs import MAIL_RESET_LINK
from gateway.identity.passwords.others import lock_other
from gateway.identity.passwords.rules import ResetLinkEnded
from gateway.identity.passwords.setter import PasswordSetter
from gateway.identity.sessions import attempts, credentials
from gateway.identity.sessions.attempts import Attempt
from gateway.identity.sessions.moments import real_now
from gateway.identity.sessions.opening import SessionOpener
from gateway.identity.sessions.password_check import PasswordCheck
from gateway.identity.sessions.rules import Outcome, WrongCredentials
from gateway.identity.users import store as users
from gateway.identity.users.rules import ACTIVE

# The grain of a token's `iat`: what is made at this distance behind a revocation is good.
_JUST_AFTER = timedelta(milliseconds=1)


class PasswordServicer:
    contract = passwords_pb2.DESCRIPTOR.services_by_name["PasswordService"]

    def __init__(
        self,
        tree: OwnTree,
        check: PasswordCheck,
        setter: PasswordSetter,
        *,
        opener: SessionOpener,
        phones: Phones,
    ) -> None:
        self._tree = tree
        self._check = check
        self._setter = setter
        self._opener = opener
        self._phones = phones

    def change_password(
        self, request: passwords_pb2.ChangePasswordRequest, call: Call
    ) -> sessions_pb2.Session:
        demand_person(call.caller)
        account = self._setter.account(call.caller.subject)
        attempt = Attempt.of(account.username, call)
        known = self._check.demand(attempt, request.current_password, Outcome.WRONG_INSIDE)
        password_hash = self._setter.chosen(account, request.new_password, "newPassword")
        users.lock(call.connection, account.id)
        if credentials.hash_of(call.connection, account.id) != known.password_hash:
            raise WrongCredentials
        refused_until = self._setter.set(call, account, password_hash)
        admitted = self._opener.admit(call, account.id)
        phone = self._phone(call, admitted, request)
        session = self._opener.open(call, admitted, refused_until + _JUST_AFTER, phone=phone)
        _changed(call, account, notices.changed(account.id))
        return session

    def _phone(
        self, call: Call, account: "Row[Any]", request: passwords_pb2.ChangePasswordRequest
    ) -> Phone | None:
        """Return the phone that goes on. Another than the person's own is told so at its next sign-in.

        A refusal here would keep the password that somebody else knows.
        """
        if call.caller.device_id:
            return Phone(call.caller.device_id)
        return self._phones.bind(call, account, request.device) if request.HasField("device") else None

    def request_password_reset(
        self, request: passwords_pb2.RequestPasswordResetRequest, call: Call
    ) -> passwords_pb2.RequestPasswordResetResponse:
        """Owe a job, whoever is named: nothing is looked up here, so nothing can be told from the answer."""
        enqueue(call.connection, MAIL_RESET_LINK, {"username": request.username.lower()})
        return passwords_pb2.RequestPasswordResetResponse()

    def reset_password(
        self, request: passwords_pb2.ResetPasswordRequest, call: Call
    ) -> passwords_pb2.ResetPasswordResponse:
        account = self._setter.account_of_link(request.token)
        password_hash = self._setter.chosen(account, request.new_password, "newPassword")
        account = users.lock(call.connection, account.id) or account
        if account.state != ACTIVE or not store.spend_link(call.connection, request.token, real_now()):
            raise ResetLinkEnded
        self._setter.set(call, account, password_hash)
        _changed(call, account, notices.changed(account.id))
        call.acted(account.id, account.unit_id)
        return passwords_pb2.ResetPasswordResponse()

    def reset_user_password(
        self, request: passwords_pb2.ResetUserPasswordRequest, call: Call
    ) -> passwords_pb2.ResetUserPasswordResponse:
        temporary, password_hash = self._setter.temporary()
        account = lock_other(call, self._tree, request.user_id, "users.resetPassword")
        self._setter.set(call, account, password_hash, must_change=True)
        _changed(call, account, notices.reset(account.id))
        return passwords_pb2.ResetUserPasswordResponse(temporary_password=temporary)

    def unlock_user(
        self, request: passwords_pb2.UnlockUserRequest, call: Call
    ) -> passwords_pb2.UnlockUserResponse:
        account = lock_other(call, self._tree, request.user_id, "users.unlock")
        attempts.unlock(call.connection, account.username)
        call.changed(f"users/{account.id}")
        return passwords_pb2.UnlockUserResponse()


def _changed(call: Call, account: "Row[Any]", notice: Fact) -> None:
    call.publish(notice)
    call.changed(f"users/{account.id}", ["password"])
