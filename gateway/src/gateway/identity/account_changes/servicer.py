"""Answers AccountChangeService."""

from typing import Any

from chassis.access.people import demand_person
from chassis.errors import NotFound, named_by
from chassis.pagination import page_of
from chassis.server import Call
from journeyman.identity.v1 import account_changes_pb2 as pb
from sqlalchemy import Row

from chassis import calendar
from gateway.identity.account_changes import guards, messages, notices, rules, store
from gateway.identity.account_changes.effects import Effects, FirstPassword
from gateway.identity.account_changes.filing import Filing
from gateway.identity.account_changes.rules import Kind, State
from gateway.identity.org_units.store import OwnTree
from gateway.identity.passwords.policy import PasswordPolicy
from gateway.identity.roles import store as roles
from gateway.identity.roles.store import own_holdings
from gateway.identity.sessions.passwords import PasswordHasher
from gateway.identity.sessions.revocations import Revoker
from gateway.identity.users import store as users


class AccountChangeServicer:
    contract = pb.DESCRIPTOR.services_by_name["AccountChangeService"]

    def __init__(
        self, tree: OwnTree, policy: PasswordPolicy, hasher: PasswordHasher, revoker: Revoker
    ) -> None:
        self._tree = tree
        self._policy = policy
        self._hasher = hasher
        self._effects = Effects(revoker)

    def file_account_change(self, request: pb.FileAccountChangeRequest, call: Call) -> pb.AccountChange:
        demand_person(call.caller)
        with named_by(f"{messages.PATH}.userId", NotFound):
            row = self._file(call, request.account_change)
        call.publish(notices.filed(row))
        return messages.message(row)

    def get_account_change(self, request: pb.GetAccountChangeRequest, call: Call) -> pb.AccountChange:
        row = store.find(call.connection, request.account_change_id, store.visible(call.scope))
        if row is None:
            raise NotFound("account change")
        return messages.message(row)

    def list_account_changes(
        self, request: pb.ListAccountChangesRequest, call: Call
    ) -> pb.ListAccountChangesResponse:
        page = page_of(request, keys=1)
        wanted = [store.visible(call.scope), *messages.conditions(request)]
        rows = store.read_page(call.connection, page, wanted)
        shown, token = page.cut(rows, lambda row: (row.id,))
        return pb.ListAccountChangesResponse(
            account_changes=map(messages.message, shown),
            next_page_token=token,
        )

    def approve_account_change(self, request: pb.ApproveAccountChangeRequest, call: Call) -> pb.AccountChange:
        change, account = _to_decide(request.account_change_id, call)
        rules.decided(State(change.state), State.APPROVED)
        if account is not None:
            _demand_in_scope(call, account)
            rules.demand_fit(Kind(change.kind), account.state)
        Filing(call).demand_units(change.new_unit_id, change.roles)
        guards.demand_allowed(call.connection, change, own_holdings(call.caller), self._tree.subtree)
        row = _decide(call, change, State.APPROVED, request.note)
        if row.kind == Kind.FREEZE:
            return messages.message(self._carry_out(call, row, account))
        for notice in notices.approved(row):
            call.publish(notice)
        return messages.message(row)

    def reject_account_change(self, request: pb.RejectAccountChangeRequest, call: Call) -> pb.AccountChange:
        change, _ = _to_decide(request.account_change_id, call)
        row = _decide(call, change, State.REJECTED, request.note)
        call.publish(notices.rejected(row))
        return messages.message(row)

    def withdraw_account_change(
        self, request: pb.WithdrawAccountChangeRequest, call: Call
    ) -> pb.AccountChange:
        demand_person(call.caller)
        change, _ = _locked(request.account_change_id, call)
        if change.filed_by != call.caller.subject:
            raise rules.NotYourAccountChange
        state = rules.withdrawn(State(change.state))
        row = store.change(call.connection, change.id, state=state, decided_at=call.now)
        call.changed(f"accountChanges/{row.id}", ["state"])
        return messages.message(row)

    def carry_out_account_change(
        self, request: pb.CarryOutAccountChangeRequest, call: Call
    ) -> pb.AccountChange:
        demand_person(call.caller)
        # before the connection is opened: no transaction waits for a hash
        password = self._first_password(request.password) if request.password else None
        change, account = _locked(request.account_change_id, call, with_touched=True)
        rules.carried_out(State(change.state))
        if password:
            self._demand_for_newcomer(change, request.password)
        rules.demand_other(call.caller.subject, change.user_id)
        if account is not None:
            _demand_in_scope(call, account)
        Filing(call).demand_units(change.new_unit_id, change.roles)
        own = [*own_holdings(call.caller), *_holdings_of(call, change.decided_by)]
        guards.demand_allowed(call.connection, change, own, self._tree.subtree)
        return messages.message(self._carry_out(call, change, account, password))

    def freeze_user(self, request: pb.FreezeUserRequest, call: Call) -> pb.AccountChange:
        demand_person(call.caller)
        messages.demand_words(request)
        asked = pb.AccountChange(
            kind=pb.AccountChange.KIND_FREEZE,
            user_id=request.user_id,
            reason=request.reason,
            handling=request.handling,
        )
        # before it is filed: a disciplinary step holds the account while it files a freeze of its own
        account = users.lock(call.connection, request.user_id, users.in_scope(call.scope))
        if account is None:
            raise NotFound("user")
        filed = self._file(call, asked)
        guards.demand_allowed(call.connection, filed, own_holdings(call.caller), self._tree.subtree)
        row = _decide(call, filed, State.APPROVED, "")
        return messages.message(self._carry_out(call, row, account))

    def _file(self, call: Call, given: pb.AccountChange) -> "Row[Any]":
        values = messages.filed_values(given, calendar.local_date(call.now))
        checked = Filing(call).checked(values)
        row = store.add(call.connection, checked, call.now)
        call.changed(f"accountChanges/{row.id}")
        return row

    def _first_password(self, password: str) -> FirstPassword:
        return FirstPassword(self._hasher.hash(password), self._policy.must_change(password))

    def _demand_for_newcomer(self, change: "Row[Any]", password: str) -> None:
        """Raise InvalidFields for an account that has been there, or a password that is easy to guess."""
        if change.user_id:
            raise messages.foreign("password")
        names = change.new_person["username"], change.new_person["display_name"]
        self._policy.demand(password, names, "password")

    def _carry_out(
        self,
        call: Call,
        change: "Row[Any]",
        account: "Row[Any] | None",
        password: FirstPassword | None = None,
    ) -> "Row[Any]":
        """Carry out a change that is approved and locked, as its account is."""
        if account is None:
            kept = self._effects.open_for_newcomer(call, change, password)
        else:
            kept = self._effects.change_account(call, change, account)
        row = store.change(
            call.connection,
            change.id,
            state=rules.carried_out(State(change.state)),
            carried_out_by=call.caller.subject,
            carried_out_at=call.now,
            **kept,
        )
        for notice in notices.carried_out(row):
            call.publish(notice)
        call.changed(f"accountChanges/{row.id}", ["state"])
        return row


