"""Phones of people who sign in with the provider, and who its people are here."""

import threading

import grpc
import pytest
from chassis.testing import audit_entries
from journeyman.identity.v1 import devices_pb2, devices_pb2_grpc, oidc_pb2_grpc, sessions_pb2
from journeyman.identity.v1 import oidc_pb2 as pb

REP = "shanghai.rep1"
OLD, NEW = "installation-old-0001", "installation-new-0002"
BOUND, PENDING = devices_pb2.Device.STATE_BOUND, devices_pb2.Device.STATE_PENDING


def phone(installation=OLD):
    return devices_pb2.DeviceDescription(
        installation_id=installation, platform=devices_pb2.Device.PLATFORM_ANDROID
    )


@pytest.fixture
def phones(identity):
    """The states of the phones of a person, newest first."""

    def listed(user_id):
        stub = identity.stub(devices_pb2_grpc.DeviceServiceStub, identity.token("admin"))
        found = stub.ListDevices(devices_pb2.ListDevicesRequest(user_id=user_id)).devices
        return [device.state for device in found]

    return listed


@pytest.fixture
def refresh(identity):
    def refreshed(session, installation=""):
        request = sessions_pb2.RefreshSessionRequest(
            refresh_token=session.refresh_token, installation_id=installation
        )
        return identity.anonymous.RefreshSession(request)

    return refreshed


@pytest.fixture
def unlink(identity):
    def unlinked(user_id, by="admin"):
        stub = identity.stub(oidc_pb2_grpc.OidcServiceStub, identity.token(by))
        return stub.UnlinkOidcPerson(pb.UnlinkOidcPersonRequest(user_id=user_id))

    return unlinked


def id_of(identity, username=REP):
    return str(identity.value("SELECT id FROM users WHERE username = :name", name=username))


def test_the_first_phone_of_somebody_from_the_provider_is_bound(identity, sign_in, phones, refresh):
    identity.change("UPDATE credentials SET must_change = true")  # of a password that does not matter here
    session = sign_in(REP, device=phone())
    caller = identity.runtime.verifier.verify(session.access_token)
    assert caller.device_id == session.device_id != ""
    identity.change("UPDATE sessions SET opened_at = opened_at - interval '1 day'")
    assert refresh(session, OLD).device_id == session.device_id
    assert sign_in(REP, device=phone()).device_id == session.device_id
    identity.change("UPDATE credentials SET must_change = false")
    assert phones(id_of(identity)) == [BOUND]


@pytest.mark.rule("R135")
def test_another_phone_of_somebody_from_the_provider_waits_for_a_superior_R135(
    identity, sign_in, phones, refused
):
    sign_in(REP, device=phone())
    with refused() as refusal:
        sign_in(REP, device=phone(NEW))
    assert (refusal.code, refusal.reason) == ("PERMISSION_DENIED", "DEVICE_NOT_BOUND")
    with refused() as refusal:
        sign_in(REP, device=phone("installation-third-03"))
    assert (refusal.code, refusal.reason) == ("PERMISSION_DENIED", "OTHER_DEVICE_PENDING")
    assert phones(id_of(identity)) == [PENDING, BOUND]
    assert sign_in(REP).device_id == ""  # a browser


def test_an_unlinked_account_is_out_where_the_provider_let_in_and_free_for_its_next_person(
    identity, sign_in, rename_there, unlink, refresh, refused
):
    rename_there("27", REP)
    by_provider, by_password = sign_in("27"), identity.login(REP)
    rename_there("27", "gone")
    unlink(id_of(identity))
    with refused() as refusal:
        identity.me(by_provider.access_token)
    assert refusal.reason == "NOT_SIGNED_IN"
    with refused() as refusal:
        refresh(by_provider)
    assert refusal.reason == "SESSION_ENDED"
    assert identity.me(refresh(by_password).access_token).user.username == REP
    with refused() as refusal:
        sign_in("27")
    assert refusal.reason == "WRONG_CREDENTIALS"
    rename_there("28", REP)
    assert identity.me(sign_in("28").access_token).user.username == REP


def test_an_unlinking_is_in_the_audit_log_and_its_holder_is_told(identity, sign_in, unlink):
    sign_in(REP)
    unlink(id_of(identity))
    entry = audit_entries(identity.database)[-1]
    assert entry.method.endswith("OidcService/UnlinkOidcPerson")
    assert (entry.resource, entry.caller) == (f"users/{id_of(identity)}", id_of(identity, "admin"))
    [notice] = identity.events("notice.raised")
    assert b"users.oidcUnlinked" in bytes(notice.data)


def test_an_account_is_unlinked_by_administrators_of_accounts_none_stronger_and_not_twice(
    identity, sign_in, unlink, refused
):
    identity.change(
        "UPDATE role_assignments SET role_code = 'platform_admin', scope = 'SUBTREE' WHERE user_id ="
        " (SELECT id FROM users WHERE username = 'shanghai.manager') AND scope = 'SUBTREE'"
    )
    for person in (REP, "shanghai.rep2", "hangzhou.rep1", "shanghai.manager"):
        sign_in(person)
    identity.change(
        "UPDATE role_assignments SET role_code = 'system_admin' WHERE user_id ="
        " (SELECT id FROM users WHERE username = 'shanghai.rep2')"
    )
    for username, by, expected in (
        (REP, "shanghai.rep3", ("PERMISSION_DENIED", "NOT_PERMITTED")),
        ("hangzhou.rep1", "shanghai.manager", ("NOT_FOUND", "NOT_FOUND")),
        ("shanghai.manager", "shanghai.manager", ("PERMISSION_DENIED", "OWN_ACCOUNT")),
        ("shanghai.rep2", "shanghai.manager", ("PERMISSION_DENIED", "ACCOUNT_BEYOND_OWN")),
    ):
        with refused() as refusal:
            unlink(id_of(identity, username), by)
        assert (refusal.code, refusal.reason) == expected
    unlink(id_of(identity), "shanghai.manager")
    with refused() as refusal:
        unlink(id_of(identity), "shanghai.manager")
    assert (refusal.code, refusal.reason) == ("FAILED_PRECONDITION", "OIDC_NOT_LINKED")


def test_a_sign_in_that_waits_for_the_unlinking_opens_nothing(identity, sign_in, rename_there):
    rename_there("37", REP)
    sign_in("37")
    rename_there("37", "gone")
    outcome = []

    def attempt():
        try:
            outcome.append(sign_in("37"))
        except grpc.RpcError as error:
            outcome.append(error.code())

    waits = (
        "SELECT count(*) FROM pg_stat_activity"
        " WHERE datname = current_database() AND wait_event IN ('tuple', 'transactionid')"
    )
    with identity.database.begin() as connection:
        connection.exec_driver_sql(f"SELECT 1 FROM users WHERE username = '{REP}' FOR UPDATE")
        thread = threading.Thread(target=attempt)
        thread.start()
        while not identity.value(waits):
            assert thread.is_alive()
        connection.exec_driver_sql("DELETE FROM oidc_people")
    thread.join()
    assert outcome == [grpc.StatusCode.UNAUTHENTICATED]
