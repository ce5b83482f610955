from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest
from chassis.events import Received
from gateway.identity.login_days import following, store
from gateway.identity.login_days.sweep import AbsenceSweep
from google.protobuf.any_pb2 import Any as Packed
from journeyman.identity.v1 import events_pb2, login_days_pb2, login_days_pb2_grpc, sessions_pb2
from sqlalchemy.exc import ProgrammingError

MONDAY = datetime.fromisoformat("2026-03-02T09:00+08:00")
LoginDuty = login_days_pb2.LoginDuty
DAY = timedelta(days=1)


@pytest.fixture
def days(as_):
    def listed(username, **filters):
        stub = as_(login_days_pb2_grpc.LoginDayServiceStub, username)
        return stub.ListLoginDays(login_days_pb2.ListLoginDaysRequest(**filters))

    return listed


@pytest.fixture
def duties(as_):
    def listed(username, **filters):
        stub = as_(login_days_pb2_grpc.LoginDayServiceStub, username)
        return stub.ListLoginDuties(login_days_pb2.ListLoginDutiesRequest(**filters))

    return listed


@pytest.fixture
def followed(identity, people, clock):
    """The duties follow the accounts, as the consumer of identity's own events has them do."""

    def follow(*usernames, at=MONDAY):
        clock(at)
        apply = following.subscription(identity.runtime.clock).apply
        changes = [events_pb2.UserChanged(user_id=people[name]) for name in usernames]
        with identity.database.begin() as connection:
            apply(connection, [Received(None, change) for change in changes])

    return follow


@pytest.fixture
def sweep(identity):
    return AbsenceSweep(identity.database, identity.runtime.clock)


def signed_in(identity, user_id):
    found = []
    for event in identity.events("person.signed_in"):
        data = events_pb2.PersonSignedIn()
        Packed.FromString(bytes(event.data)).Unpack(data)
        if data.user_id == user_id:
            found.append(data.work_date)
    return found


def refresh(identity, session):
    request = sessions_pb2.RefreshSessionRequest(refresh_token=session.refresh_token)
    return identity.anonymous.RefreshSession(request)


@pytest.mark.rule("R152")
def test_the_first_sign_in_or_refresh_of_a_business_day_is_a_login_day_R152(identity, clock, people, days):
    user_id = people["shanghai.rep1"]
    clock(MONDAY)
    session = identity.login("shanghai.rep1")
    session = refresh(identity, session)
    identity.login("shanghai.rep1")
    clock(datetime.fromisoformat("2026-03-03T00:00+08:00"))  # still Monday by UTC
    refresh(identity, session)
    shown = days("shanghai.manager", user_id=user_id, from_date="2026-03-02", to_date="2026-03-03").login_days
    assert [day.work_date for day in shown] == ["2026-03-03", "2026-03-02"]
    assert shown[1].first_sign_in_time.ToDatetime(UTC) == MONDAY
    assert shown[1].unit_id == identity.unit_id("shanghai")
    assert signed_in(identity, user_id)[-2:] == ["2026-03-02", "2026-03-03"]


def test_parallel_refreshes_make_one_login_day(identity, clock, people):
    clock(MONDAY + 30 * DAY)
    sessions = [identity.login("shanghai.rep2") for _ in range(3)]
    clock(MONDAY + 31 * DAY)
    with ThreadPoolExecutor(3) as pool:
        list(pool.map(lambda session: refresh(identity, session), sessions))
    assert signed_in(identity, people["shanghai.rep2"]).count("2026-04-02") == 1


def test_a_refused_sign_in_is_no_login_day(identity, clock, people, refused):
    clock(MONDAY + 31 * DAY)
    with refused():
        identity.login("shanghai.rep3", "wrong password")
    assert "2026-04-02" not in signed_in(identity, people["shanghai.rep3"])


def test_login_days_cannot_be_rewritten(identity, clock):
    clock(MONDAY)
    identity.login("hangzhou.rep1")
    for statement in ("UPDATE login_days SET work_date = work_date - 1", "DELETE FROM login_days"):
        with pytest.raises(ProgrammingError):
            identity.change(statement)


def test_login_days_are_seen_within_the_scope(identity, clock, people, days):
    clock(MONDAY + 40 * DAY)
    for username in ("shanghai.rep4", "hangzhou.rep2"):
        identity.login(username)
    day = "2026-04-11"

    def seen(username, **filters):
        return {shown.user_id for shown in days(username, from_date=day, to_date=day, **filters).login_days}

    both = {people["shanghai.rep4"], people["hangzhou.rep2"]}
    assert both <= seen("east.manager")
    assert both & seen("shanghai.manager") == {people["shanghai.rep4"]}
    assert both & seen("shanghai.rep4") == {people["shanghai.rep4"]}
    assert seen("shanghai.manager", unit_id=identity.unit_id("hangzhou")) == set()
    assert days("shanghai.rep5", user_id=people["shanghai.rep4"]).login_days == []


def test_lists_go_on_behind_a_page(identity, clock, days, followed, duties):
    clock(MONDAY + 50 * DAY)
    names = [f"shanghai.rep{number}" for number in range(1, 5)]
    for name in names:
        identity.login(name)
    first = days("shanghai.manager", page_size=3, from_date="2026-04-21", to_date="2026-04-21")
    rest = days(
        "shanghai.manager", from_date="2026-04-21", to_date="2026-04-21", page_token=first.next_page_token
    )
    both = [day.user_id for day in (*first.login_days, *rest.login_days)]
    assert (len(first.login_days), len(set(both))) == (3, len(both))
    followed(*names, at=MONDAY + 50 * DAY)
    seen, token = [], ""
    while not seen or token:
        page = duties("shanghai.manager", page_size=1, page_token=token)
        seen += [duty.user_id for duty in page.login_duties]
        token = page.next_page_token
    assert len(seen) == len(set(seen)) >= 4