def _locked(change_id: str, call: Call, *, with_touched: bool = False) -> "tuple[Row[Any], Row[Any] | None]":
    """Return the change and its account as they are once nobody else works on them; a newcomer has none yet.

    The accounts are locked first, the successor's too, and then what is on file about them. So does whatever
    locks both: else two could wait for each other. Raises NotFound, EtagMismatch.
    """
    found = store.find(call.connection, change_id, store.visible(call.scope))
    if found is None:
        raise NotFound("account change")
    concerned = [user_id for user_id in (found.user_id, found.successor_id) if user_id]
    accounts = users.lock_together(call.connection, concerned)
    if with_touched and found.user_id:
        store.lock_touched(call.connection, found)
    change = store.lock(call.connection, found.id)
    if change is None:
        raise NotFound("account change")
    call.demand_etag("", change.version)
    return change, accounts.get(found.user_id)


def _to_decide(change_id: str, call: Call) -> "tuple[Row[Any], Row[Any] | None]":
    demand_person(call.caller)
    change, account = _locked(change_id, call)
    rules.demand_other(call.caller.subject, change.filed_by, change.user_id)
    return change, account


def _decide(call: Call, change: "Row[Any]", verdict: State, note: str) -> "Row[Any]":
    state = rules.decided(State(change.state), verdict)
    row = store.change(
        call.connection,
        change.id,
        state=state,
        decided_by=call.caller.subject,
        decided_at=call.now,
        decision_note=note.strip(),
    )
    call.changed(f"accountChanges/{row.id}", ["state"])
    return row


def _demand_in_scope(call: Call, account: "Row[Any]") -> None:
    """Raise NotFound when the person has left the caller's scope meanwhile."""
    if not call.scope.covers(unit_id=account.unit_id, owner_id=None):
        raise NotFound("user")


def _holdings_of(call: Call, user_id: str) -> list[Any]:
    return roles.holdings(roles.assignments_of(call.connection, user_id))
