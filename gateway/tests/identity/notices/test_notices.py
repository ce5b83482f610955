"""The inbox, its read marks and preferences."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest
from chassis.events import Consumer, OwnFeed, Relay
from chassis.notices import raised
from google.protobuf.field_mask_pb2 import FieldMask
from google.protobuf.timestamp_pb2 import Timestamp
from journeyman.identity.v1 import notices_pb2, notices_pb2_grpc

from chassis import outbox

NOON = datetime.fromisoformat("2026-03-02T12:00+08:00")
CHINESE = (("accept-language", "zh-CN"),)
Preferences = notices_pb2.NoticePreferences


def late(*recipients, key="visitPlans.late/1", template="visitPlans.late", **more):
    defaults = {"parameters": {"week": "2026-03-02"}, "resource": "visitPlans/1"}
    return raised("visit", template, recipients=recipients, dedupe_key=key, **defaults | more)


def listed(stub, metadata=(), **fields):
    return stub.ListNotices(notices_pb2.ListNoticesRequest(**fields), metadata=metadata).notices


def test_what_a_service_publishes_reaches_the_inbox_in_the_language_of_the_call(
    identity, people, inbox, redis_client
):
    fact = raised(
        "identity",
        "visitPlans.late",
        recipients=[people["shanghai.rep1"]],
        parameters={"week": "2026-03-02"},
        resource="visitPlans/1",
        dedupe_key="late",
    )
    with identity.database.begin() as connection:
        outbox.append(connection, [fact], NOON)
    metrics = identity.runtime.metrics
    Relay("identity", identity.database, redis_client, metrics).step()
    [subscription] = [each for each in identity.parts.subscriptions if each.consumer == "notices"]
    feed = OwnFeed("identity", identity.database)
    Consumer(subscription, identity.database, feed, redis_client, metrics).step()
    stub = inbox("shanghai.rep1")
    [english] = listed(stub)
    assert english.title == "Visit plan was late"
    assert "2026-03-02" in english.text
    assert (english.template, english.group) == ("visitPlans.late", "visitPlans")
    assert (english.resource, dict(english.parameters)) == ("visitPlans/1", {"week": "2026-03-02"})
    assert english.create_time.ToDatetime(UTC) == NOON
    assert listed(stub, CHINESE)[0].title == "拜访计划迟交"
    request = notices_pb2.GetNoticeRequest(notice_id=english.id)
    assert stub.GetNotice(request) == english


def test_the_same_key_is_told_once_to_each_person(people, tell, told):
    rep1, rep2 = people["shanghai.rep1"], people["shanghai.rep2"]
    tell(late(rep1), late(rep1))
    tell(late(rep1))
    tell(late(rep1, rep2))
    assert told() == ["shanghai.rep1", "shanghai.rep2"]
    tell(late(rep1), source="journeyman.marketing")
    tell(late(rep1, key="another"))
    assert told().count("shanghai.rep1") == 3


def test_consumers_that_tell_at_once_tell_once(people, tell, told, identity):
    facts = [late(*people.values(), key=str(number)) for number in range(3)]
    value = identity.runtime.metrics.registry.get_sample_value
    before = [value("journeyman_notices_total", {"channel": "inbox", "outcome": "duplicate"}) or 0]
    with ThreadPoolExecutor(4) as consumers:
        list(consumers.map(lambda turn: tell(*(facts if turn % 2 else facts[::-1])), range(4)))
    assert len(told()) == 3 * len(people)
    after = value("journeyman_notices_total", {"channel": "inbox", "outcome": "duplicate"})
    assert after - before[0] == 9 * len(people)


def test_a_key_is_known_when_its_notice_has_been_deleted(identity, people, tell, told):
    tell(late(people["shanghai.rep1"]))
    identity.change("DELETE FROM notices")
    tell(late(people["shanghai.rep1"]))
    assert told() == []


def test_a_history_that_is_replayed_is_not_told(people, tell, told):
    tell(late(people["shanghai.rep1"]), at=NOON - timedelta(days=181))
    assert told() == []


def test_nobody_who_cannot_sign_in_is_told_and_nothing_strange_stops_the_others(identity, people, tell, told):
    identity.change("UPDATE users SET state = 'DISABLED' WHERE username = 'shanghai.rep2'")
    strange = late(people["shanghai.rep2"], "visit", "\0", "", key="strange", permission="x.y", unit_id="no")
    nul = late(people["shanghai.rep1"], key="\0", template="x\0", parameters={"week": "\0"}, resource="\0")
    unknown = late(people["shanghai.rep1"], key="u", permission="x.y", unit_id=people["shanghai.rep1"])
    tell(strange, nul, unknown)
    assert told() == ["admin", "shanghai.rep1", "shanghai.rep1"]


def over(unit_id, permission, **more):
    return late(key=f"{unit_id}/{permission}/{more}", permission=permission, unit_id=unit_id, **more)


def test_who_holds_a_permission_over_the_unit_is_told(identity, tell, told):
    tell(over(identity.unit_id("shanghai"), "customers.import"))
    assert told() == ["east.manager", "shanghai.manager"]


def test_a_permission_over_another_unit_or_ones_own_rows_is_none_over_this_one(identity, tell, told):
    tell(over(identity.unit_id("hangzhou"), "customers.import"))
    assert told() == ["east.manager"]
    tell(over(identity.unit_id("ioc"), "spendPlans.write"))
    assert told() == ["east.manager", "ioc.planner"]
    tell(over(identity.unit_id("hq-group"), "spendPlans.write"))
    assert told() == ["admin", "east.manager", "ioc.planner"]


def test_the_nearest_alone_can_be_told(identity, tell, told):
    tell(over(identity.unit_id("shanghai"), "violations.read", nearest_only=True))
    assert told() == ["shanghai.manager"]
    tell(over(identity.unit_id("hangzhou"), "violations.read", nearest_only=True))
    assert told() == ["east.manager", "shanghai.manager"]


def test_who_may_not_act_is_not_told_in_place_of_who_may(identity, people, tell, told):
    nearest = {"nearest_only": True, "passed_over": [people["shanghai.manager"]]}
    tell(over(identity.unit_id("shanghai"), "violations.read", **nearest))
    assert told() == ["east.manager"]


def test_who_could_not_open_it_is_not_told_in_place_of_who_could(identity, tell, told):
    nearest = {"nearest_only": True, "readable_by": "spendPlans.read"}
    tell(over(identity.unit_id("shanghai"), "corrections.decide", **nearest))
    assert told() == ["hq.marketing"]


def test_administrators_are_told_when_nobody_else_is_there(identity, tell, told):
    tell(over(identity.unit_id("shanghai"), "webhookEndpoints.write"))
    assert told() == ["admin"]
    tell(over(identity.unit_id("shanghai"), "spendPlans.auditFees"))
    assert told() == ["admin", "hq.finance"]


def test_names_are_written_for_who_may_see_them(identity, people, tell, inbox):
    about = {
        "user": people["shanghai.rep1"],
        "unit": identity.unit_id("shanghai"),
        "amount": "100.00 CNY",
        "month": "2026-03",
        "step": "FINANCE",
    }
    readers = [people["shanghai.manager"], people["hangzhou.rep1"]]
    tell(late(*readers, template="spendPlans.submitted", parameters=about))
    [seen] = listed(inbox("shanghai.manager"))
    assert seen.text.startswith("上海业务员1 (上海区域) applied for 100.00 CNY")
    [unseen] = listed(inbox("hangzhou.rep1"))
    assert unseen.text.startswith("a colleague (another unit) applied")
    assert dict(seen.parameters) == about
    assert set(unseen.parameters) == {"amount", "month", "step"}


def test_an_inbox_is_its_owners_alone(people, tell, inbox, refused):
    tell(late(people["shanghai.rep1"]))
    [notice] = listed(inbox("shanghai.rep1"))
    other = inbox("admin")
    assert list(listed(other)) == []
    with refused() as refusal:
        other.GetNotice(notices_pb2.GetNoticeRequest(notice_id=notice.id))
    assert refusal.code == "NOT_FOUND"
    request = notices_pb2.MarkNoticesReadRequest(notice_ids=[notice.id])
    assert other.MarkNoticesRead(request).marked_count == 0


def test_the_inbox_pages_newest_first_and_filters_what_is_unread(people, tell, inbox, clock):
    for number in range(5):
        clock(NOON + timedelta(minutes=number // 2))
        tell(late(people["shanghai.rep1"], key=str(number), resource=str(number)))
    stub = inbox("shanghai.rep1")
    seen, token = [], ""
    while not seen or token:
        request = notices_pb2.ListNoticesRequest(page_size=2, page_token=token)
        answer = stub.ListNotices(request)
        seen += answer.notices
        token = answer.next_page_token
    assert [notice.resource for notice in seen] == ["4", "3", "2", "1", "0"]
    up_to = seen[2].create_time
    assert stub.MarkNoticesRead(notices_pb2.MarkNoticesReadRequest(up_to_time=up_to)).marked_count == 4
    assert [notice.resource for notice in listed(stub, unread_only=True)] == ["4"]
    assert stub.CountUnreadNotices(notices_pb2.CountUnreadNoticesRequest()).unread_count == 1
    marked = notices_pb2.MarkNoticesReadRequest(notice_ids=[seen[0].id])
    assert [stub.MarkNoticesRead(marked).marked_count for _ in range(2)] == [1, 0]
    assert listed(stub)[0].read_time.ToDatetime(UTC) == NOON + timedelta(minutes=2)


def test_a_badge_counts_to_a_hundred(people, tell, inbox):
    tell(*[late(people["shanghai.rep1"], key=str(number)) for number in range(120)])
    stub = inbox("shanghai.rep1")
    assert stub.CountUnreadNotices(notices_pb2.CountUnreadNoticesRequest()).unread_count == 100


@pytest.mark.parametrize(
    "given", [{}, {"notice_ids": ["0197a1b2-0000-7000-8000-000000000001"], "up_to_time": Timestamp()}]
)
def test_either_notices_or_a_time_are_marked(inbox, refused, given):
    with refused() as refusal:
        inbox("shanghai.rep1").MarkNoticesRead(notices_pb2.MarkNoticesReadRequest(**given))
    assert refusal.fields == ["noticeIds"]


def test_machines_have_no_inbox(identity, refused):
    stub = identity.stub(notices_pb2_grpc.NoticeServiceStub, identity.runtime.token())
    for ask in (
        lambda: stub.ListNotices(notices_pb2.ListNoticesRequest()),
        lambda: stub.GetNoticePreferences(notices_pb2.GetNoticePreferencesRequest()),
    ):
        with refused() as refusal:
            ask()
        assert refusal.reason == "PERSON_REQUIRED"


def liked(stub):
    return stub.GetNoticePreferences(notices_pb2.GetNoticePreferencesRequest())


def change(stub, *mask, **fields):
    request = notices_pb2.UpdateNoticePreferencesRequest(
        notice_preferences=Preferences(**fields), update_mask=FieldMask(paths=mask)
    )
    return stub.UpdateNoticePreferences(request)


def test_preferences_begin_somewhere_and_are_changed_by_field(inbox):
    stub = inbox("shanghai.rep1")
    first = liked(stub)
    assert (first.language, first.email_enabled) == (Preferences.LANGUAGE_CHINESE, True)
    assert (first.quiet_from, first.quiet_to) == ("21:00", "07:30")
    assert "spendPlans" in first.known_groups
    changed = change(stub, language=Preferences.LANGUAGE_ENGLISH, email_enabled=False)
    assert (changed.language, changed.email_enabled) == (Preferences.LANGUAGE_ENGLISH, False)
    assert changed.quiet_from == "21:00"
    muted = change(stub, muted_groups=["visitPlans", "spendPlans"])
    assert (muted.language, list(muted.muted_groups)) == (
        Preferences.LANGUAGE_ENGLISH,
        ["spendPlans", "visitPlans"],
    )
    never_quiet = change(stub, "quiet_from", "quiet_to")
    assert (never_quiet.quiet_from, never_quiet.quiet_to) == ("", "")
    assert liked(stub) == never_quiet


def test_preferences_that_cannot_be_are_refused_by_name(inbox, refused):
    stub = inbox("shanghai.rep1")
    for mask, fields, named in (
        (("quiet_from",), {}, "noticePreferences.quietFrom"),
        (("quiet_to",), {}, "noticePreferences.quietTo"),
        ((), {"quiet_from": "24:00"}, "noticePreferences.quietFrom"),
        ((), {"muted_groups": ["nothing"]}, "noticePreferences.mutedGroups[0]"),
    ):
        with refused() as refusal:
            change(stub, *mask, **fields)
        assert refusal.fields == [named]


def test_preferences_changed_meanwhile_are_not_overwritten(inbox, refused):
    stub = inbox("shanghai.rep1")
    first = liked(stub)
    change(stub, email_enabled=False, etag=first.etag)
    with refused() as refusal:
        change(stub, email_enabled=True, etag=first.etag)
    assert refusal.reason == "ETAG_MISMATCH"


def test_notices_are_kept_for_half_a_year(identity, people, tell, clock, told):
    tell(late(people["shanghai.rep1"]))
    [sweep] = [each for each in identity.parts.sweeps if each.name == "forget-notices"]
    clock(NOON + timedelta(days=180))
    sweep.run()
    assert told() == ["shanghai.rep1"]
    clock(NOON + timedelta(days=180, minutes=1))
    sweep.run()
    assert told() == []
