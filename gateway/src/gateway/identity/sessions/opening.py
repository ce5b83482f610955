"""Opens sessions for people who have proved who they are, by whatever means, and makes their tokens."""

from datetime import datetime
from typing import Any

from chassis.server import Call
from journeyman.identity.v1 import sessions_pb2
from sqlalchemy import Connection, Row

from gateway.identity.devices.rules import Phone, permitted
from gateway.identity.login_days.recording import LoginDays
from gateway.identity.roles import store as roles
from gateway.identity.sessions import credentials, store
from gateway.identity.sessions.moments import real_now
from gateway.identity.sessions.rules import ACCESS_TOKEN_LIFE, AccountClosed
from gateway.identity.sessions.tokens import TokenSigner
from gateway.identity.users import store as users
from gateway.identity.users.rules import may_sign_in

LIFE_SECONDS = int(ACCESS_TOKEN_LIFE.total_seconds())


def must_change_password(connection: Connection, user_id: str, session_id: str) -> bool:
    """Tell whether the session may do nothing until the person has chosen another password."""
    return credentials.must_change(connection, user_id) and not store.is_vouched_for(connection, session_id)


class SessionOpener:
    def __init__(self, signer: TokenSigner, login_days: LoginDays) -> None:
        self._signer = signer
        self._login_days = login_days

    def admit(self, call: Call, user_id: str, *, alone: bool = False) -> "Row[Any]":
        """Lock the account and return it. Raises AccountClosed when it may not be used (R138, R147, R157).

        `alone`: nobody else signs in with it meanwhile, so that of two phones one is the first.
        """
        account = users.lock_for_sign_in(call.connection, user_id, alone=alone)
        if account is None or not self.may_sign_in(call.connection, account):
            raise AccountClosed
        return account

    def may_sign_in(self, connection: Connection, account: "Row[Any]") -> bool:
        holdings = roles.holdings(roles.assignments_of(connection, account.id))
        return may_sign_in(account.state, certified_at=account.certified_at, has_role=bool(holdings))

    def open(
        self,
        call: Call,
        account: "Row[Any]",
        at: datetime | None = None,
        *,
        phone: Phone | None = None,
        vouched_for: bool = False,
    ) -> sessions_pb2.Session:
        """Open a session of an account that was admitted. Its id is new, whatever the caller had before.

        `vouched_for`: an identity provider knows the person; what holds for our password does not matter.
        """
        at = at or real_now()
        device_id = phone.device_id if phone else None
        session_id = store.open_session(
            call.connection, account.id, at, device_id=device_id, vouched_for=vouched_for
        )
        call.changed(f"sessions/{session_id}")
        return self.tokens(call, account, session_id, at, phone)

    def tokens(
        self,
        call: Call,
        account: "Row[Any]",
        session_id: str,
        at: datetime | None = None,
        phone: Phone | None = None,
    ) -> sessions_pb2.Session:
        """Make the tokens of a session. The account is locked: they carry what holds when they are made.

        While somebody else's password must be changed they carry nothing but that, and from a phone
        that was replaced only what hands in.
        """
        at = at or real_now()
        call.acted(account.id, account.unit_id)
        if phone is None or phone.replaced_at is None:  # a former phone that hands in is nobody's login
            self._login_days.note(call, account)
        must_change = must_change_password(call.connection, account.id, session_id)
        held = [] if must_change else roles.holdings(roles.assignments_of(call.connection, account.id))
        may = permitted(held, phone)
        session = sessions_pb2.Session(
            access_token=self._signer.for_person(
                account.id,
                account.unit_id,
                session_id,
                may,
                at,
                phone=phone,
                must_change_password=must_change,
            ),
            refresh_token=store.give_refresh_token(call.connection, session_id, at),
            expires_in=LIFE_SECONDS,
            token_type="Bearer",  # noqa: S106 - the name of a scheme
            password_change_required=must_change,
            device_id=phone.device_id if phone else "",
        )
        if phone and phone.replaced_at:
            session.device_replaced_time.FromDatetime(phone.replaced_at)
        return session
