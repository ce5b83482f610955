"""Answers DisciplinaryActionService."""

from collections.abc import Iterable
from typing import Any, Protocol

from chassis.access.people import demand_person
from chassis.calendar import local_date
from chassis.errors import NotFound
from chassis.outbox import Fact
from chassis.pagination import page_of
from chassis.server import Call
from directory.cache import Member
from journeyman.visit.v1 import disciplinary_actions_pb2 as pb
from sqlalchemy import Row

from directory import UnknownUser
from visit.discipline import events, messages, rules, store
from visit.discipline.rules import State, Step
from visit.person_lock import lock_person


class People(Protocol):
    """Knows to which unit somebody belongs. Asked before a transaction begins: it asks identity."""

    def newest_member(self, user_id: str) -> Member:
        """Return the unit of a user as it is now. Raises UnknownUser, Unavailable."""


class DisciplinaryActionServicer:
    contract = pb.DESCRIPTOR.services_by_name["DisciplinaryActionService"]

    def __init__(self, people: People) -> None:
        self._people = people

    def create_disciplinary_action(
        self, request: pb.CreateDisciplinaryActionRequest, call: Call
    ) -> pb.DisciplinaryAction:
        demand_person(call.caller)
        given = request.disciplinary_action
        user_id, violation_ids = given.user_id.lower(), [id_.lower() for id_ in given.violation_ids]
        cause = messages.cause_of(given)
        unit_id = self._unit_of(user_id, call)
        rules.demand_superior(call.caller.subject, user_id)
        lock_person(call.connection, user_id)
        counting = store.counting_steps(call.connection, user_id)
        step = rules.step_to_take(messages.step_of(given), counting, given.skip_reason)
        store.demand_citable(call.connection, user_id, violation_ids, call.reach("violations.read"))
        values = {
            "user_id": user_id,
            "unit_id": unit_id,
            "step": step.name,
            "cause": cause,
            "facts": given.facts.strip(),
            "skip_reason": given.skip_reason.strip(),
            "action_date": local_date(call.now),
            "taken_by_id": call.caller.subject,
        }
        row = store.add(call.connection, values, violation_ids, call.now)
        for fact in events.taken(row):
            call.publish(fact)
        call.changed(f"disciplinaryActions/{row.id}")
        return _rendered(row, call)

    def get_disciplinary_action(
        self, request: pb.GetDisciplinaryActionRequest, call: Call
    ) -> pb.DisciplinaryAction:
        return _rendered(_in_scope(request.disciplinary_action_id, call), call)

    def list_disciplinary_actions(
        self, request: pb.ListDisciplinaryActionsRequest, call: Call
    ) -> pb.ListDisciplinaryActionsResponse:
        page = page_of(request)
        state = messages.state_of(request.state)
        rows = store.read_page(call.connection, request, page, call.scope, state)
        shown = rows[: page.size]
        cited = store.cited_by(call.connection, [row.id for row in shown])
        response = pb.ListDisciplinaryActionsResponse(
            disciplinary_actions=[messages.rendered(row, cited.get(row.id, [])) for row in shown]
        )
        if len(rows) > page.size:
            response.next_page_token = page.token((shown[-1].action_date.isoformat(), shown[-1].id))
        return response

    def end_disciplinary_action(
        self, request: pb.EndDisciplinaryActionRequest, call: Call
    ) -> pb.DisciplinaryAction:
        reason, found = messages.reason_of(request), _to_decide(request, call)
        rules.demand_endable(Step[found.step], State(found.state))
        row = store.end(call.connection, found.id, by=call.caller.subject, reason=reason, at=call.now)
        return _decided(row, events.ended(row), call)

    def withdraw_disciplinary_action(
        self, request: pb.WithdrawDisciplinaryActionRequest, call: Call
    ) -> pb.DisciplinaryAction:
        reason, found = messages.reason_of(request), _to_decide(request, call)
        rules.demand_counting(State(found.state))
        row = store.withdraw(call.connection, found.id, by=call.caller.subject, reason=reason, at=call.now)
        return _decided(row, events.withdrawn(row), call)

    def _unit_of(self, user_id: str, call: Call) -> str:
        """Return the person's unit. Raises UnknownUser, also outside the scope, and Unavailable."""
        unit_id = self._people.newest_member(user_id).unit_id
        if not call.scope.covers(unit_id=unit_id, owner_id=user_id):
            raise UnknownUser
        return unit_id


def _in_scope(action_id: str, call: Call) -> Row[Any]:
    row = store.find(call.connection, action_id, store.in_scope(call.scope))
    if row is None:
        raise NotFound("disciplinary action")
    return row


def _to_decide(
    request: pb.EndDisciplinaryActionRequest | pb.WithdrawDisciplinaryActionRequest, call: Call
) -> Row[Any]:
    """Return the action, with the person's lock taken. Raises OwnDisciplinaryAction."""
    demand_person(call.caller)
    found = _in_scope(request.disciplinary_action_id, call)
    rules.demand_superior(call.caller.subject, found.user_id)
    lock_person(call.connection, found.user_id)
    # read again: somebody may have ended it, or taken it back, while this call waited for the lock
    return _in_scope(found.id, call)


def _decided(row: Row[Any], facts: Iterable[Fact], call: Call) -> pb.DisciplinaryAction:
    for fact in facts:
        call.publish(fact)
    call.changed(f"disciplinaryActions/{row.id}", ["state"])
    return _rendered(row, call)


def _rendered(row: Row[Any], call: Call) -> pb.DisciplinaryAction:
    return messages.rendered(row, store.cited_by(call.connection, [row.id]).get(row.id, []))
