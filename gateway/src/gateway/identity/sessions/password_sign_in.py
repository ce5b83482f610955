"""Signs people in by password, and by a code of their authenticator where they have one."""

from typing import Any

from chassis.database import Database
from chassis.server import Call
from journeyman.identity.v1 import devices_pb2, sessions_pb2
from sqlalchemy import Row

from gateway.identity.devices.phones import Phones
from gateway.identity.devices.rules import Phone
from gateway.identity.sessions import attempts, credentials
from gateway.identity.sessions.attempts import Attempt
from gateway.identity.sessions.metrics import SignInMetrics
from gateway.identity.sessions.opening import SessionOpener
from gateway.identity.sessions.password_check import Known, PasswordCheck
from gateway.identity.sessions.rules import AccountClosed, WrongCredentials
from gateway.identity.totp.second_factor import SecondFactor
from gateway.identity.users import store as users


class PasswordSignIn:
    def __init__(
        self,
        database: Database,
        check: PasswordCheck,
        second_factor: SecondFactor,
        *,
        phones: Phones,
        opener: SessionOpener,
        counts: SignInMetrics,
    ) -> None:
        self._database = database
        self._check = check
        self._second_factor = second_factor
        self._phones = phones
        self._opener = opener
        self._counts = counts

    def __call__(self, request: sessions_pb2.LoginRequest, call: Call) -> sessions_pb2.Session:
        """Open a session. Raises WrongCredentials, OtpRequired, OtpWrong, DeviceNotBound, TooManySignIns."""
        with self._counts.counted():
            attempt = Attempt.of(request.username, call)
            known = self._check.demand(attempt, request.password)
            self._demand_usable(known.user_id)
            self._second_factor.demand(attempt, known.user_id, request.otp_code)
            return self._open(call, attempt, known, request)

    def _demand_usable(self, user_id: str) -> None:
        """Raise AccountClosed before a code is asked for: that would tell that the password is right.

        It is looked at again, under the account's lock, when the session is opened.
        """
        with self._database.reading() as connection:
            account = users.find(connection, user_id)
            if account is None or not self._opener.may_sign_in(connection, account):
                raise AccountClosed

    def _open(
        self, call: Call, attempt: Attempt, known: Known, request: sessions_pb2.LoginRequest
    ) -> sessions_pb2.Session:
        from_phone = request.HasField("device")
        account = self._opener.admit(call, known.user_id, alone=from_phone)
        # under the account's lock: the password may have been changed while it was compared
        if credentials.hash_of(call.connection, known.user_id) != known.password_hash:
            raise WrongCredentials
        attempts.clear(call.connection, attempt)
        phone = self._phone(call, account, request.device) if from_phone else None
        return self._opener.open(call, account, phone=phone)

    def _phone(self, call: Call, account: "Row[Any]", device: devices_pb2.DeviceDescription) -> Phone | None:
        """Return the phone of the session. Raises DeviceNotBound.

        Whoever chose the password could bind a phone of their own with it, and the person would be shut out.
        """
        if credentials.must_change(call.connection, account.id):
            return self._phones.recognise(call, account, device)
        return self._phones.admit(call, account, device)
