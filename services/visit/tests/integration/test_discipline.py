import uuid
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from datetime import UTC, date, datetime, timedelta
from time import monotonic

import grpc
import pytest
from chassis.access import Scope
from chassis.testing import serving
from directory.cache import Member
from google.protobuf import any_pb2
from journeyman.notices.v1.events_pb2 import NoticeRaised
from journeyman.visit.v1 import disciplinary_actions_pb2 as pb
from journeyman.visit.v1 import disciplinary_actions_pb2_grpc
from journeyman.visit.v1.events_pb2 import DisciplinaryActionChanged
from sqlalchemy import text
from visit import discipline
from visit.discipline.servicer import DisciplinaryActionServicer
from visit.person_lock import lock_person
from visit.violations import store as violations
from visit.violations.rules import Breach, Kind
from visit.violations.store import PersonDay

from directory import UnknownUser

SHANGHAI = "00000000-0000-7000-8000-000000000003"
HANGZHOU = "00000000-0000-7000-8000-000000000004"
REP, OTHER, MANAGER, ELSEWHERE = (f"00000000-0000-7000-8000-0000000000{n}" for n in ("a1", "a2", "b1", "c1"))
UNITS = {REP: SHANGHAI, OTHER: SHANGHAI, MANAGER: SHANGHAI, ELSEWHERE: HANGZHOU}
Action = pb.DisciplinaryAction
TAKE = ("disciplinaryActions.*", "violations.read")
MONDAY = date(2026, 3, 2)


class People:
    def newest_member(self, user_id):
        if user_id not in UNITS:
            raise UnknownUser
        return Member(UNITS[user_id], active=True)


@pytest.fixture
def callers(database, units, clock):
    """Stubs of callers: `callers(who, unit, scope)`."""
    with ExitStack() as stack:
        running = stack.enter_context(
            serving(
                [DisciplinaryActionServicer(People())],
                database=database,
                clock=clock,
                tree=units,
                errors=discipline.ERRORS,
                service="visit",
            )
        )

        def calling(who=MANAGER, unit=SHANGHAI, scope=Scope.SUBTREE, permissions=TAKE, *, person=True):
            token = running.issuer.token(*permissions, subject=who, unit=unit, scope=scope, person=person)
            channel = stack.enter_context(running.channel(token))
            return disciplinary_actions_pb2_grpc.DisciplinaryActionServiceStub(channel)

        yield calling


@pytest.fixture
def manager(callers):
    return callers()


@pytest.fixture
def rep(callers):
    return callers(REP, scope=Scope.SELF, permissions=("disciplinaryActions.read",))


@pytest.fixture
def found(database):
    """A violation of somebody: its id."""

    def record(user_id=REP, day=MONDAY):
        at = datetime(day.year, day.month, day.day, tzinfo=UTC)
        breach = Breach(kind=Kind.NO_SIGNAL, rule_id="R027", started_at=at, ended_at=at + timedelta(hours=1))
        owner = PersonDay(user_id=user_id, unit_id=UNITS[user_id], work_date=day, work_policy_id="")
        with database.begin() as connection:
            (row,) = violations.record(connection, owner, [breach], at)
        return row.id

    return record


def take(stub, user_id=REP, **fields):
    grounds = {"cause": Action.CAUSE_FALSIFICATION, "facts": "手机转借他人"}
    given = Action(user_id=user_id, **grounds | fields)
    return stub.CreateDisciplinaryAction(pb.CreateDisciplinaryActionRequest(disciplinary_action=given))


def cite(stub, *violation_ids, user_id=REP, **fields):
    grounds = {"cause": Action.CAUSE_VIOLATIONS, "facts": "", "violation_ids": violation_ids}
    return take(stub, user_id, **grounds | fields)


def withdraw(stub, action, reason="查无实据"):
    request = pb.WithdrawDisciplinaryActionRequest(disciplinary_action_id=action.id, reason=reason)
    return stub.WithdrawDisciplinaryAction(request)


def end(stub, action, reason="停职期满"):
    request = pb.EndDisciplinaryActionRequest(disciplinary_action_id=action.id, reason=reason)
    return stub.EndDisciplinaryAction(request)


