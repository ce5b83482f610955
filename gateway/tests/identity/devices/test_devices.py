import contextlib
import itertools
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import grpc
import jwt
import pytest
from chassis.access import InvalidToken
from journeyman.identity.v1 import devices_pb2 as pb
from journeyman.identity.v1 import passwords_pb2, passwords_pb2_grpc, sessions_pb2, sessions_pb2_grpc
from journeyman.work.v1 import work_pb2, work_pb2_grpc

State = pb.Device.State
OLD, NEW, THIRD = "installation-old-0001", "installation-new-0002", "installation-third-03"
DENIED = "PERMISSION_DENIED"
REP = "shanghai.rep1"


def ended(refused, attempt):
    with refused() as refusal:
        attempt()
    assert (refusal.code, refusal.reason) == ("UNAUTHENTICATED", "SESSION_ENDED")


def claims(session):
    return jwt.decode(session.access_token, options={"verify_signature": False})


def test_the_first_phone_is_bound_by_the_sign_in_and_its_tokens_name_it(shop):
    session = shop.sign_in(REP, OLD)
    (device,) = shop.listed(REP)
    assert device.state == State.STATE_BOUND
    assert device.id == session.device_id == shop.caller(session).device_id
    assert (device.model, device.app_version, device.decided_by) == ("Mate 60", "1.0", "")
    assert shop.sign_in(REP, OLD, app_version="1.1").device_id == device.id
    assert shop.listed(REP)[0].app_version == "1.1"


@pytest.mark.rule("R075")
def test_the_first_sign_in_from_a_phone_is_the_day_the_phone_version_was_installed_R075(shop):
    def installed():
        query = "SELECT mobile_installed_at FROM users WHERE username = :name"
        return shop.identity.value(query, name=REP)

    shop.identity.change("UPDATE users SET mobile_installed_at = NULL")
    shop.identity.login(REP)
    assert installed() is None
    first = datetime(2026, 3, 2, 9, tzinfo=UTC)
    shop.identity.set_time(first)
    shop.sign_in(REP, OLD)
    assert installed() == first
    shop.identity.set_time(first + timedelta(days=1))
    shop.sign_in(REP, OLD)
    assert installed() == first


def test_a_browser_needs_no_phone_and_binds_none(shop):
    shop.sign_in(REP, OLD)
    session = shop.identity.login(REP)
    assert session.device_id == shop.caller(session).device_id == ""
    assert shop.refresh(session, installation="").access_token


@pytest.mark.parametrize("installation", ["", "short", "x" * 101, "has spaces in the middle"])
def test_an_installation_has_an_id_that_nobody_guesses(shop, refused, installation):
    with refused() as refusal:
        shop.sign_in(REP, installation)
    assert refusal.fields == ["device.installationId"]


@pytest.mark.rule("R135")
def test_the_right_password_on_another_phone_only_asks_for_a_change_of_phone_R135(shop, changed, refused):
    for _ in range(2):
        with refused() as refusal:
            shop.sign_in(REP, NEW)
        assert (refusal.code, refusal.reason) == (DENIED, "DEVICE_NOT_BOUND")
    with refused() as refusal:
        shop.sign_in(REP, THIRD)
    assert (refusal.code, refusal.reason) == (DENIED, "OTHER_DEVICE_PENDING")
    states = [device.state for device in shop.listed(REP)]
    assert states == [State.STATE_PENDING, State.STATE_BOUND]
    (to_superior,), (to_person,) = shop.notices("devices.toDecide"), shop.notices("devices.askedFor")
    assert (to_superior.recipient_unit_id, to_superior.nearest_only) == (
        shop.identity.unit_id("shanghai"),
        True,
    )
    assert list(to_person.recipient_ids) == [shop.id_of(REP)]
    assert shop.refresh(changed).device_id == changed.device_id


def test_a_wrong_password_asks_for_nothing(shop, refused):
    shop.sign_in(REP, OLD)
    with refused() as refusal:
        shop.identity.login(REP, "wrong password")
    assert refusal.reason == "WRONG_CREDENTIALS"
    assert len(shop.listed(REP)) == 1


