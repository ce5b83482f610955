from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest
from journeyman.identity.v1 import devices_pb2 as pb

PHONE = "installation-of-one-phone"
ONE, OTHER, FAR = "shanghai.rep1", "shanghai.rep2", "hangzhou.rep1"
MARCH = datetime(2026, 3, 2, 9, tzinfo=UTC)


def found(shop, by="admin", **filters):
    request = pb.ListDeviceSharingsRequest(**filters)
    return list(shop.stub(by).ListDeviceSharings(request).device_sharings)


@pytest.mark.rule("R135")
@pytest.mark.rule("R032")
def test_several_people_on_one_phone_are_found_and_told_R032_R135(shop):
    shop.sign_in(ONE, PHONE)
    assert found(shop) == shop.sharings() == []
    shop.sign_in(OTHER, PHONE)
    (sharing,) = found(shop)
    both = sorted([shop.id_of(ONE), shop.id_of(OTHER)])
    assert (list(sharing.user_ids), sharing.person_count) == (both, 2)
    (event,) = shop.sharings()
    assert (event.device_sharing_id, list(event.user_ids)) == (sharing.id, both)
    (told,) = shop.notices("devices.shared")
    assert told.recipient_permission == "devices.decide"
    assert told.recipient_unit_id == shop.identity.unit_id("shanghai")
    assert sorted(told.parameters.values()) == both


@pytest.mark.rule("R135")
def test_an_account_that_is_lent_to_a_colleague_with_a_phone_is_found_though_refused_R135(shop, refused):
    shop.sign_in(ONE, f"{PHONE}-1")
    shop.sign_in(OTHER, f"{PHONE}-2")
    with refused() as refusal:
        shop.sign_in(ONE, f"{PHONE}-2")
    assert refusal.reason == "DEVICE_NOT_BOUND"
    (sharing,) = found(shop)
    assert sharing.person_count == 2


def test_two_who_begin_to_share_a_phone_at_once_are_found(shop):
    with ThreadPoolExecutor(2) as threads:
        list(threads.map(lambda username: shop.sign_in(username, PHONE), (ONE, OTHER)))
    assert len(found(shop)) == 1


def test_a_phone_that_was_passed_on_thirty_days_later_is_not_shared(shop):
    shop.identity.set_time(MARCH)
    shop.sign_in(ONE, PHONE)
    shop.identity.set_time(MARCH + timedelta(days=30))
    shop.sign_in(OTHER, PHONE)
    assert found(shop) == []


def test_a_pair_is_told_once_a_month(shop):
    for days in (0, 1, 2, 31, 32):
        shop.identity.set_time(MARCH + timedelta(days=days))
        for username in (ONE, OTHER):
            shop.sign_in(username, PHONE)
    assert len({told.dedupe_key for told in shop.notices("devices.shared")}) == 2
    (sharing,) = found(shop)
    assert sharing.last_seen_time.ToDatetime(UTC) == MARCH + timedelta(days=32)


def test_a_superior_sees_who_is_in_their_care_and_that_there_are_others(shop, refused):
    for username in (ONE, FAR):
        shop.sign_in(username, PHONE)
    (sharing,) = found(shop, "shanghai.manager")
    assert (list(sharing.user_ids), sharing.person_count) == ([shop.id_of(ONE)], 2)
    assert found(shop, "shanghai.manager", user_id=shop.id_of(FAR)) == []
    assert len(found(shop, "east.manager", user_id=shop.id_of(FAR))) == 1
    units = {told.recipient_unit_id for told in shop.notices("devices.shared")}
    assert units == {shop.identity.unit_id(code) for code in ("shanghai", "hangzhou")}
    request = pb.GetDeviceSharingRequest(device_sharing_id=sharing.id)
    assert shop.stub("shanghai.manager").GetDeviceSharing(request) == sharing
    shop.identity.change("UPDATE users SET unit_id = :unit", unit=shop.identity.unit_id("hangzhou"))
    with refused() as refusal:
        shop.stub("shanghai.manager").GetDeviceSharing(request)
    assert refusal.code == "NOT_FOUND"


def test_who_was_seen_where_is_forgotten_after_thirty_days(shop):
    shop.identity.set_time(MARCH)
    shop.sign_in(ONE, PHONE)
    (forget,) = (sweep for sweep in shop.identity.parts.sweeps if sweep.name == "forget-sessions")
    for days, left in ((29, 1), (31, 0)):
        shop.identity.set_time(MARCH + timedelta(days=days))
        forget.run()
        assert shop.identity.value("SELECT count(*) FROM installation_people") == left