def get(stub, action):
    return stub.GetDisciplinaryAction(pb.GetDisciplinaryActionRequest(disciplinary_action_id=action.id))


def ids(stub, **filters):
    answer = stub.ListDisciplinaryActions(pb.ListDisciplinaryActionsRequest(**filters))
    return [action.id for action in answer.disciplinary_actions]


def published(database, type_, message):
    query = text("SELECT data FROM outbox WHERE type = :type ORDER BY seq")
    with database.reading() as connection:
        rows = connection.execute(query, {"type": f"journeyman.visit.{type_}.v1"}).scalars().all()
    facts = [message() for _ in rows]
    assert all(any_pb2.Any.FromString(bytes(row)).Unpack(fact) for row, fact in zip(rows, facts, strict=True))
    return facts


@pytest.mark.rule("R139")
def test_a_superior_takes_the_next_step_and_the_person_is_told_R139(manager, rep, database, found):
    violation = found()
    first = cite(manager, violation)
    assert (first.step, first.state) == (Action.STEP_ORAL_WARNING, Action.STATE_EFFECTIVE)
    assert (first.unit_id, first.taken_by_id, first.action_date) == (SHANGHAI, MANAGER, "2026-03-02")
    assert list(first.violation_ids) == [violation]
    assert take(manager).step == Action.STEP_WRITTEN_WARNING
    third = take(manager, cause=Action.CAUSE_LEAK, facts="外泄客户名单")
    assert third.step == Action.STEP_USE_BAN
    fact = published(database, "disciplinary_action.taken", DisciplinaryActionChanged)[-1]
    assert (fact.disciplinary_action_id, fact.user_id, fact.step) == (third.id, REP, "USE_BAN")
    assert (fact.effective, fact.taken_by_id, fact.action_date) == (True, MANAGER, "2026-03-02")
    notice = published(database, "notice.raised", NoticeRaised)[-1]
    assert (list(notice.recipient_ids), notice.parameters["step"]) == ([REP], "USE_BAN")
    assert ids(rep) == [third.id, *ids(rep)[1:]]
    assert get(rep, first) == first


@pytest.mark.rule("R032")
def test_a_lent_phone_is_a_falsification_on_the_ladder_R032(manager):
    action = take(manager, facts="手机转借他人,考勤由他人代打")
    assert (action.cause, action.step) == (Action.CAUSE_FALSIFICATION, Action.STEP_ORAL_WARNING)


@pytest.mark.rule("R139")
def test_a_serious_breach_skips_steps_for_a_reason_R139(manager, refused):
    with refused() as refusal:
        take(manager, step=Action.STEP_SUSPENSION)
    assert refusal.reason == "STEP_SKIPS_LADDER"
    skipped = take(manager, step=Action.STEP_SUSPENSION, skip_reason="伪造订单")
    assert skipped.step == Action.STEP_SUSPENSION
    with refused() as refusal:
        take(manager, step=Action.STEP_USE_BAN, skip_reason="x")
    assert refusal.reason == "STEP_BELOW_LADDER"
    take(manager)
    with refused() as refusal:
        take(manager)
    assert refusal.reason == "LADDER_AT_ITS_END"


def test_a_violation_is_punished_once(manager, found, refused):
    violation = found()
    first = cite(manager, violation)
    with refused() as refusal:
        cite(manager, violation, found(day=MONDAY + timedelta(days=1)))
    assert refusal.reason == "VIOLATION_CITED"
    withdraw(manager, first)
    assert list(cite(manager, violation).violation_ids) == [violation]


def test_only_the_persons_own_violations_are_cited(manager, callers, found, refused):
    blind = callers(permissions=("disciplinaryActions.*",))
    for stub, violation in ((manager, found(OTHER)), (manager, str(uuid.uuid4())), (blind, found())):
        with refused() as refusal:
            cite(stub, violation)
        assert refusal.reason == "VIOLATION_NOT_FOUND"