def test_of_two_phones_that_are_the_first_at_once_one_is_bound(shop):
    def attempt(installation):
        with contextlib.suppress(grpc.RpcError):
            return shop.sign_in(REP, installation)
        return None

    with ThreadPoolExecutor(2) as threads:
        sessions = [session for session in threads.map(attempt, (OLD, NEW)) if session]
    assert len(sessions) == 1
    assert sorted(device.state for device in shop.listed(REP)) == [State.STATE_PENDING, State.STATE_BOUND]


def test_a_phone_stays_signed_in_where_a_browser_does_not(shop, refused):
    phone, browser = shop.sign_in(REP, OLD), shop.identity.login(REP)
    shop.identity.change("UPDATE sessions SET opened_at = opened_at - interval '1 year'")
    shop.identity.change("UPDATE sessions SET refreshed_at = refreshed_at - interval '80 days'")
    phone = shop.refresh(phone)
    ended(refused, lambda: shop.refresh(browser, ""))
    shop.identity.change("UPDATE sessions SET refreshed_at = refreshed_at - interval '91 days'")
    ended(refused, lambda: shop.refresh(phone))


def test_the_sessions_of_phones_are_kept_and_their_used_tokens_are_not(shop):
    phone, _ = shop.sign_in(REP, OLD), shop.identity.login(REP)
    phone = shop.refresh(phone)
    shop.identity.change("UPDATE sessions SET refreshed_at = refreshed_at - interval '20 days'")
    shop.identity.change("UPDATE refresh_tokens SET used_at = used_at - interval '20 days'")
    (forget,) = (sweep for sweep in shop.identity.parts.sweeps if sweep.name == "forget-sessions")
    forget.run()
    assert shop.identity.value("SELECT count(*) FROM sessions") == 1
    assert shop.identity.value("SELECT count(*) FROM refresh_tokens") == 1
    assert shop.refresh(phone)


@pytest.mark.parametrize("installation", ["", NEW])
def test_a_refresh_token_used_on_another_phone_ends_the_session(shop, refused, installation):
    session = shop.sign_in(REP, OLD)
    ended(refused, lambda: shop.refresh(session, installation))
    ended(refused, lambda: shop.refresh(session))
    with pytest.raises(InvalidToken):
        shop.caller(session)


def test_an_approved_phone_is_bound_and_the_former_one_only_hands_in(shop, changed, refused):
    at = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)
    shop.identity.set_time(at)
    approved = shop.approve(shop.pending(REP))
    assert (approved.state, approved.decided_by) == (State.STATE_BOUND, shop.id_of("shanghai.manager"))
    with pytest.raises(InvalidToken):  # what it was given before does more
        shop.caller(changed)
    former = shop.refresh(changed)
    caller = shop.caller(former)
    assert caller.captured_until == at.timestamp()
    assert former.device_replaced_time.ToDatetime(UTC) == at
    assert caller.permissions() == {"tracks.append", "visits.write"}
    with refused() as refusal:
        shop.identity.me(former.access_token)
    assert (refusal.code, refusal.reason) == (DENIED, "DEVICE_REPLACED")
    assert shop.refresh(former).device_replaced_time
    assert shop.sign_in(REP, NEW).device_id == approved.id
    (told,) = shop.notices("devices.approved")
    assert list(told.recipient_ids) == [shop.id_of(REP)]


def test_the_former_phone_hands_in_for_seven_days_of_the_real_clock(shop, changed, refused):
    shop.approve(shop.pending(REP))
    former = shop.of(REP, State.STATE_REPLACED)
    left = former.queue_end_time.ToDatetime(UTC) - datetime.now(UTC)
    assert timedelta(days=7) - timedelta(minutes=5) < left <= timedelta(days=7)
    shop.identity.set_time(datetime(2030, 1, 7, tzinfo=UTC))
    session = shop.refresh(changed)
    shop.identity.change("UPDATE devices SET queue_ends_at = queue_ends_at - interval '7 days'")
    ended(refused, lambda: shop.refresh(session))


def test_the_days_of_the_queue_are_a_setting(shop_with, refused):
    with shop_with(device_queue_days=0) as shop:
        session = shop.sign_in(REP, OLD)
        with refused():
            shop.sign_in(REP, NEW)
        shop.approve(shop.pending(REP))
        ended(refused, lambda: shop.refresh(session))


