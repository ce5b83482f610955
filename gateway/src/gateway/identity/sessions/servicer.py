"""Answers SessionService."""

from datetime import datetime
from typing import Any

from chassis.database import Database
from chassis.server import Call
from journeyman.identity.v1 import sessions_pb2
from sqlalchemy import Row

from chassis import outbox
from gateway.identity.api_clients import store as api_clients
from gateway.identity.devices.phones import ForeignInstallation, Phones
from gateway.identity.devices.rules import Phone
from gateway.identity.roles import messages as role_messages
from gateway.identity.roles import store as roles
from gateway.identity.sessions import revocations, signing_keys, store
from gateway.identity.sessions.moments import real_now
from gateway.identity.sessions.opening import LIFE_SECONDS, SessionOpener, must_change_password
from gateway.identity.sessions.password_sign_in import PasswordSignIn
from gateway.identity.sessions.revocations import Revoker
from gateway.identity.sessions.rules import SessionEnded, WrongCredentials
from gateway.identity.sessions.tokens import TokenSigner
from gateway.identity.totp import store as authenticators
from gateway.identity.users import messages as user_messages
from gateway.identity.users import store as users


class SessionServicer:
    contract = sessions_pb2.DESCRIPTOR.services_by_name["SessionService"]

    def __init__(
        self,
        database: Database,
        password_sign_in: PasswordSignIn,
        phones: Phones,
        opener: SessionOpener,
        *,
        signer: TokenSigner,
        revoker: Revoker,
    ) -> None:
        self._database = database
        self._password_sign_in = password_sign_in
        self._phones = phones
        self._opener = opener
        self._signer = signer
        self._revoker = revoker

    def login(self, request: sessions_pb2.LoginRequest, call: Call) -> sessions_pb2.Session:
        return self._password_sign_in(request, call)

    def refresh_session(
        self, request: sessions_pb2.RefreshSessionRequest, call: Call
    ) -> sessions_pb2.Session:
        found = store.find(call.connection, request.refresh_token)
        if found is None:
            raise SessionEnded
        account = users.lock_for_sign_in(call.connection, found.user_id)
        at = real_now()
        token = request.refresh_token
        if not (store.use(call.connection, token, at) or store.use_again(call.connection, token, at)):
            self._end_copied(call, found.id)
            raise SessionEnded
        phone = self._phone(call, found, request.installation_id, at)
        if account is None or not store.prolong(call.connection, found.id, at):
            raise SessionEnded
        if not self._opener.may_sign_in(call.connection, account):
            raise SessionEnded
        call.changed(f"sessions/{found.id}")
        return self._opener.tokens(call, account, found.id, at, phone)

    def logout(self, _: sessions_pb2.LogoutRequest, call: Call) -> sessions_pb2.LogoutResponse:
        session_id = call.caller.session_id
        if session_id and store.end(call.connection, session_id, real_now()):
            self._revoker.revoke(call, session_id)
            call.changed(f"sessions/{session_id}")
        return sessions_pb2.LogoutResponse()

    def get_me(self, _: sessions_pb2.GetMeRequest, call: Call) -> sessions_pb2.Me:
        caller = call.caller
        account = users.find(call.connection, caller.subject) if caller.is_person else None
        if account is None:
            return sessions_pb2.Me(client_id=caller.subject, permissions=sorted(caller.permissions()))
        held = roles.assignments_of(call.connection, account.id)
        must_change = must_change_password(call.connection, account.id, caller.session_id)
        holdings = [] if must_change else roles.holdings(held)
        return sessions_pb2.Me(
            user=user_messages.message(account),
            role_assignments=[role_messages.assignment(row) for row in held],
            permissions=sorted(frozenset[str]().union(*(each.permissions for each in holdings))),
            password_change_required=must_change,
            totp_enabled=authenticators.in_use(call.connection, account.id) is not None,
        )

    def issue_client_token(
        self, request: sessions_pb2.IssueClientTokenRequest, call: Call
    ) -> sessions_pb2.ClientToken:
        client_id, secret = request.client_id, request.client_secret
        permissions = api_clients.sign_in(call.connection, client_id, secret, real_now())
        if permissions is None:
            raise WrongCredentials
        call.changed(f"apiClients/{client_id}")
        call.acted(client_id)
        token = self._signer.for_client(client_id, permissions, real_now())
        return sessions_pb2.ClientToken(access_token=token, expires_in=LIFE_SECONDS)

    def list_signing_keys(
        self, _: sessions_pb2.ListSigningKeysRequest, call: Call
    ) -> sessions_pb2.ListSigningKeysResponse:
        response = sessions_pb2.ListSigningKeysResponse()
        for kid, public_key in signing_keys.public_keys(call.connection, real_now()).items():
            response.keys.add(kid=kid, public_key=public_key)
        return response

    def list_revocations(
        self, _: sessions_pb2.ListRevocationsRequest, call: Call
    ) -> sessions_pb2.ListRevocationsResponse:
        """List what is refused; it belongs to no unit, so only who reaches every row sees it."""
        response = sessions_pb2.ListRevocationsResponse()
        if not call.scope.everything:
            return response
        for key, issued_before in revocations.effective(call.connection, real_now()).items():
            response.revocations.add(key=key).issued_before.FromDatetime(issued_before)
        return response

    def _phone(self, call: Call, session: "Row[Any]", installation_id: str, at: datetime) -> Phone | None:
        """Return the phone of the session. Raises SessionEnded; from another phone it ends the session."""
        try:
            return self._phones.of_session(call.connection, session.device_id, installation_id, at)
        except ForeignInstallation:
            self._end_copied(call, session.id)
            raise SessionEnded from None

    def _end_copied(self, call: Call, session_id: str) -> None:
        """End the session of a token that was copied, in a transaction that the refusal leaves alone."""
        with self._database.begin() as connection:
            if store.end(connection, session_id, real_now()):
                # anew: it may have waited for a refresh, whose token is to be refused as well
                outbox.append(connection, [revocations.write(connection, session_id, real_now())], call.now)
        self._revoker.announce()