def test_a_step_that_is_taken_back_no_longer_counts(manager, database, refused):
    first = take(manager)
    with refused() as refusal:
        withdraw(manager, first, " ")
    assert [field for field, _ in refusal.fields] == ["reason"]
    withdrawn = withdraw(manager, first)
    assert (withdrawn.state, withdrawn.withdrawal_reason) == (Action.STATE_WITHDRAWN, "查无实据")
    assert withdrawn.withdrawn_by_id == MANAGER
    (fact,) = published(database, "disciplinary_action.withdrawn", DisciplinaryActionChanged)
    assert (fact.disciplinary_action_id, fact.effective) == (first.id, False)
    with refused() as refusal:
        withdraw(manager, first)
    assert refusal.reason == "ACTION_WITHDRAWN"
    assert take(manager).step == Action.STEP_ORAL_WARNING


def suspend(stub, **fields):
    return take(stub, step=Action.STEP_SUSPENSION, skip_reason="伪造订单", **fields)


@pytest.mark.rule("R139")
def test_a_suspension_that_has_been_served_ends_and_goes_on_counting_R139(manager, database, found, refused):
    violation = found()
    suspended = suspend(manager, cause=Action.CAUSE_VIOLATIONS, violation_ids=[violation])
    with refused() as refusal:
        end(manager, suspended, " ")
    assert [field for field, _ in refusal.fields] == ["reason"]
    ended = end(manager, suspended)
    assert (ended.state, ended.end_reason, ended.ended_by_id) == (Action.STATE_ENDED, "停职期满", MANAGER)
    assert (ended.HasField("end_time"), get(manager, ended)) == (True, ended)
    assert ids(manager, state=Action.STATE_ENDED) == [ended.id]
    (fact,) = published(database, "disciplinary_action.ended", DisciplinaryActionChanged)
    assert (fact.disciplinary_action_id, fact.effective, fact.state) == (ended.id, False, "ENDED")
    notice = published(database, "notice.raised", NoticeRaised)[-1]
    assert (notice.template, list(notice.recipient_ids)) == ("disciplinaryActions.ended", [REP])
    with refused() as refusal:
        cite(manager, violation)
    assert refusal.reason == "VIOLATION_CITED"
    assert take(manager).step == Action.STEP_DISMISSAL


def test_what_has_ended_can_still_be_taken_back(manager, database, refused):
    ended = end(manager, suspend(manager))
    with refused() as refusal:
        end(manager, ended)
    assert refusal.reason == "ACTION_ENDED"
    withdrawn = withdraw(manager, ended)
    assert (withdrawn.state, withdrawn.end_reason) == (Action.STATE_WITHDRAWN, "停职期满")
    (fact,) = published(database, "disciplinary_action.withdrawn", DisciplinaryActionChanged)
    assert (fact.effective, fact.state) == (False, "WITHDRAWN")
    with refused() as refusal:
        end(manager, ended)
    assert refusal.reason == "ACTION_WITHDRAWN"
    assert take(manager).step == Action.STEP_ORAL_WARNING


def test_a_warning_has_no_end(manager, refused):
    warning = take(manager)
    with refused() as refusal:
        end(manager, warning)
    assert refusal.reason == "STEP_HAS_NO_END"
    assert get(manager, warning).state == Action.STATE_EFFECTIVE


def wait_for_locks(database, count):
    query = text(
        "SELECT count(*) FROM pg_locks WHERE NOT granted AND locktype = 'advisory' AND database ="
        " (SELECT oid FROM pg_database WHERE datname = current_database())"
    )
    deadline = monotonic() + 5
    while monotonic() < deadline:
        with database.reading() as connection:
            if connection.execute(query).scalar_one() == count:
                return
    raise AssertionError("nobody waits for the person's lock")