def test_the_former_phone_cannot_sign_in_again_and_asks_to_be_the_new_one(shop, changed, refused):
    shop.approve(shop.pending(REP))
    with refused() as refusal:
        shop.sign_in(REP, OLD)
    assert refusal.reason == "DEVICE_NOT_BOUND"
    assert shop.pending(REP).id != changed.device_id


def test_a_rejected_phone_stays_out_and_may_be_asked_for_again(shop, changed, refused):
    rejected = shop.reject(shop.pending(REP))
    assert (rejected.state, rejected.decision_note) == (State.STATE_REJECTED, "ask me first")
    assert shop.refresh(changed).device_id == changed.device_id
    (told,) = shop.notices("devices.rejected")
    assert told.resource == f"devices/{rejected.id}"
    with refused() as refusal:
        shop.sign_in(REP, NEW)
    assert refusal.reason == "DEVICE_NOT_BOUND"
    assert shop.pending(REP).id != rejected.id


def test_of_parallel_decisions_one_wins(shop, changed):
    device = shop.pending(REP)
    shop.stub("shanghai.manager"), shop.stub("east.manager")

    def attempt(decide):
        try:
            return decide().state
        except grpc.RpcError as error:
            return error.code().name

    decisions = [
        lambda: shop.approve(device),
        lambda: shop.reject(device),
        lambda: shop.approve(device, "east.manager"),
        lambda: shop.reject(device, "east.manager"),
    ]
    with ThreadPoolExecutor(4) as threads:
        answers = list(threads.map(attempt, decisions))
    assert answers.count("FAILED_PRECONDITION") == 3
    bound = [
        each for each in shop.listed("admin", user_id=shop.id_of(REP)) if each.state == State.STATE_BOUND
    ]
    assert len(bound) == 1


@pytest.mark.parametrize("by", [REP, "shanghai.rep2", "ioc.planner"])
def test_who_is_no_superior_decides_nothing(shop, changed, refused, by):
    with refused() as refusal:
        shop.approve(shop.pending(REP), by)
    assert (refusal.code, refusal.reason) == (DENIED, "NOT_PERMITTED")


def test_nobody_approves_their_own_phone_nor_that_of_somebody_stronger(shop, refused):
    for username in ("shanghai.manager", "east.manager"):
        shop.sign_in(username, f"{OLD}-{username}")
        with refused():
            shop.sign_in(username, f"{NEW}-{username}")
    (told, _) = shop.notices("devices.toDecide")
    assert told.nearest_only
    assert told.passed_over_ids == [shop.id_of("shanghai.manager")]
    with refused() as refusal:
        shop.approve(shop.pending("shanghai.manager"))
    assert (refusal.code, refusal.reason) == (DENIED, "OWN_DEVICE")
    with refused() as refusal:
        shop.approve(shop.pending("east.manager"))
    assert refusal.code == "NOT_FOUND"
    assert shop.approve(shop.pending("shanghai.manager"), "east.manager").state == State.STATE_BOUND


def test_a_lost_phone_is_out_at_once_and_the_next_one_waits(shop, refused):
    session = shop.sign_in(REP, OLD)
    revoked = shop.revoke(shop.of(REP, State.STATE_BOUND), by=REP)
    assert revoked.state == State.STATE_REVOKED
    with pytest.raises(InvalidToken):
        shop.caller(session)
    ended(refused, lambda: shop.refresh(session))
    for installation in (OLD, NEW):
        with refused() as refusal:
            shop.sign_in(REP, installation)
    assert refusal.reason == "OTHER_DEVICE_PENDING"
    with refused() as refusal:
        shop.revoke(revoked)
    assert (refusal.code, refusal.reason) == ("FAILED_PRECONDITION", "DEVICE_STATE_UNFIT")


def test_a_former_phone_that_is_stolen_hands_in_nothing_more(shop, changed, refused):
    shop.approve(shop.pending(REP))
    former = shop.refresh(changed)
    shop.revoke(shop.of(REP, State.STATE_REPLACED))
    ended(refused, lambda: shop.refresh(former))
    with pytest.raises(InvalidToken):
        shop.caller(former)


