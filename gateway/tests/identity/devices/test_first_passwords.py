"""A password that somebody else chose binds no phone: whoever chose it may be who signs in."""

import pytest
from journeyman.identity.v1 import devices_pb2 as pb
from journeyman.identity.v1 import passwords_pb2, passwords_pb2_grpc

State = pb.Device.State
OLD, NEW = "installation-old-0001", "installation-new-0002"
REP = "shanghai.rep1"
OWN = "a lantern hums twice"

pytestmark = pytest.mark.usefixtures("quick_hash")


@pytest.fixture
def given_password(shop):
    """The person's password becomes somebody else's choice."""

    def give():
        query = "UPDATE credentials SET must_change = true WHERE user_id = :id"
        shop.identity.change(query, id=shop.id_of(REP))

    return give


@pytest.fixture
def choose(shop):
    """Change the password in a session, on a phone or in a browser."""

    def chosen(session, installation=""):
        request = passwords_pb2.ChangePasswordRequest(current_password="journeyman-demo", new_password=OWN)
        if installation:
            described = pb.DeviceDescription(installation_id=installation, platform=pb.Device.PLATFORM_IOS)
            request.device.MergeFrom(described)
        stub = shop.identity.stub(passwords_pb2_grpc.PasswordServiceStub, session.access_token)
        return stub.ChangePassword(request)

    return chosen


def states(shop):
    return [device.state for device in shop.listed("admin", user_id=shop.id_of(REP))]


def test_a_password_that_somebody_else_chose_binds_no_phone(shop, given_password):
    shop.identity.change("UPDATE users SET mobile_installed_at = NULL")
    given_password()
    session = shop.sign_in(REP, OLD)
    assert session.password_change_required
    assert session.device_id == shop.caller(session).device_id == ""
    assert states(shop) == []
    assert shop.identity.value("SELECT count(mobile_installed_at) FROM users") == 0
    assert shop.refresh(session, installation="").device_id == ""


def test_the_change_of_password_binds_the_phone_that_it_names(shop, given_password, choose):
    given_password()
    session = choose(shop.sign_in(REP, OLD), OLD)
    assert states(shop) == [State.STATE_BOUND]
    bound = shop.of(REP, State.STATE_BOUND)
    assert session.device_id == shop.caller(session).device_id == bound.id
    assert not session.password_change_required
    assert shop.refresh(session).device_id == bound.id


def test_without_it_the_next_sign_in_binds_the_phone(shop, given_password, choose):
    given_password()
    assert choose(shop.sign_in(REP, OLD)).device_id == ""
    assert states(shop) == []
    session = shop.sign_in(REP, OLD, password=OWN)
    assert session.device_id == shop.of(REP, State.STATE_BOUND).id


def test_on_the_phone_that_is_bound_already_it_stays_the_session_of_that_phone(shop, given_password, choose):
    bound = shop.sign_in(REP, OLD).device_id
    given_password()
    session = shop.sign_in(REP, OLD)
    assert (session.password_change_required, session.device_id) == (True, bound)
    assert choose(session).device_id == bound


@pytest.mark.rule("R135")
def test_on_another_phone_it_asks_for_no_change_of_phone_R135(shop, given_password, choose, refused):
    shop.sign_in(REP, OLD)
    given_password()
    session = shop.sign_in(REP, NEW)
    assert session.device_id == ""
    assert states(shop) == [State.STATE_BOUND]
    assert choose(session, NEW).device_id == ""  # a refusal would keep the password
    assert states(shop) == [State.STATE_BOUND]
    with refused() as refusal:
        shop.sign_in(REP, NEW, password=OWN)
    assert refusal.reason == "DEVICE_NOT_BOUND"
    assert states(shop) == [State.STATE_PENDING, State.STATE_BOUND]


@pytest.mark.rule("R032")
def test_who_signs_in_on_somebody_else_s_phone_with_it_is_found_R032(shop, given_password):
    shop.sign_in("shanghai.manager", OLD)
    given_password()
    shop.sign_in(REP, OLD)
    assert {*shop.sharings()[0].user_ids} == {shop.id_of(REP), shop.id_of("shanghai.manager")}