@pytest.mark.rule("R069")
def test_a_month_is_told_with_its_login_days_R069(identity, clock, people, duties):
    user_id = people["shanghai.rep6"]
    for day in range(1, 21):
        with identity.database.begin() as connection:
            at = datetime.fromisoformat(f"2026-05-{day:02}T08:00+08:00")
            store.keep(connection, user_id, identity.unit_id("shanghai"), at.date(), at)
    clock(datetime.fromisoformat("2026-06-10T09:00+08:00"))
    (may,) = duties("shanghai.manager", user_id=user_id, month_date="2026-05-31").login_duties
    (june,) = duties("shanghai.manager", user_id=user_id).login_duties
    assert (may.month_login_days, may.active_user) == (20, True)
    assert (june.month_login_days, june.active_user) == (0, False)
    assert (june.last_login_date, june.missed_working_days) == ("2026-05-20", 14)
    assert june.breaches == [LoginDuty.BREACH_WORKING_DAY, LoginDuty.BREACH_TWO_WEEKS]


@pytest.mark.rule("R033")
def test_a_head_who_stays_away_is_found_R033(identity, people, with_role, followed, duties, clock):
    with_role("east.manager", "department_head", "SUBTREE")
    followed("east.manager", "shanghai.rep7", at=MONDAY)
    identity.change("UPDATE login_standings SET since_date = '2026-03-02'")
    clock(MONDAY + 2 * DAY)

    def found(breach):
        return {duty.user_id for duty in duties("auditor", breach=breach, page_size=200).login_duties}

    assert people["east.manager"] in found(LoginDuty.BREACH_HEAD)
    assert people["shanghai.rep7"] not in found(LoginDuty.BREACH_HEAD)
    assert people["shanghai.rep7"] in found(LoginDuty.BREACH_WORKING_DAY)
    assert found(LoginDuty.BREACH_TWO_WEEKS) == set()


@pytest.mark.rule("R154")
def test_two_weeks_away_are_told_once_and_a_login_ends_them_R154(
    identity, people, clock, followed, sweep, told
):
    name, user_id = "shanghai.rep8", people["shanghai.rep8"]
    start = MONDAY + 200 * DAY
    followed(name, at=start)
    identity.change("UPDATE login_standings SET noticed = true WHERE user_id <> :id", id=user_id)
    identity.change(
        "UPDATE login_standings SET since_date = :day, noticed = false WHERE user_id = :id",
        id=user_id,
        day=start.date(),
    )
    counts = []
    for days_away in (13, 14, 15):
        clock(start + days_away * DAY)
        sweep.run()
        counts.append(len(told("loginDuties.twoWeeks")))
    assert counts == [0, 1, 1]
    (notice,), (in_team,) = told("loginDuties.twoWeeks"), told("loginDuties.twoWeeksInTeam")
    assert list(notice.recipient_ids) == [user_id]
    assert in_team.recipient_permission == "loginDays.read"
    assert in_team.recipient_unit_id == identity.unit_id("shanghai")
    assert in_team.passed_over_ids == [user_id]
    identity.login(name)
    clock(start + 30 * DAY)
    sweep.run()
    assert len(told("loginDuties.twoWeeks")) == 2


@pytest.mark.rule("R154")
@pytest.mark.parametrize("state", ["DISABLED", "FROZEN"])
def test_who_cannot_sign_in_owes_nothing_R154(identity, people, clock, followed, sweep, told, duties, state):
    name, user_id = "hangzhou.rep3", people["hangzhou.rep3"]
    start = MONDAY + 300 * DAY
    followed(name, at=start)
    identity.change("UPDATE login_standings SET noticed = true")
    identity.change(
        "UPDATE login_standings SET noticed = false, since_date = '2026-01-01' WHERE user_id = :id",
        id=user_id,
    )
    identity.change("UPDATE users SET state = :state WHERE id = :id", id=user_id, state=state)
    clock(start + 20 * DAY)
    before = len(told("loginDuties.twoWeeks"))
    sweep.run()  # the event has not come yet
    followed(name, at=start + 21 * DAY)
    sweep.run()
    assert len(told("loginDuties.twoWeeks")) == before
    assert duties("auditor", user_id=user_id).login_duties == []
    identity.change("UPDATE users SET state = 'ACTIVE' WHERE id = :id", id=user_id)
    followed(name, at=start + 22 * DAY)
    (duty,) = duties("auditor", user_id=user_id).login_duties
    assert duty.since_date == (start + 22 * DAY).date().isoformat()


def test_a_person_without_training_or_role_owes_nothing(identity, people, followed, duties):
    user_id = people["ioc.planner"]
    identity.change("UPDATE users SET certified_at = NULL WHERE id = :id", id=user_id)
    followed("ioc.planner")
    assert duties("auditor", user_id=user_id).login_duties == []
    identity.change("UPDATE users SET certified_at = created_at WHERE id = :id", id=user_id)


@pytest.mark.parametrize("field", ["from_date", "to_date"])
def test_a_day_that_does_not_exist_is_named(days, refused, field):
    with refused() as refusal:
        days("auditor", **{field: "2026-02-30"})
    assert refusal.fields == ["fromDate" if field == "from_date" else "toDate"]