@pytest.mark.parametrize("other", [end, withdraw], ids=["end", "withdraw"])
def test_of_parallel_superiors_one_ends_a_suspension(callers, database, other):
    action = suspend(callers())

    def attempt(decide, stub):
        try:
            return decide(stub, action).state
        except grpc.RpcError as error:
            return error.code().name

    with ThreadPoolExecutor(2) as pool:
        with database.begin() as connection:
            lock_person(connection, REP)
            futures = [pool.submit(attempt, *each) for each in ((end, callers()), (other, callers(OTHER)))]
            wait_for_locks(database, 2)
        outcomes = [future.result() for future in futures]
    ended = published(database, "disciplinary_action.ended", DisciplinaryActionChanged)
    if other is end:
        assert sorted(map(str, outcomes)) == [str(Action.STATE_ENDED), "FAILED_PRECONDITION"]
        assert len(ended) == 1
    else:  # what has ended can be taken back, not the other way round
        assert outcomes in (
            [Action.STATE_ENDED, Action.STATE_WITHDRAWN],
            ["FAILED_PRECONDITION", Action.STATE_WITHDRAWN],
        )
        assert get(callers(), action).state == Action.STATE_WITHDRAWN


@pytest.mark.parametrize("step", [Action.STEP_UNSPECIFIED, Action.STEP_ORAL_WARNING])
def test_of_parallel_superiors_each_sees_the_step_of_the_other(callers, step):
    stubs = [callers(who) for who in (MANAGER, OTHER)]

    def attempt(stub):
        try:
            return take(stub, step=step).step
        except grpc.RpcError as error:
            return error.code().name

    with ThreadPoolExecutor(2) as pool:
        taken = sorted(map(str, pool.map(attempt, stubs)))
    assert taken == (["1", "2"] if step == Action.STEP_UNSPECIFIED else ["1", "FAILED_PRECONDITION"])


def test_nobody_takes_or_lifts_a_step_against_themselves(manager, callers, refused):
    with refused() as refusal:
        take(manager, MANAGER)
    assert refusal.reason == "OWN_DISCIPLINARY_ACTION"
    action = take(callers(OTHER), MANAGER)
    for decide in (end, withdraw):
        with refused() as refusal:
            decide(manager, action)
        assert refusal.reason == "OWN_DISCIPLINARY_ACTION"


def test_whoever_is_outside_the_scope_does_not_exist(manager, callers, refused):
    action = take(callers(unit=HANGZHOU), ELSEWHERE)
    for stranger in (ELSEWHERE, str(uuid.uuid4())):
        with refused() as refusal:
            take(manager, stranger)
        assert refusal.reason == "USER_NOT_FOUND"
    for attempt in (get, end, withdraw):
        with refused() as refusal:
            attempt(manager, action)
        assert refusal.status is grpc.StatusCode.NOT_FOUND
    assert ids(manager) == []


def test_a_machine_takes_no_step(callers, refused):
    with refused() as refusal:
        take(callers(scope=Scope.ALL, person=False))
    assert refusal.reason == "PERSON_REQUIRED"


def test_lists_are_filtered_and_go_on_behind_a_page(manager, clock):
    first = take(manager)
    clock.advance(timedelta(days=1))
    second, third = take(manager, OTHER), take(manager)
    withdraw(manager, second)
    assert ids(manager) == [third.id, second.id, first.id]
    assert ids(manager, user_id=REP) == [third.id, first.id]
    assert ids(manager, state=Action.STATE_WITHDRAWN) == [second.id]
    assert ids(manager, from_date="2026-03-03") == [third.id, second.id]
    page = manager.ListDisciplinaryActions(pb.ListDisciplinaryActionsRequest(page_size=2))
    assert ids(manager, page_size=2, page_token=page.next_page_token) == [first.id]


@pytest.mark.parametrize(
    ("fields", "named"),
    [
        ({"cause": Action.CAUSE_VIOLATIONS}, "disciplinaryAction.violationIds"),
        ({"facts": " "}, "disciplinaryAction.facts"),
        ({"cause": Action.CAUSE_UNSPECIFIED}, "disciplinaryAction.cause"),
        ({"violation_ids": ["x"]}, "disciplinaryAction.violationIds[0]"),
        ({"step": 9}, "disciplinaryAction.step"),
    ],
)
def test_a_step_without_grounds_names_its_field(manager, refused, fields, named):
    with refused() as refusal:
        take(manager, **fields)
    assert [field for field, _ in refusal.fields] == [named]