def test_a_change_of_phone_is_taken_back(shop, changed):
    shop.revoke(shop.pending(REP), by=REP)
    assert [device.state for device in shop.listed(REP)] == [State.STATE_REVOKED, State.STATE_BOUND]
    assert shop.refresh(changed)


def test_a_changed_password_leaves_the_person_signed_in_on_their_phone(shop):
    session = shop.sign_in(REP, OLD)
    stub = shop.identity.stub(passwords_pb2_grpc.PasswordServiceStub, session.access_token)
    request = passwords_pb2.ChangePasswordRequest(
        current_password="journeyman-demo", new_password="a lantern hums twice"
    )
    changed = stub.ChangePassword(request)
    assert changed.device_id == session.device_id
    assert shop.refresh(changed).device_id == session.device_id


def test_people_see_their_own_phones_and_superiors_those_below(shop, refused):
    for number, username in enumerate((REP, "hangzhou.rep1", "hq.finance")):
        shop.sign_in(username, f"{OLD}-{number}")
    phones = {
        username: shop.of(username, State.STATE_BOUND) for username in (REP, "hangzhou.rep1", "hq.finance")
    }
    assert [device.id for device in shop.listed("hq.finance")] == [phones["hq.finance"].id]
    assert [device.id for device in shop.listed("shanghai.manager")] == [phones[REP].id]
    assert len(shop.listed("east.manager")) == 2
    assert shop.listed("shanghai.manager", user_id=shop.id_of("hangzhou.rep1")) == []
    for device in (phones["hangzhou.rep1"], phones["hq.finance"]):
        for attempt in (
            lambda device=device: shop.stub("shanghai.manager").GetDevice(
                pb.GetDeviceRequest(device_id=device.id)
            ),
            lambda device=device: shop.approve(device),
            lambda device=device: shop.revoke(device),
        ):
            with refused() as refusal:
                attempt()
            assert refusal.code == "NOT_FOUND"
    first = shop.stub("admin").ListDevices(pb.ListDevicesRequest(page_size=2))
    second = shop.stub("admin").ListDevices(
        pb.ListDevicesRequest(page_size=2, page_token=first.next_page_token)
    )
    assert len({device.id for device in itertools.chain(first.devices, second.devices)}) == 3
    assert not second.next_page_token


def test_a_change_of_phone_is_open_work_of_the_superior(shop, changed):
    def tasks(username):
        stub = shop.identity.stub(work_pb2_grpc.WorkServiceStub, shop.identity.token(username))
        found = stub.ListMyTasks(work_pb2.ListMyTasksRequest()).tasks
        return [task.resource for task in found if task.kind == "devices.decide"]

    device = shop.pending(REP)
    assert tasks("shanghai.manager") == [f"devices/{device.id}"]
    assert tasks(REP) == tasks("shanghai.rep2") == []
    shop.approve(device)
    assert tasks("shanghai.manager") == []


def test_a_stale_etag_decides_nothing(shop, changed, refused):
    device = shop.pending(REP)
    request = pb.ApproveDeviceRequest(device_id=device.id)
    with refused() as refusal:
        shop.stub("shanghai.manager").ApproveDevice(request, metadata=[("if-match", '"v99"')])
    assert refusal.reason == "ETAG_MISMATCH"
    assert shop.stub("shanghai.manager").ApproveDevice(request, metadata=[("if-match", device.etag)])


def test_the_id_of_an_installation_is_kept_nowhere(shop, changed):
    shop.approve(shop.pending(REP))
    with shop.identity.database.reading() as connection:
        rows = connection.exec_driver_sql(
            "SELECT d::text FROM devices d UNION ALL SELECT o.data::text FROM outbox o"
        )
        kept = " ".join(row[0] for row in rows)
    for installation in (OLD, NEW):
        assert installation not in kept
        assert installation.encode().hex() not in kept


def test_logging_out_ends_the_session_of_a_former_phone(shop, changed, refused):
    shop.approve(shop.pending(REP))
    former = shop.refresh(changed)
    shop.identity.stub(sessions_pb2_grpc.SessionServiceStub, former.access_token).Logout(
        sessions_pb2.LogoutRequest()
    )
    ended(refused, lambda: shop.refresh(former))
