from datetime import datetime, timedelta

import pytest
from chassis.calendar import BUSINESS_ZONE
from gateway.identity import demo
from google.protobuf.any_pb2 import Any as Packed
from journeyman.notices.v1 import events_pb2

MONDAY = datetime(2026, 3, 2, 9, tzinfo=BUSINESS_ZONE)


def told(identity):
    """Who was told of how many, by login name."""
    found = {}
    for event in identity.events("notice.raised"):
        data = events_pb2.NoticeRaised()
        Packed.FromString(bytes(event.data)).Unpack(data)
        if data.template == "users.unbound":
            (user_id,) = data.recipient_ids
            name = identity.value("SELECT username FROM users WHERE id = :id", id=user_id)
            found.setdefault(name, []).append(data.parameters["count"])
    return found


@pytest.mark.rule("R077")
def test_who_keeps_accounts_is_told_once_a_week_how_many_have_not_bound_wechat_R077(identity):
    (review,) = [sweep.run for sweep in identity.parts.sweeps if sweep.name == "review-unbound"]
    everybody = str(len(demo.UNBOUND))
    keepers = {"admin", "consumer.admin", "east.manager"}
    for days in (0, 0, 3, 6):
        identity.set_time(MONDAY + timedelta(days=days))
        review()
    assert told(identity) == {keeper: [everybody] for keeper in keepers}
    identity.change("UPDATE users SET state = 'DISABLED' WHERE username = 'hangzhou.rep3'")
    identity.set_time(MONDAY + timedelta(days=7))
    review()
    assert told(identity) == {keeper: [everybody, "1"] for keeper in keepers}
    identity.change("UPDATE users SET wechat_bound_at = updated_at")
    identity.set_time(MONDAY + timedelta(days=14))
    review()
    assert told(identity) == {keeper: [everybody, "1"] for keeper in keepers}
